package dev.gradwire.cli.bench;

import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.engine.Program;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Times planning, stage by stage: the first time, when little of it has been compiled by the Java machine, and the
 * median of the times after it. A server of long standing has seen graphs before, so a small one comes first.
 */
final class PlanningBench {
    static final int RUNS = 5;
    private static final int WARM_UP_NODES = 100;

    /** @param nodes of the graph after it */
    private record Stage(String name, double millis, int nodes) {}

    private PlanningBench() {}

    static void run(int nodes, int runs, PrintStream out) {
        plan(GeneratedGraphs.all(WARM_UP_NODES).firstEntry().getValue());
        out.printf(Locale.ROOT, "%-20s %-22s %9s %10s %10s%n", "graph", "stage", "nodes", "first ms", "median ms");
        GeneratedGraphs.all(nodes).forEach((name, source) -> {
            List<Stage> first = plan(source);
            List<List<Stage>> more = new ArrayList<>();
            for (int i = 0; i < runs; i++) {
                more.add(plan(source));
            }
            for (int i = 0; i < first.size(); i++) {
                int at = i;
                Stage stage = first.get(i);
                double[] millis = more.stream()
                        .mapToDouble(run -> run.get(at).millis)
                        .sorted()
                        .toArray();
                double median = millis[millis.length / 2];
                out.println(row(name, stage, median));
            }
        });
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        out.printf(Locale.ROOT, "load average %.2f%n", load);
    }

    private static String row(String graph, Stage first, double median) {
        return String.format(
                Locale.ROOT, "%-20s %-22s %9d %10.1f %10.1f", graph, first.name, first.nodes, first.millis, median);
    }

    /** Each stage in order, {@code total} last. The engine is a new one, whose cache of plans is empty. */
    private static List<Stage> plan(GeneratedGraphs.Source source) {
        List<Stage> stages = new ArrayList<>();
        try (Engine engine = Engine.open(new EngineSettings(1, EngineSettings.DEFAULT.maxCachedSteps()))) {
            long start = System.nanoTime();
            long[] last = {start};
            Program program = source.record();
            int recorded = program.recording().graph().nodes().size();
            stages.add(stage("record", recorded, last));
            engine.compile(program, Engine.DEFAULT_DEVICE, (name, count) -> stages.add(stage(name, count, last)));
            stages.add(new Stage("total", (last[0] - start) / 1e6, recorded));
        }
        return stages;
    }

    /** What took from {@code last} until now. */
    private static Stage stage(String name, int nodes, long[] last) {
        long now = System.nanoTime();
        Stage stage = new Stage(name, (now - last[0]) / 1e6, nodes);
        last[0] = now;
        return stage;
    }
}
