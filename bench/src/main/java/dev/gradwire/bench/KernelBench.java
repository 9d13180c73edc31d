package dev.gradwire.bench;

import dev.gradwire.kernel.vector.VectorGroups;
import java.io.PrintStream;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs the benchmarks kernel by kernel, all in this process, so that the ways to compute a kernel are timed one right
 * after the other and by a JVM that has run many other kernels, as a server's has.
 */
public final class KernelBench {
    /** What a kernel takes one way, about: to settle, to be timed, and to plan and draw. */
    private static final double SECONDS_EACH = 1.1;

    /** Longer than it takes where nothing else runs. */
    private static final Duration WARM_UP = Duration.ofSeconds(10);

    private final Times times;
    private final boolean json;
    private final PrintStream out;

    /**
     * How long each kernel is run each way.
     *
     * @param iterations how many times JMH measures, {@code millis} each, after it has warmed up once
     */
    record Times(int iterations, int millis, int steadyWindows, int mostWindows) {
        static final Times DEFAULT = new Times(5, 60, 8, 30);
    }

    KernelBench(Times times, boolean json, PrintStream out) {
        this.times = times;
        this.json = json;
        this.out = out;
    }

    /**
     * Prints a table, or JSON. Exit status: 0, or 2 where no kernel has such a name.
     *
     * @param args {@code table} or {@code json}, then patterns of names, all kernels without one
     */
    public static void main(String[] args) throws RunnerException {
        List<String> patterns = Arrays.asList(args).subList(1, args.length);
        List<KernelCase> cases = matching(patterns);
        if (cases.isEmpty()) {
            note("there is no kernel like " + patterns + "; there are:");
            KernelCases.all().forEach(each -> System.err.println("  " + each.id()));
            System.exit(2);
        }
        System.setProperty("jmh.ignoreLock", "true"); // whoever else runs JMH here is seen in the spread
        VectorGroups.open().warmUp(WARM_UP); // as a server does when it starts
        new KernelBench(Times.DEFAULT, args[0].equals("json"), System.out).run(cases);
        System.exit(0); // threads of the libraries stay
    }

    /** Kernels of which the name, or all that identifies them, fits one of these globs. */
    static List<KernelCase> matching(List<String> patterns) {
        List<PathMatcher> matchers = patterns.stream()
                .map(pattern -> FileSystems.getDefault().getPathMatcher("glob:" + pattern))
                .toList();
        return KernelCases.all().stream()
                .filter(each -> matchers.isEmpty()
                        || matchers.stream()
                                .anyMatch(matcher ->
                                        matcher.matches(Path.of(each.kernel())) || matcher.matches(Path.of(each.id()))))
                .toList();
    }

    List<KernelFigure> run(List<KernelCase> cases) throws RunnerException {
        int runs = cases.stream().mapToInt(each -> each.ways().size()).sum();
        note(String.format(Locale.ROOT, "%d kernels, %d runs: about %.0f s", cases.size(), runs, runs * SECONDS_EACH));
        print(List.of(KernelTable.heading()));
        List<KernelFigure> all = new ArrayList<>();
        for (KernelCase each : cases) {
            List<KernelFigure> figures = run(each);
            print(KernelTable.lines(figures));
            all.addAll(figures);
            if (json) {
                note(each.id());
            }
        }
        if (json) {
            out.println(KernelTable.json(all));
        }
        return all;
    }

    private List<KernelFigure> run(KernelCase timed) throws RunnerException {
        TimeValue time = TimeValue.milliseconds(times.millis);
        Options options = new OptionsBuilder()
                .include(KernelBenchmark.class.getName())
                .param("kernel", timed.id())
                .param("way", timed.ways().stream().map(Way::name).toArray(String[]::new))
                .param("steadyWindows", String.valueOf(times.steadyWindows))
                .param("mostWindows", String.valueOf(times.mostWindows))
                .forks(0)
                .warmupIterations(1)
                .warmupTime(time)
                .measurementIterations(times.iterations)
                .measurementTime(time)
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .build();
        Collection<RunResult> results = new Runner(options).run();
        return results.stream().map(result -> KernelFigure.of(timed, result)).toList();
    }

    private void print(List<String> lines) {
        if (!json) {
            lines.forEach(out::println);
        }
    }

    private static void note(String line) {
        System.err.println("gradwire: " + line);
    }
}
