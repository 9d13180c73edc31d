package dev.gradwire.service.telemetry;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What is told of a server, and to whom.
 *
 * @param adminHost name or address on which the admin port listens
 * @param adminPort for metrics and probes over HTTP; 0 for none
 * @param channelzPort for channelz over gRPC, on the loopback interface only; 0 for none
 * @param otlpEndpoint base address of a collector that takes OTLP over HTTP; null for none
 * @param otlpInterval between two times that metrics are sent to it
 * @param traceRatio part of the calls that are traced where the caller has not decided, from 0 to 1; 0 for no traces at
 *     all, whatever callers have decided
 * @param loadReports whether each call ends with an ORCA load report
 */
public record TelemetrySettings(
        String adminHost,
        int adminPort,
        int channelzPort,
        @Nullable URI otlpEndpoint,
        Duration otlpInterval,
        double traceRatio,
        boolean loadReports) {
    /** Tells nobody anything. */
    public static final TelemetrySettings OFF =
            new TelemetrySettings("127.0.0.1", 0, 0, null, Duration.ofMinutes(1), 0, false);

    private static final int MOST_PORT = 65_535;

    /** @throws IllegalArgumentException when a value cannot be, or values do not go together */
    public TelemetrySettings {
        requirePort("admin-port", adminPort);
        requirePort("channelz-port", channelzPort);
        if (adminPort != 0 && adminPort == channelzPort) {
            throw new IllegalArgumentException("admin-port and channelz-port are both " + adminPort);
        }
        if (otlpInterval.toMillis() < 1) {
            throw new IllegalArgumentException("otlp-interval must be positive");
        }
        if (!(traceRatio >= 0 && traceRatio <= 1)) {
            throw new IllegalArgumentException("trace-ratio must be from 0 to 1, but is " + traceRatio);
        }
        if (traceRatio > 0 && otlpEndpoint == null) {
            throw new IllegalArgumentException("trace-ratio needs otlp-endpoint: traces go nowhere else");
        }
        if (otlpEndpoint != null
                && (otlpEndpoint.getHost() == null
                        || !("http".equals(otlpEndpoint.getScheme()) || "https".equals(otlpEndpoint.getScheme())))) {
            throw new IllegalArgumentException(
                    "otlp-endpoint must be like http://collector:4318, but is " + otlpEndpoint);
        }
    }

    private static void requirePort(String name, int port) {
        if (port < 0 || port > MOST_PORT) {
            throw new IllegalArgumentException(name + " must be from 0 to " + MOST_PORT + ", but is " + port);
        }
    }

    /** Whether anybody asks for metrics. */
    boolean metrics() {
        return adminPort != 0 || otlpEndpoint != null;
    }

    boolean traces() {
        return traceRatio > 0;
    }

    public TelemetrySettings withAdminPort(int changed) {
        return new TelemetrySettings(
                adminHost, changed, channelzPort, otlpEndpoint, otlpInterval, traceRatio, loadReports);
    }

    public TelemetrySettings withChannelzPort(int changed) {
        return new TelemetrySettings(
                adminHost, adminPort, changed, otlpEndpoint, otlpInterval, traceRatio, loadReports);
    }

    public TelemetrySettings withOtlp(URI endpoint, Duration interval, double ratio) {
        return new TelemetrySettings(adminHost, adminPort, channelzPort, endpoint, interval, ratio, loadReports);
    }

    public TelemetrySettings withLoadReports() {
        return new TelemetrySettings(adminHost, adminPort, channelzPort, otlpEndpoint, otlpInterval, traceRatio, true);
    }
}
