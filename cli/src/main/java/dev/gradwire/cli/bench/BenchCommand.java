package dev.gradwire.cli.bench;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.gradwire.cli.ProjectRoot;
import dev.gradwire.cli.bench.service.ServiceBench;
import dev.gradwire.cli.conformance.Refusal;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Times graphs: the first answer, answers after it, and memory; beside other frameworks where they are installed. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Time workloads, value and all gradients, in process (gradwire) beside PyTorch, torch.compile and"
                + " JAX, as far as they are installed. bench/README.md tells how. Exit status: 0 if all that was"
                + " asked for was measured and the engines agree, else 1.")
public final class BenchCommand implements Callable<Integer> {
    @Option(
            names = "--workload",
            paramLabel = "NAME",
            description = "seed, elementwise, chain, loop, norm, mlp, attention or conv; may be given several times"
                    + " (default: all).")
    private List<String> named = new ArrayList<>();

    @Option(
            names = "--graph",
            paramLabel = "FILE",
            description = "Instead, time a graph as in conformance/graphs, from client to client over the loopback"
                    + " interface, too (gradwire-grpc), or one in the text form (.txt); may be given several times.")
    private List<String> files = new ArrayList<>();

    @Option(
            names = "--threads",
            paramLabel = "N",
            split = ",",
            description = "Threads, and processors, of each engine; may be given several times (default: 1,2).")
    private List<Integer> threads = new ArrayList<>();

    @Option(names = "--rounds", paramLabel = "N", description = "Turns of each engine (default: ${DEFAULT-VALUE}).")
    private int rounds = 5;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "Length of a turn, which has at least three runs (default: ${DEFAULT-VALUE}).")
    private double seconds = 0.2;

    @Option(
            names = "--limit",
            paramLabel = "S",
            description = "How long an engine may take for one step of the procedure (default: ${DEFAULT-VALUE}).")
    private int limitSeconds = 120;

    @Option(
            names = "--peers",
            paramLabel = "PYTHON",
            description = "Interpreter that has the peers, or the folder of its environment (default: GRADWIRE_PEERS,"
                    + " else what --install-peers made).")
    private @Nullable Path python;

    @Option(names = "--no-peers", description = "Only this project's engines.")
    private boolean alone;

    @Option(
            names = "--install-peers",
            description = "Instead, make a Python environment under target/ with all peers (several GB).")
    private boolean install;

    @Option(names = "--profile", description = "Instead, print which steps of the plan the time goes to.")
    private boolean profile;

    @Option(
            names = "--plan",
            paramLabel = "N",
            description = "Instead, time each stage of planning graphs of N nodes, with and without derivatives.")
    private int planned;

    @Option(
            names = "--start",
            description = "Instead, time servers as processes of their own: until they serve, and their first calls.")
    private boolean start;

    @Option(
            names = "--service",
            description =
                    "Instead, measure a server in a process of its own: small calls beside a gRPC server that only"
                            + " sends them back, large tensors beside a raw TCP socket, steps of training.")
    private boolean service;

    @Option(
            names = "--kernels",
            description = "Instead, time the kernels that the engine stands on beside those of libtorch that they"
                    + " replace, by JMH, with one thread: about three minutes.")
    private boolean kernels;

    @Option(
            names = "--kernel",
            paramLabel = "PATTERN",
            description = "As --kernels, but only those that a glob fits: a name ('exp', 'mm*') or name, dtype and size"
                    + " ('* float32 4098'); may be given several times.")
    private List<String> kernelPatterns = new ArrayList<>();

    @Option(names = "--json", description = "Print a JSON array.")
    private boolean json;

    private final PrintStream out = System.out;

    @Override
    public Integer call() throws IOException, InterruptedException, Refusal {
        if (start) {
            StartBench.run(rounds, out);
            return 0;
        }
        if (service) {
            return ServiceBench.run(ServiceBench.Settings.DEFAULT.withRounds(rounds), json, out) ? 0 : 1;
        }
        if (kernels || !kernelPatterns.isEmpty()) {
            return KernelProcess.run(kernelPatterns, json);
        }
        if (planned > 0) {
            PlanningBench.run(planned, rounds, out);
            return 0;
        }
        if (install) {
            Peers.install();
            return 0;
        }
        List<String> workloads = new ArrayList<>(files);
        workloads.addAll(named.isEmpty() && files.isEmpty() ? Workloads.names() : named);
        workloads.forEach(Workload::of); // before anything is measured, as names may be wrong
        List<Integer> settings = threads.isEmpty() ? List.of(1, 2) : threads;
        if (profile) {
            for (String workload : workloads) {
                Profile.of(Workload.of(workload), settings.getFirst()).forEach(out::println);
            }
            return 0;
        }
        return measure(workloads, settings) ? 0 : 1;
    }

    /** Whether nothing went wrong. */
    private boolean measure(List<String> workloads, List<Integer> settings) throws IOException {
        Path folder = Files.createDirectories(ProjectRoot.find().resolve("target/bench"));
        Path data = folder.resolve("inputs");
        List<Contestant> peers = peers(data, folder);
        Race race = new Race(new Race.Settings(rounds, seconds), BenchCommand::note);
        boolean good = true;
        List<Measurement> all = new ArrayList<>();
        for (int count : settings) {
            List<Measurement> same = new ArrayList<>();
            try (Workers workers = new Workers(count, folder, limitSeconds)) {
                for (String workload : workloads) {
                    note(workload + ", " + count + (count == 1 ? " thread" : " threads"));
                    good &= measure(race, workload, workers, contestants(workload, peers, data), same);
                }
            }
            print(BenchTable.all(same));
            print(BenchTable.goals(same));
            all.addAll(same);
        }
        if (json) {
            out.println(json(all));
        }
        return good;
    }

    /** Adds to {@code measured}; false when one of ours could not run it, or engines disagree. */
    private static boolean measure(
            Race race, String workload, Workers workers, List<Contestant> contestants, List<Measurement> measured)
            throws IOException {
        try {
            List<Measurement> rows = race.run(workload, workers, contestants);
            measured.addAll(rows);
            return contestants.stream()
                    .filter(Contestant::ours)
                    .allMatch(ours -> rows.stream().anyMatch(row -> row.engine().equals(ours.name())));
        } catch (Race.Disagreement e) {
            note("ERROR: " + e.getMessage());
            return false;
        }
    }

    private List<Contestant> peers(Path data, Path logs) throws IOException {
        if (alone || !files.isEmpty() && named.isEmpty()) {
            return List.of();
        }
        Path interpreter = Peers.python(python);
        if (interpreter == null) {
            note("no peers: there is no Python environment with them; --install-peers makes one");
            return List.of();
        }
        if (!Processors.canPin()) {
            note("processes are not pinned to processors: there is no taskset");
        }
        return Peers.found(interpreter, data, logs, BenchCommand::note);
    }

    private static List<Contestant> contestants(String workload, List<Contestant> peers, Path data) throws IOException {
        List<Contestant> contestants = new ArrayList<>();
        contestants.add(Contestant.ours("gradwire"));
        if (Workload.of(workload) instanceof TextWorkload text
                && Workloads.names().contains(workload)) {
            if (!peers.isEmpty()) {
                PeerData.write(data, text);
            }
            contestants.addAll(peers);
        } else if (Workload.of(workload) instanceof FileWorkload) {
            contestants.add(Contestant.ours("gradwire-grpc"));
        }
        return contestants;
    }

    private void print(List<String> lines) {
        if (!json && !lines.isEmpty()) {
            lines.forEach(out::println);
            out.println();
        }
    }

    private static void note(String line) {
        System.err.println("gradwire: " + line);
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
