package dev.gradwire.service;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * What becomes of a server, from test to test of its engine. One that fails makes it unready at once, as does one that
 * hangs; when nothing but failures has come for a while, the engine is lost for good. The test has a thread of its own, as
 * native code that hangs cannot be stopped.
 */
final class EngineWatch {
    /** What is known of the engine. */
    enum State {
        READY,
        UNREADY,
        LOST
    }

    private static final int FAILURES_OF_A_LOST_ONE = 3;
    private static final long SLOW_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long HANGING_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final BooleanSupplier test;
    private int failures;
    private boolean testing;
    private long begunNanos;

    /** @param test whether the engine computes */
    EngineWatch(BooleanSupplier test) {
        this.test = test;
    }

    /** Runs the test, as long as it may take. */
    void test() {
        synchronized (this) {
            testing = true;
            begunNanos = System.nanoTime();
        }
        boolean passed = test.getAsBoolean();
        synchronized (this) {
            testing = false;
            failures = passed ? 0 : failures + 1;
        }
    }

    State state() {
        return state(System.nanoTime());
    }

    synchronized State state(long nowNanos) {
        long nanos = testing ? nowNanos - begunNanos : 0;
        if (failures >= FAILURES_OF_A_LOST_ONE || nanos >= HANGING_NANOS) {
            return State.LOST;
        }
        return failures > 0 || nanos >= SLOW_NANOS ? State.UNREADY : State.READY;
    }
}
