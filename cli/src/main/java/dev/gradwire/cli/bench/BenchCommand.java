package dev.gradwire.cli.bench;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.gradwire.cli.ProjectRoot;
import dev.gradwire.cli.conformance.Refusal;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Times graphs: the first answer, and answers after it. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Time graphs in process (gradwire) and from client to client over the loopback interface"
                + " (gradwire-grpc): outputs, and gradients where the file has cotangents.")
public final class BenchCommand implements Callable<Integer> {
    @Option(
            names = "--graph",
            paramLabel = "FILE",
            description = "A graph as in conformance/graphs; may be given several times (default: the seed's).")
    private List<Path> files = new ArrayList<>();

    @Option(names = "--threads", paramLabel = "N", description = "Threads of one kernel (default: ${DEFAULT-VALUE}).")
    private int threads = 1;

    @Option(
            names = "--runs",
            paramLabel = "N",
            description = "Warm runs (default: as many as fit a second, at least 20).")
    private int runs;

    @Option(
            names = "--plan",
            paramLabel = "N",
            description = "Instead, time each stage of planning graphs of N nodes, with and without derivatives.")
    private int planned;

    @Option(names = "--json", description = "Print a JSON array.")
    private boolean json;

    private final PrintStream out = System.out;

    @Override
    public Integer call() {
        if (planned > 0) {
            PlanningBench.run(planned, runs > 0 ? runs : PlanningBench.RUNS, out);
            return 0;
        }
        if (files.isEmpty()) {
            files.add(ProjectRoot.find().resolve("conformance/seed/tutorial_sum_of_squares_float32.json.gz"));
        }
        List<Workload> workloads = files.stream().map(Workload::read).toList();
        List<Measurement> all = new ArrayList<>();
        boolean refused = false;
        try (Contender engine = new EngineContender(threads);
                Contender client = new ClientContender(threads)) {
            List<Contender> contenders = List.of(engine, client);
            for (Contender contender : contenders) {
                warmUp(contender);
            }
            print(heading());
            for (Workload workload : workloads) {
                long peakBytes = 0;
                for (Contender contender : contenders) {
                    try {
                        Measurement measurement = Measurement.take(contender, workload, threads, runs);
                        peakBytes = Math.max(peakBytes, measurement.peakBytes());
                        all.add(measurement.withPeakBytes(peakBytes));
                        print(row(all.getLast()));
                    } catch (Refusal e) {
                        refused = true;
                        System.err.println("gradwire: " + workload.name() + ", " + contender.name() + ": " + e.text());
                    }
                }
            }
        }
        if (json) {
            out.println(json(all));
        }
        return refused ? 1 : 0;
    }

    /** Cold means a graph never seen, not a Java machine that has just started. */
    private static void warmUp(Contender contender) {
        Path seed = ProjectRoot.find().resolve("conformance/seed/tutorial_vector_backward_float64.json.gz");
        try {
            Measurement.take(contender, Workload.read(seed), 1, 0);
        } catch (Refusal e) {
            throw new IllegalStateException(e);
        }
    }

    private void print(String line) {
        if (!json) {
            out.println(line);
        }
    }

    private static String heading() {
        return "%-36s %-14s %7s %10s %10s %21s %6s %12s"
                .formatted("workload", "engine", "threads", "cold ms", "warm ms", "quarters", "runs", "peak bytes");
    }

    private static String row(Measurement measurement) {
        return String.format(
                Locale.ROOT,
                "%-36s %-14s %7d %10.3f %10.4f %21s %6d %12d",
                measurement.workload(),
                measurement.engine(),
                measurement.threads(),
                measurement.coldMillis(),
                measurement.warmMillis(),
                String.format(Locale.ROOT, "%.4f–%.4f", measurement.lowMillis(), measurement.highMillis()),
                measurement.runs(),
                measurement.peakBytes());
    }

    static String json(List<Measurement> all) {
        JsonArray array = new JsonArray();
        for (Measurement measurement : all) {
            JsonObject row = new JsonObject();
            row.addProperty("workload", measurement.workload());
            row.addProperty("engine", measurement.engine());
            row.addProperty("threads", measurement.threads());
            row.addProperty("cold_ms", measurement.coldMillis());
            row.addProperty("warm_ms", measurement.warmMillis());
            row.addProperty("peak_bytes", measurement.peakBytes());
            array.add(row);
        }
        return new GsonBuilder().setPrettyPrinting().create().toJson(array);
    }
}
