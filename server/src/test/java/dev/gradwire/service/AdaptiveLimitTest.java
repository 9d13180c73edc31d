package dev.gradwire.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where the limit settles while more is always offered than it lets in: a model of lanes with a queue. */
final class AdaptiveLimitTest {
    private static final int LANES = 2;
    private static final int MOST = 258;

    private static int settled(long workMicros, int calls, int start) {
        AdaptiveLimit limit = new AdaptiveLimit(LANES, MOST, 20);
        long work = TimeUnit.MICROSECONDS.toNanos(workMicros);
        for (int i = 0; i < calls; i++) {
            int inHand = Math.min(limit.get(), start);
            limit.done(work * Math.max(0, inHand - LANES) / LANES, work, inHand);
        }
        return limit.get();
    }

    /** So that what waits begins within 20 ms, whatever the time of a call; long calls change nothing. */
    @ParameterizedTest
    @CsvSource({
        "100, 4000, 201, 258",
        "1000, 4000, 22, 46",
        "5000, 4000, 6, 14",
        "50000, 4000, 5, 14",
        "200000, 4000, 258, 258",
    })
    void theQueueIsAsLongAsItsTimeAllows(long workMicros, int calls, int least, int most) {
        assertThat(settled(workMicros, calls, Integer.MAX_VALUE)).isBetween(least, most);
    }

    /** However long the load lasts: it is not taken for the rule. */
    @ParameterizedTest
    @CsvSource({"5000, 1000", "5000, 10000", "5000, 200000"})
    void doesNotDrift(long workMicros, int calls) {
        assertThat(settled(workMicros, calls, Integer.MAX_VALUE)).isBetween(6, 14);
    }
}
