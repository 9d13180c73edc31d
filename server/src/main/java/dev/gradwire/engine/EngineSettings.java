package dev.gradwire.engine;

/**
 * @param threads of the native library for one kernel
 * @param maxCachedSteps steps of all plans in the cache together
 */
public record EngineSettings(int threads, long maxCachedSteps) {
    public static final EngineSettings DEFAULT =
            new EngineSettings(Runtime.getRuntime().availableProcessors(), 1_000_000);
}
