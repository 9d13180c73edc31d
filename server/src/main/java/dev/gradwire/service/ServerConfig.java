package dev.gradwire.service;

import dev.gradwire.service.security.TlsSettings;
import dev.gradwire.service.security.TokenSettings;
import dev.gradwire.service.telemetry.TelemetrySettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a server is set up.
 *
 * @param host name or address to listen on
 * @param port to listen on; 0 for any free one
 * @param lanes graphs that run at a time
 * @param threads that one kernel may use
 * @param limits to hold requests to
 * @param drainDelay how long a stopping server still takes calls after it says NOT_SERVING, so that load balancers
 *     see it before it refuses any
 * @param grace how long calls in flight may then take
 * @param warmUp how long graphs with known results are run in the background when the server begins, so that its first
 *     callers need not wait for the Java machine to compile; zero for no such test at all
 * @param tls encryption, null for plain text
 * @param tokens that callers must bring, null for none
 * @param telemetry what is told of the server, and to whom
 */
public record ServerConfig(
        String host,
        int port,
        int lanes,
        int threads,
        Limits limits,
        Duration drainDelay,
        Duration grace,
        Duration warmUp,
        @Nullable TlsSettings tls,
        @Nullable TokenSettings tokens,
        TelemetrySettings telemetry) {
    public static final int DEFAULT_PORT = 50051;

    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

    /** Listens on any free port of the loopback interface. */
    public static final ServerConfig DEFAULT = new ServerConfig(
            "127.0.0.1",
            0,
            Math.clamp(PROCESSORS, 2, 8),
            PROCESSORS,
            Limits.DEFAULT,
            Duration.ZERO,
            Duration.ofSeconds(30),
            Duration.ZERO,
            null,
            null,
            TelemetrySettings.OFF);

    /** @throws IllegalArgumentException when tokens would cross a network in plain text */
    public ServerConfig {
        if (tokens != null && tls == null && !isLoopback(host)) {
            throw new IllegalArgumentException(
                    "tokens need TLS: without it anybody on the way could take them from a connection to " + host);
        }
    }

    private static boolean isLoopback(String host) {
        return host.equals("localhost") || host.equals("::1") || host.startsWith("127.");
    }

    /** The same on a free port that no other machine reaches, and in plain text. */
    ServerConfig onLoopback() {
        return new ServerConfig(
                DEFAULT.host,
                0,
                lanes,
                threads,
                limits,
                Duration.ZERO,
                Duration.ZERO,
                warmUp,
                null,
                null,
                TelemetrySettings.OFF);
    }

    public ServerConfig withLimits(Limits changed) {
        return new ServerConfig(host, port, lanes, threads, changed, drainDelay, grace, warmUp, tls, tokens, telemetry);
    }

    public ServerConfig withThreads(int changed) {
        return new ServerConfig(host, port, lanes, changed, limits, drainDelay, grace, warmUp, tls, tokens, telemetry);
    }

    public ServerConfig withLanes(int changed) {
        return new ServerConfig(
                host, port, changed, threads, limits, drainDelay, grace, warmUp, tls, tokens, telemetry);
    }

    public ServerConfig withWarmUp(Duration changed) {
        return new ServerConfig(host, port, lanes, threads, limits, drainDelay, grace, changed, tls, tokens, telemetry);
    }

    public ServerConfig withSecurity(@Nullable TlsSettings changedTls, @Nullable TokenSettings changedTokens) {
        return new ServerConfig(
                host, port, lanes, threads, limits, drainDelay, grace, warmUp, changedTls, changedTokens, telemetry);
    }

    public ServerConfig withTelemetry(TelemetrySettings changed) {
        return new ServerConfig(host, port, lanes, threads, limits, drainDelay, grace, warmUp, tls, tokens, changed);
    }
}
