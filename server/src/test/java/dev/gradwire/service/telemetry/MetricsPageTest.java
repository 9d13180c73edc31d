package dev.gradwire.service.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The page for users is made from the table of metrics. */
final class MetricsPageTest {
    private static final Path PAGE = Path.of("../docs/metrics.md");
    private static final String WRITE = "gradwire.write";

    private static final String HEAD = """
            # Metrics

            Made from `Metric.java`; `mvn -pl proto,server test -Dtest=MetricsPageTest -Dgradwire.write=true` writes it again.
            OTLP has the names of OpenTelemetry, Prometheus those of the second column; a histogram has `_bucket`, `_sum` and
            `_count`. gRPC's own metrics (`grpc.server.call.started`, `grpc.server.call.duration` and the sizes of messages, by
            `grpc.method` and `grpc.status`) stand beside them. How to look at them: [observability](observability.md).

            | metric | Prometheus | kind | unit | split by | what it is |
            |---|---|---|---|---|---|
            """;

    @Test
    void pageHoldsTheTable() throws IOException {
        String page =
                HEAD + Arrays.stream(Metric.values()).map(MetricsPageTest::row).collect(Collectors.joining());
        if (Boolean.getBoolean(WRITE)) {
            Files.writeString(PAGE, page);
        }
        assertThat(PAGE).as("docs/metrics.md is out of date: see its head").hasContent(page);
    }

    private static String row(Metric metric) {
        String attribute = metric.attribute();
        return "| `%s` | `%s` | %s | `%s` | %s | %s |\n"
                .formatted(
                        metric.label(),
                        metric.prometheusName(),
                        metric.kind().name().toLowerCase(Locale.ROOT),
                        metric.unit(),
                        attribute == null ? "" : "`" + attribute + "`",
                        metric.description());
    }
}
