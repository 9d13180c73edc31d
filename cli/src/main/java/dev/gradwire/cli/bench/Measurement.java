package dev.gradwire.cli.bench;

import dev.gradwire.cli.bench.Contender.Prepared;
import dev.gradwire.cli.conformance.Refusal;
import java.util.Arrays;

/**
 * What a contender took for a workload.
 *
 * @param coldMillis median of first answers, each for a graph of its own digest
 * @param warmMillis median of runs
 * @param lowMillis a quarter of the runs took less
 * @param highMillis a quarter of the runs took more
 * @param runs how many warm runs there were
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
        long peakBytes) {
    private static final int COLD_RUNS = 5;
    private static final int LEAST_RUNS = 20;
    private static final int MOST_RUNS = 10_000;
    private static final long WARM_NANOS = 1_000_000_000;

    /** @param runs how many warm runs; 0 for as many as fit a second, but at least 20 */
    static Measurement take(Contender contender, Workload workload, int threads, int runs) throws Refusal {
        double[] cold = new double[COLD_RUNS];
        for (int i = 0; i < COLD_RUNS; i++) {
            long start = System.nanoTime();
            Prepared prepared = contender.prepare(workload.unseen(i + 1));
            cold[i] = millisSince(start);
            prepared.close();
        }
        try (Prepared prepared = contender.prepare(workload.request())) {
            warmUp(prepared, runs > 0 ? runs : MOST_RUNS);
            double[] warm = warm(prepared, runs);
            return new Measurement(
                    workload.name(),
                    contender.name(),
                    threads,
                    quantile(cold, 0.5),
                    quantile(warm, 0.5),
                    quantile(warm, 0.25),
                    quantile(warm, 0.75),
                    warm.length,
                    prepared.peakBytes());
        }
    }

    /** The plan is the same whatever way a graph comes. */
    Measurement withPeakBytes(long bytes) {
        return new Measurement(workload, engine, threads, coldMillis, warmMillis, lowMillis, highMillis, runs, bytes);
    }

    /** So that the just-in-time compiler has seen it. */
    private static void warmUp(Prepared prepared, int most) throws Refusal {
        long end = System.nanoTime() + WARM_NANOS;
        for (int i = 0; i < most && System.nanoTime() < end; i++) {
            prepared.run();
        }
    }

    private static double[] warm(Prepared prepared, int runs) throws Refusal {
        double[] millis = new double[runs > 0 ? runs : MOST_RUNS];
        long end = System.nanoTime() + WARM_NANOS;
        int done = 0;
        while (done < millis.length && (runs > 0 || done < LEAST_RUNS || System.nanoTime() < end)) {
            long start = System.nanoTime();
            prepared.run();
            millis[done++] = millisSince(start);
        }
        return Arrays.copyOf(millis, done);
    }

    private static double millisSince(long start) {
        return (System.nanoTime() - start) / 1e6;
    }

    private static double quantile(double[] values, double share) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) (share * (sorted.length - 1))];
    }
}
