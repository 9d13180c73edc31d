package dev.gradwire.service.telemetry;

import static dev.gradwire.service.TestServer.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.gradwire.service.TestServer;
import dev.gradwire.service.Wire;
import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.RunRequest;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is sent to a collector: metrics, and spans of calls that belong to the caller's trace. */
final class OtlpTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final Metadata.Key<String> TRACEPARENT =
            Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

    /** Remembers what comes, as text in which a byte is a character. */
    private static final class Collector implements AutoCloseable {
        private final Map<String, String> bodies = new ConcurrentHashMap<>();
        private final HttpServer server;

        private Collector() throws IOException {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", exchange -> {
                try (exchange) {
                    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1);
                    bodies.merge(exchange.getRequestURI().getPath(), body, String::concat);
                    exchange.sendResponseHeaders(200, -1);
                }
            });
            server.start();
        }

        private TelemetrySettings settings(double traceRatio) {
            return TelemetrySettings.OFF.withOtlp(
                    URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"),
                    Duration.ofMillis(100),
                    traceRatio);
        }

        private String of(String path) {
            return bodies.getOrDefault(path, "");
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }

    private static void run(TestServer server, boolean sampled) {
        Metadata headers = new Metadata();
        headers.put(TRACEPARENT, "00-%s-00f067aa0ba902b7-0%d".formatted(TRACE, sampled ? 1 : 0));
        AutogradServiceGrpc.newBlockingStub(server.channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .run(RunRequest.newBuilder()
                        .setProgram(Wire.program(Wire.squares(2)))
                        .addInputs(Wire.named("x", Wire.vector(1, 2)))
                        .build());
    }

    @Test
    void metricsAreSentAndNoTraces() throws IOException {
        try (Collector collector = new Collector()) {
            try (TestServer server = Admin.server(collector.settings(0))) {
                run(server, true);
                eventually(
                        "metrics",
                        () -> collector.of("/v1/metrics").contains(Metric.RUN_DURATION.label())
                                && collector.of("/v1/metrics").contains("grpc.server.call.duration"));
                assertThat(collector.of("/v1/metrics")).contains("service.instance.id");
            }
            assertThat(collector.of("/v1/traces")).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"true, 0.0001, true", "false, 1, false"})
    void theCallerDecidesWhatIsTraced(boolean sampled, double ratio, boolean traced) throws IOException {
        try (Collector collector = new Collector()) {
            try (TestServer server = Admin.server(collector.settings(ratio))) {
                run(server, sampled);
            } // sends what is left
            String spans = collector.of("/v1/traces");
            assertThat(!spans.isEmpty()).isEqualTo(traced);
            if (traced) {
                String trace = new String(HexFormat.of().parseHex(TRACE), StandardCharsets.ISO_8859_1);
                // The call and its four phases, all of the caller's trace.
                assertThat(spans.split(Pattern.quote(trace), -1)).hasSize(1 + 5);
                assertThat(spans).contains("AutogradService", "queue", "compile", "compute", "copy");
            }
        }
    }
}
