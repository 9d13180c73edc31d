package dev.gradwire.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** One kernel, one way. Results are in memory that others can see, so that no compiler leaves the work out. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class KernelBenchmark {
    private static final long WINDOW_NANOS = 50_000_000;
    /** What counts as better. */
    private static final double GAIN = 0.03;

    /** A {@link KernelCase#id}. */
    @Param("exp float32 4098")
    public String kernel = "";

    @Param({"TIER_0", "TIER_1", "LIBTORCH"})
    public Way way = Way.LIBTORCH;

    /** So many windows of 50 ms in a row must bring no gain before anything is timed; 0 for a test. */
    @Param("8")
    public int steadyWindows;

    /** And no more than so many are waited for. */
    @Param("30")
    public int mostWindows;

    @SuppressWarnings("NullAway.Init") // by open()
    private Timed timed;

    @Setup
    public void open() {
        KernelCase found = KernelCases.all().stream()
                .filter(each -> each.id().equals(kernel))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no kernel " + kernel));
        timed = way.prepare(found);
        settle();
    }

    /** Until the JVM has compiled what there is to compile, which it does while the program runs. */
    private void settle() {
        double best = Double.POSITIVE_INFINITY;
        int steady = 0;
        for (int i = 0; i < mostWindows && steady < steadyWindows; i++) {
            double nanos = window();
            steady = nanos < best * (1 - GAIN) ? 0 : steady + 1;
            best = Math.min(best, nanos);
        }
    }

    /** Nanoseconds of one run. */
    private double window() {
        long start = System.nanoTime();
        long runs = 0;
        long nanos = 0;
        while (nanos < WINDOW_NANOS) {
            timed.run();
            runs++;
            nanos = System.nanoTime() - start;
        }
        return (double) nanos / runs;
    }

    @Benchmark
    public void run() {
        timed.run();
    }

    @TearDown
    public void close() {
        timed.close();
    }
}
