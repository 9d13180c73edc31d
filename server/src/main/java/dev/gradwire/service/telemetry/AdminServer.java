package dev.gradwire.service.telemetry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * The admin port: metrics and probes for those who run the server, over plain HTTP. Answers GET only, changes nothing and
 * tells nothing of any caller's data.
 */
final class AdminServer implements AutoCloseable {
    /** Seconds for one request: a client that trickles must not hold the port. */
    private static final String MOST_SECONDS = "10";

    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String HELP = """
            /metrics  metrics in Prometheus's text form, or OpenMetrics where Accept asks for it
            /livez    200 while the process answers
            /readyz   200 while the server takes calls, else 503
            """;

    private static final ExpositionFormatWriter PROMETHEUS = PrometheusTextFormatWriter.create();
    private static final ExpositionFormatWriter OPEN_METRICS = OpenMetricsTextFormatWriter.create();

    static {
        for (String name : new String[] {"sun.net.httpserver.maxReqTime", "sun.net.httpserver.maxRspTime"}) {
            System.setProperty(name, System.getProperty(name, MOST_SECONDS));
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(
            2, Thread.ofPlatform().daemon().name("admin-", 0).factory());

    private AdminServer(HttpServer server, PrometheusReader reader, BooleanSupplier ready) {
        this.server = server;
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            boolean root = exchange.getRequestURI().getPath().equals("/");
            answer(exchange, root ? 200 : 404, TEXT, bytes(root ? HELP : "not found\n"));
        });
        server.createContext("/livez", exchange -> answer(exchange, 200, TEXT, bytes("ok\n")));
        server.createContext("/readyz", exchange -> {
            boolean yes = ready.getAsBoolean();
            answer(exchange, yes ? 200 : 503, TEXT, bytes(yes ? "ok\n" : "not serving\n"));
        });
        server.createContext("/metrics", exchange -> metrics(exchange, reader));
        server.start();
    }

    /** @throws IOException when the port cannot be had */
    static AdminServer start(String host, int port, PrometheusReader reader, BooleanSupplier ready) throws IOException {
        try {
            return new AdminServer(HttpServer.create(new InetSocketAddress(host, port), 0), reader, ready);
        } catch (IOException e) {
            throw new IOException("the admin port " + host + ":" + port + " cannot be had: " + e.getMessage(), e);
        }
    }

    private static void metrics(HttpExchange exchange, PrometheusReader reader) throws IOException {
        String accept = exchange.getRequestHeaders().getFirst("Accept");
        ExpositionFormatWriter writer = OPEN_METRICS.accepts(accept) ? OPEN_METRICS : PROMETHEUS;
        ByteArrayOutputStream page = new ByteArrayOutputStream(1 << 14);
        writer.write(page, reader.read(), EscapingScheme.UNDERSCORE_ESCAPING);
        answer(exchange, 200, writer.getContentType(), page.toByteArray());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void answer(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        try (exchange) {
            boolean head = exchange.getRequestMethod().equals("HEAD");
            if (!head && !exchange.getRequestMethod().equals("GET")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                exchange.sendResponseHeaders(405, -1);
                return;
            }
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(status, head ? -1 : body.length);
            if (!head) {
                try (OutputStream out = exchange.getResponseBody()) {
                    out.write(body);
                }
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
