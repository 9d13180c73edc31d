package dev.gradwire.cli.bench;

/**
 * What an engine took for a workload.
 *
 * @param coldMillis median of first answers, each for a graph of its own digest
 * @param warmMillis median of runs
 * @param lowMillis a quarter of the runs took less
 * @param highMillis a quarter of the runs took more
 * @param runs how many warm runs there were
 * @param peakBytes by how much the process grew at the most
 * @param tensorBytes of all tensors alive at one time, by the engine's own account; 0 where it gives none
 */
record Measurement(
        String workload,
        String engine,
        int threads,
        double coldMillis,
        double warmMillis,
        double lowMillis,
        double highMillis,
        int runs,
        long peakBytes,
        long tensorBytes) {}
