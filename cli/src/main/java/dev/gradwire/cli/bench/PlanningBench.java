package dev.gradwire.cli.bench;

import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.engine.Program;
import dev.gradwire.pass.Stages;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Times planning, stage by stage: the first time, when little of it has been compiled by the Java machine, and the
 * median of the times after it, on the clock and as the thread's own processor time, which other work on the machine
 * disturbs less. A small graph comes first, for what happens once in a process.
 */
final class PlanningBench {
    private static final int WARM_UP_NODES = 100;

    /** @param nodes of the graph after it */
    private record Stage(String name, double millis, double cpuMillis, int nodes) {}

    /** A moment, by both clocks. */
    private record Instant(long nanos, long cpuNanos) {
        private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

        static Instant now() {
            return new Instant(System.nanoTime(), THREADS.getCurrentThreadCpuTime());
        }

        Stage until(Instant end, String name, int nodes) {
            return new Stage(name, (end.nanos - nanos) / 1e6, (end.cpuNanos - cpuNanos) / 1e6, nodes);
        }
    }

    private PlanningBench() {}

    static void run(int nodes, int runs, PrintStream out) {
        plan(GeneratedGraphs.all(WARM_UP_NODES).firstEntry().getValue());
        out.printf(
                Locale.ROOT,
                "%-20s %-22s %9s %10s %10s %14s%n",
                "graph",
                "stage",
                "nodes",
                "first ms",
                "median ms",
                "median cpu ms");
        GeneratedGraphs.all(nodes).forEach((name, source) -> {
            List<Stage> first = plan(source);
            List<List<Stage>> more = new ArrayList<>();
            for (int i = 0; i < runs; i++) {
                more.add(plan(source));
            }
            for (int i = 0; i < first.size(); i++) {
                int at = i;
                List<Stage> same = more.stream().map(run -> run.get(at)).toList();
                out.println(row(name, first.get(i), same));
            }
        });
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        out.printf(Locale.ROOT, "load average %.2f%n", load);
    }

    private static String row(String graph, Stage first, List<Stage> more) {
        return String.format(
                Locale.ROOT,
                "%-20s %-22s %9d %10.1f %10.1f %14.1f",
                graph,
                first.name,
                first.nodes,
                first.millis,
                median(more, Stage::millis),
                median(more, Stage::cpuMillis));
    }

    private static double median(List<Stage> stages, ToDoubleFunction<Stage> time) {
        double[] times = stages.stream().mapToDouble(time).sorted().toArray();
        return times[times.length / 2];
    }

    /** Each stage in order, {@code total} last. The engine is a new one, whose cache of plans is empty. */
    private static List<Stage> plan(GeneratedGraphs.Source source) {
        List<Stage> stages = new ArrayList<>();
        try (Engine engine = Engine.open(new EngineSettings(1, EngineSettings.DEFAULT.maxCachedSteps()))) {
            Instant start = Instant.now();
            Instant[] last = {start};
            Stages ended = (name, nodes) -> {
                Instant now = Instant.now();
                stages.add(last[0].until(now, name, nodes));
                last[0] = now;
            };
            Program program = source.record();
            int recorded = program.recording().graph().nodes().size();
            ended.ended("record", recorded);
            engine.compile(program, Engine.DEFAULT_DEVICE, ended);
            stages.add(start.until(last[0], "total", recorded));
        }
        return stages;
    }
}
