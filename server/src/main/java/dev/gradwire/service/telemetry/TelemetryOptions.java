package dev.gradwire.service.telemetry;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code serve} that say what is told of the server, and to whom. */
public final class TelemetryOptions {
    @Option(
            names = "--admin-port",
            description = "Port for metrics (Prometheus) and probes over HTTP, 0 for none (default: ${DEFAULT-VALUE}).",
            defaultValue = "0")
    private int adminPort;

    @Option(
            names = "--admin-host",
            description = "Name or address on which the admin port listens (default: ${DEFAULT-VALUE}).",
            defaultValue = "127.0.0.1")
    private String adminHost = "";

    @Option(
            names = "--channelz-port",
            description = "Port for channelz over gRPC, this machine only, 0 for none (default: ${DEFAULT-VALUE}).",
            defaultValue = "0")
    private int channelzPort;

    @Option(
            names = "--otlp-endpoint",
            description = "Collector that metrics, and traces where they are on, are sent to: OTLP over HTTP, such as"
                    + " http://collector:4318.")
    private @Nullable URI otlpEndpoint;

    @Option(
            names = "--otlp-interval",
            description = "Seconds between two times that metrics are sent (default: ${DEFAULT-VALUE}).",
            defaultValue = "60")
    private int otlpIntervalSeconds;

    @Option(
            names = "--trace-ratio",
            description = "Part of the calls that are traced where the caller has not decided, 0 to 1; 0 for no traces"
                    + " (default: ${DEFAULT-VALUE}).",
            defaultValue = "0")
    private double traceRatio;

    @Option(
            names = "--load-reports",
            arity = "0..1",
            fallbackValue = "true",
            description = "End each call with an ORCA load report, for balancers that weigh replicas (default:"
                    + " ${DEFAULT-VALUE}).",
            defaultValue = "false")
    private boolean loadReports;

    @Option(
            names = "--log-format",
            description = "Form of a log's lines: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).",
            defaultValue = "keys")
    private Logs.Format logFormat = Logs.Format.keys;

    @Option(
            names = "--log-level",
            description = "Least that is logged: ${COMPLETION-CANDIDATES}; debug names each refused call (default:"
                    + " ${DEFAULT-VALUE}).",
            defaultValue = "info")
    private Logs.Level logLevel = Logs.Level.info;

    /** @throws IllegalArgumentException when a value cannot be, or values do not go together */
    public TelemetrySettings settings() {
        return new TelemetrySettings(
                adminHost,
                adminPort,
                channelzPort,
                otlpEndpoint,
                Duration.ofSeconds(otlpIntervalSeconds),
                traceRatio,
                loadReports);
    }

    /** Has this process log as the options say. */
    public void installLogs() {
        Logs.install(logFormat, logLevel);
    }
}
