package dev.gradwire.client;

/** Tokens for further attempts at what the channel does not try again by itself, see {@link Resilience#throttle}. */
final class RetryThrottle {
    private final double most;
    private final double ratio;
    private double tokens;

    RetryThrottle(Resilience chosen) {
        most = chosen.tokens();
        ratio = chosen.tokenRatio();
        tokens = most;
    }

    synchronized void succeeded() {
        tokens = Math.min(most, tokens + ratio);
    }

    /** @return whether it may be tried again */
    synchronized boolean failed() {
        tokens = Math.max(0, tokens - 1);
        return tokens > most / 2;
    }
}
