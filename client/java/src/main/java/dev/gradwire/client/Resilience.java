package dev.gradwire.client;

import java.time.Duration;

/**
 * What a client does about servers that cannot be reached, are slow or gone. Immutable: each method gives changed
 * settings.
 *
 * <pre>{@code
 * Gradwire.builder("dns:///gradwire:50051").resilience(Resilience.defaults().waitForReady(true)).build()
 * }</pre>
 *
 * Calls have no side effects, so each may be tried again or sent twice; sessions are neither. Where the address resolves
 * to several servers, calls go to those in turn that report themselves healthy.
 */
public final class Resilience {
    /** As gRPC allows. */
    private static final int MOST_ATTEMPTS = 5;

    /** As gRPC allows. */
    private static final int MOST_TOKENS = 1000;

    /** A server's default for the least time between two pings: it closes connections that ping more often. */
    private static final Duration LEAST_PING = Duration.ofSeconds(10);

    private static final Resilience DEFAULTS =
            new Resilience(4, 50, 0.2, 1, Duration.ZERO, Duration.ofSeconds(30), Duration.ofSeconds(20), false);

    private final int attempts;
    private final int tokens;
    private final double tokenRatio;
    private final int hedges;
    private final Duration hedgingDelay;
    private final Duration keepAlive;
    private final Duration keepAliveTimeout;
    private final boolean waitForReady;

    private Resilience(
            int attempts,
            int tokens,
            double tokenRatio,
            int hedges,
            Duration hedgingDelay,
            Duration keepAlive,
            Duration keepAliveTimeout,
            boolean waitForReady) {
        this.attempts = attempts;
        this.tokens = tokens;
        this.tokenRatio = tokenRatio;
        this.hedges = hedges;
        this.hedgingDelay = hedgingDelay;
        this.keepAlive = keepAlive;
        this.keepAliveTimeout = keepAliveTimeout;
        this.waitForReady = waitForReady;
    }

    /**
     * Four attempts where a server is unavailable, at most one in five beyond the calls that succeed; no hedging; a ping
     * after 30 seconds of silence, an answer to it within 20; calls fail where no server can be reached.
     */
    public static Resilience defaults() {
        return DEFAULTS;
    }

    /**
     * Attempts of a call that ends with UNAVAILABLE, the first one counted, with growing random pauses between.
     *
     * @param most 1 (none but the first) to 5
     * @throws IllegalArgumentException otherwise
     */
    public Resilience attempts(int most) {
        require(most >= 1 && most <= MOST_ATTEMPTS, "attempts must be 1 to 5, but is " + most);
        return new Resilience(
                most, tokens, tokenRatio, hedges, hedgingDelay, keepAlive, keepAliveTimeout, waitForReady);
    }

    /**
     * Holds further attempts back, so that they do not add to an overload: a failure takes a token, a success puts
     * {@code ratio} tokens back, and nothing is tried again or hedged while no more than half of the tokens are left. So
     * {@code tokens / 2} failures in a burst are tried again, and beyond these at most {@code ratio} attempts for each
     * success.
     *
     * @param tokens 1 to 1000; 50 where nothing is said
     * @param ratio above 0, to 1, in thousandths; 0.2 where nothing is said
     * @throws IllegalArgumentException otherwise
     */
    public Resilience throttle(int tokens, double ratio) {
        require(tokens >= 1 && tokens <= MOST_TOKENS, "tokens must be 1 to 1000, but is " + tokens);
        require(ratio >= 0.001 && ratio <= 1, "ratio must be 0.001 to 1, but is " + ratio);
        return new Resilience(attempts, tokens, ratio, hedges, hedgingDelay, keepAlive, keepAliveTimeout, waitForReady);
    }

    /**
     * Sends a call that has no answer after {@code delay} once more, to the next server, and takes the answer that comes
     * first; the others are cancelled. Takes the place of {@link #attempts}: one that is UNAVAILABLE makes the next go at
     * once. Costs computing time; choose a delay that few calls reach.
     *
     * @param most attempts of a call, the first one counted: 2 to 5, or 1 for none, as where nothing is said
     * @param delay between attempts, not negative
     * @throws IllegalArgumentException otherwise
     */
    public Resilience hedging(int most, Duration delay) {
        require(most >= 1 && most <= MOST_ATTEMPTS, "hedging attempts must be 1 to 5, but is " + most);
        require(!delay.isNegative(), "the hedging delay must not be negative, but is " + delay);
        return new Resilience(attempts, tokens, tokenRatio, most, delay, keepAlive, keepAliveTimeout, waitForReady);
    }

    /**
     * Pings a server that was silent during a call, and ends the connection where no answer comes: calls on it are
     * UNAVAILABLE then instead of waiting for their deadline.
     *
     * @param time of silence before a ping: 10 seconds, which a server permits unless its min_ping_seconds says
     *     otherwise, or more; zero for no pings
     * @param timeout for the answer, above zero
     * @throws IllegalArgumentException otherwise
     */
    public Resilience keepAlive(Duration time, Duration timeout) {
        require(
                time.isZero() || time.compareTo(LEAST_PING) >= 0,
                "the keepalive time must be 10 seconds or more, as servers close connections that ping more often, "
                        + "or zero, but is " + time);
        require(timeout.isPositive(), "the keepalive timeout must be above zero, but is " + timeout);
        return new Resilience(attempts, tokens, tokenRatio, hedges, hedgingDelay, time, timeout, waitForReady);
    }

    /** Whether calls wait, until their deadline, for a server that can be reached, instead of failing. */
    public Resilience waitForReady(boolean on) {
        return new Resilience(attempts, tokens, tokenRatio, hedges, hedgingDelay, keepAlive, keepAliveTimeout, on);
    }

    int attempts() {
        return attempts;
    }

    int tokens() {
        return tokens;
    }

    double tokenRatio() {
        return tokenRatio;
    }

    int hedges() {
        return hedges;
    }

    Duration hedgingDelay() {
        return hedgingDelay;
    }

    Duration keepAliveTime() {
        return keepAlive;
    }

    Duration keepAliveTimeout() {
        return keepAliveTimeout;
    }

    boolean waitsForReady() {
        return waitForReady;
    }

    private static void require(boolean valid, String message) {
        if (!valid) {
            throw new IllegalArgumentException(message);
        }
    }
}
