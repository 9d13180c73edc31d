package dev.gradwire.engine;

/**
 * Counts of one engine since it was opened.
 *
 * @param planHits programs whose plan was in the cache
 * @param planMisses programs that were planned
 * @param cachedPlans plans in the cache now
 * @param retainedBytes of memory that finished runs have left to later ones of the same plans
 * @param loops made for groups that are run a lot
 */
public record EngineStatistics(long planHits, long planMisses, long cachedPlans, long retainedBytes, long loops) {}
