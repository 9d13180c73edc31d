package dev.gradwire.engine;

/**
 * How an engine is set up.
 *
 * @param threads of the native library for one kernel
 * @param maxCachedSteps steps of all plans in the cache together; 1 KiB of constants counts as one
 * @param maxValues of a graph with its derivatives
 */
public record EngineSettings(int threads, long maxCachedSteps, int maxValues) {
    public static final EngineSettings DEFAULT =
            new EngineSettings(Runtime.getRuntime().availableProcessors(), 1_000_000, 1 << 22);

    public EngineSettings(int threads, long maxCachedSteps) {
        this(threads, maxCachedSteps, DEFAULT.maxValues);
    }

    public EngineSettings withMaxValues(int changed) {
        return new EngineSettings(threads, maxCachedSteps, changed);
    }
}
