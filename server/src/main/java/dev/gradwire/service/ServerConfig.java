package dev.gradwire.service;

import java.time.Duration;

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
 */
public record ServerConfig(
        String host, int port, int lanes, int threads, Limits limits, Duration drainDelay, Duration grace) {
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
            Duration.ofSeconds(30));

    public ServerConfig withLimits(Limits changed) {
        return new ServerConfig(host, port, lanes, threads, changed, drainDelay, grace);
    }

    public ServerConfig withThreads(int changed) {
        return new ServerConfig(host, port, lanes, changed, limits, drainDelay, grace);
    }

    public ServerConfig withLanes(int changed) {
        return new ServerConfig(host, port, changed, threads, limits, drainDelay, grace);
    }
}
