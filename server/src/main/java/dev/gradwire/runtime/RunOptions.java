package dev.gradwire.runtime;

import java.util.function.BooleanSupplier;

/**
 * @param cancelled polled between steps; once true the run ends
 * @param detectAnomaly look for the first non-finite result of a step
 * @param keepGoing with {@code detectAnomaly}: report it and go on instead of ending the run
 * @param profile measure the nanoseconds of each step
 * @param seed key of all random operators
 * @param nodeByNode run each node by itself, so that it is seen what each does, where nodes would run together else; so it
 *     is in any case where {@code detectAnomaly} is set
 * @param maxIterations of all loops without a bound of their own, together
 */
public record RunOptions(
        BooleanSupplier cancelled,
        boolean detectAnomaly,
        boolean keepGoing,
        boolean profile,
        long seed,
        long maxIterations,
        boolean nodeByNode) {
    /** Iterations of loops without bound, where nothing else is said. */
    public static final long MAX_ITERATIONS = 10_000_000;

    public static final RunOptions DEFAULT = new RunOptions(() -> false, false, false, false, 0);

    public RunOptions(BooleanSupplier cancelled, boolean detectAnomaly, boolean keepGoing, boolean profile, long seed) {
        this(cancelled, detectAnomaly, keepGoing, profile, seed, MAX_ITERATIONS, false);
    }

    public RunOptions withSeed(long changed) {
        return new RunOptions(cancelled, detectAnomaly, keepGoing, profile, changed, maxIterations, nodeByNode);
    }

    /** The same run again, for its values only. */
    public RunOptions unwatched() {
        return new RunOptions(cancelled, false, false, false, seed, maxIterations, false);
    }
}
