package dev.gradwire.engine;

/**
 * How an engine is set up.
 *
 * @param threads that a run may use, its own among them
 * @param maxCachedSteps steps of all plans in the cache together; 1 KiB of constants counts as one
 * @param maxValues of a graph with its derivatives
 * @param maxRetainedBytes of memory that finished runs leave to later ones of the same plans
 */
public record EngineSettings(int threads, long maxCachedSteps, int maxValues, long maxRetainedBytes) {
    public static final EngineSettings DEFAULT =
            new EngineSettings(Runtime.getRuntime().availableProcessors(), 1_000_000, 1 << 22, 1L << 30);

    public EngineSettings(int threads, long maxCachedSteps) {
        this(threads, maxCachedSteps, DEFAULT.maxValues, DEFAULT.maxRetainedBytes);
    }

    public EngineSettings withMaxValues(int changed) {
        return new EngineSettings(threads, maxCachedSteps, changed, maxRetainedBytes);
    }
}
