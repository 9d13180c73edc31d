package dev.gradwire.service.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Queries of dashboards, alerts and the guide ask for metrics and labels that there are. */
final class DashboardTest {
    private static final Path DASHBOARD = Path.of("../deploy/grafana/dashboards/gradwire.json");
    private static final Path ALERTS = Path.of("../deploy/prometheus/alerts.yml");
    private static final Path GUIDE = Path.of("../docs/observability.md");

    private static final Pattern NAME = Pattern.compile("\\b(?:gradwire|grpc|jvm|process)_[a-z_]+\\b");
    private static final Pattern SERIES = Pattern.compile("\\b((?:gradwire|grpc|jvm|process)_[a-z_]+)(?:\\{([^}]*)})?");
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)\\s*(?:=~|!=|!~|=)");
    private static final Pattern GROUPS = Pattern.compile("\\bby \\(([^)]*)\\)");
    private static final Pattern ALERT = Pattern.compile("expr: (.+)");
    private static final Pattern QUERY = Pattern.compile("```promql\n(.*?)```", Pattern.DOTALL);

    /** What Prometheus itself adds. */
    private static final Set<String> ADDED = Set.of("instance", "job", "le");

    private static final Set<String> GRPC_LABELS = Set.of("grpc_method", "grpc_status");

    /** Series by name, with the labels they are split by. */
    private static Map<String, Set<String>> series() {
        Map<String, Set<String>> series = new HashMap<>();
        for (Metric metric : Metric.values()) {
            String key = metric.attribute();
            Set<String> labels = key == null ? Set.of() : Set.of(PrometheusNames.label(key));
            if (metric.kind() == Metric.Kind.HISTOGRAM) {
                histogram(series, metric.prometheusName(), labels);
            } else {
                series.put(metric.prometheusName(), labels);
            }
        }
        // gRPC's own; AdminPortTest sees them under these names.
        series.put("grpc_server_call_started_total", GRPC_LABELS);
        histogram(series, "grpc_server_call_duration_seconds", GRPC_LABELS);
        return series;
    }

    private static void histogram(Map<String, Set<String>> series, String name, Set<String> labels) {
        for (String part : List.of("_bucket", "_sum", "_count")) {
            series.put(name + part, labels);
        }
    }

    static Stream<String> queries() throws IOException {
        List<String> queries = new ArrayList<>();
        collect(JsonParser.parseString(Files.readString(DASHBOARD)), queries);
        find(ALERT, ALERTS).forEach(queries::add);
        find(QUERY, GUIDE).flatMap(String::lines).forEach(queries::add);
        return queries.stream();
    }

    private static Stream<String> find(Pattern pattern, Path file) throws IOException {
        return pattern.matcher(Files.readString(file)).results().map(found -> found.group(1));
    }

    private static void collect(JsonElement element, List<String> queries) {
        switch (element) {
            case JsonArray array -> array.forEach(each -> collect(each, queries));
            case JsonObject object ->
                object.entrySet().forEach(entry -> {
                    if (Set.of("expr", "query").contains(entry.getKey())
                            && entry.getValue().isJsonPrimitive()) {
                        queries.add(entry.getValue().getAsString());
                    } else {
                        collect(entry.getValue(), queries);
                    }
                });
            default -> {}
        }
    }

    @ParameterizedTest
    @MethodSource("queries")
    void asksForWhatThereIs(String query) {
        Map<String, Set<String>> series = series();
        Matcher matcher = SERIES.matcher(query.replaceAll("by \\([^)]*\\)", ""));
        Set<String> known = new TreeSet<>(ADDED);
        int count = 0;
        while (matcher.find()) {
            count++;
            assertThat(series).as(query).containsKey(matcher.group(1));
            Set<String> labels = new TreeSet<>(series.get(matcher.group(1)));
            labels.addAll(ADDED);
            known.addAll(labels);
            if (matcher.group(2) != null) {
                assertThat(LABEL.matcher(matcher.group(2)).results().map(found -> found.group(1)))
                        .as(query)
                        .isSubsetOf(labels);
            }
        }
        assertThat(count).as(query).isPositive();
        assertThat(GROUPS.matcher(query)
                        .results()
                        .flatMap(found -> Arrays.stream(found.group(1).split(", *"))))
                .as(query)
                .isSubsetOf(known);
    }

    /** A metric that no picture shows is one that nobody will look for. */
    @Test
    void showsEveryMetricOfTheServer() throws IOException {
        Set<String> shown = new TreeSet<>();
        queries().forEach(query -> NAME.matcher(query).results().forEach(found -> shown.add(found.group())));
        assertThat(Arrays.stream(Metric.values())
                        .filter(metric -> metric.label().startsWith("gradwire."))
                        .map(Metric::prometheusName)
                        .filter(name -> shown.stream().noneMatch(each -> each.startsWith(name))))
                .isEmpty();
    }
}
