package dev.gradwire.service;

import com.netflix.concurrency.limits.limit.VegasLimit;
import java.util.concurrent.TimeUnit;

/**
 * How many calls may be in hand at a time, found out from the time that small ones wait. The queue is kept as long as what
 * waits begins within {@link Limit#MAX_QUEUE_MILLISECONDS}, and never shorter than a few calls.
 *
 * <p>Vegas compares the time of a call with what it would be without load. Here both are known, as a lane tells waiting
 * from working: what is told to it is the mean time of work, with and without the wait, so that calls of different sizes
 * can be compared and no load, however long it lasts, is taken for the rule. Used under the lock of {@link Admission}.
 */
final class AdaptiveLimit {
    /** Calls that work for longer say nothing about the time of small ones. */
    static final long SMALL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** The time without load, in a unit of its own. */
    private static final long UNIT = 1_000_000;

    /** Waits beyond so many times the work make no difference. */
    private static final double MAX_WAIT = 1_000;

    private static final int MIN_WAITING = 6;
    private static final int MAX_ROOM = 1_000_000;
    private static final double WEIGHT = 0.05;

    private final int lanes;
    private final double targetNanos;
    private final VegasLimit limit;
    private double meanWorkNanos;

    /** @param most that it may ever be */
    AdaptiveLimit(int lanes, int most, long targetMillis) {
        this.lanes = lanes;
        this.targetNanos = TimeUnit.MILLISECONDS.toNanos(targetMillis);
        limit = VegasLimit.newBuilder()
                .initialLimit(most)
                .maxConcurrency(most)
                .alphaFunction(_ -> room() / 2)
                .betaFunction(_ -> room())
                .probeMultiplier(Integer.MAX_VALUE) // the time without load is known
                .build();
        limit.onSample(0, UNIT, 0, false);
    }

    /** Calls that would wait just as long as they should. */
    private int room() {
        return (int) Math.max(MIN_WAITING, Math.min(MAX_ROOM, lanes * targetNanos / meanWorkNanos));
    }

    /** A call is done. */
    void done(long waitedNanos, long workedNanos, int inHand) {
        if (workedNanos > SMALL_NANOS) {
            return;
        }
        double work = Math.max(1, workedNanos);
        meanWorkNanos = meanWorkNanos == 0 ? work : meanWorkNanos + WEIGHT * (work - meanWorkNanos);
        double wait = Math.min(MAX_WAIT, waitedNanos / meanWorkNanos);
        limit.onSample(0, (long) (UNIT * (1 + wait)), inHand, false);
    }

    /** Calls that may work or wait now. */
    int get() {
        return Math.max(limit.getLimit(), lanes + MIN_WAITING / 2);
    }
}
