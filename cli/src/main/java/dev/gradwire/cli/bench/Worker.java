package dev.gradwire.cli.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.gradwire.cli.ProjectRoot;
import dev.gradwire.cli.conformance.Refusal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A process of its own that times a workload on one engine, as {@code bench/peers/worker.py} does for the peers. It says
 * that it is ready, then answers each command that it reads, a line each way: {@code load WORKLOAD}, {@code cold}, {@code
 * values}, {@code settle SECONDS}, {@code warm SECONDS}, {@code summary}, {@code memory}. {@code bench/README.md} tells
 * what they mean.
 */
@Command(name = "bench-worker", hidden = true)
public final class Worker implements Callable<Integer> {
    private static final int COLD_RUNS = 5;
    private static final int LEAST_RUNS = 3;
    private static final int WATCHED_RUNS = 5;
    private static final long JIT_NANOS = 2_500_000_000L;
    private static final String WINDOW_SECONDS = "0.5";
    private static final int LEAST_WINDOWS = 16;
    private static final int MOST_WINDOWS = 60;
    private static final int STEADY_WINDOWS = 8;
    /** What counts as better. */
    private static final double GAIN = 0.03;

    @Option(names = "--engine", required = true)
    private String engine = "";

    @Option(names = "--threads", required = true)
    private int threads;

    private final PrintStream out = new PrintStream(System.out, true, UTF_8);
    private @Nullable Contender contender;
    private Contender.@Nullable Loaded loaded;
    private String workload = "";
    private Samples warm = new Samples();

    @Override
    public Integer call() throws IOException {
        try {
            warmUp(opened());
            say(answer("ready", System.getProperty("java.version")));
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                try {
                    say(obey(line.split(" ", 2)));
                } catch (Refusal e) {
                    say(answer("refused", e.text()));
                }
            }
        } catch (Refusal e) {
            say(answer("refused", e.text()));
        } finally {
            close();
        }
        return 0;
    }

    private Contender opened() {
        if (contender == null) {
            contender = switch (engine) {
                case "gradwire" -> new EngineContender(threads);
                case "gradwire-grpc" -> new ClientContender(threads);
                default -> throw new IllegalArgumentException("there is no engine " + engine);
            };
        }
        return contender;
    }

    private Contender.Loaded loaded() {
        return Objects.requireNonNull(loaded, "nothing is loaded");
    }

    private void unload() {
        if (loaded != null) {
            loaded.close();
            loaded = null;
        }
    }

    private void close() {
        unload();
        if (contender != null) {
            contender.close();
            contender = null;
        }
    }

    /**
     * Cold means a graph never seen, not a Java machine that has just started: small graphs of the conformance format,
     * which are none of the workloads, bring it to where a server is after its start.
     */
    private static void warmUp(Contender contender) throws Refusal, IOException {
        List<Workload> graphs;
        try (Stream<Path> files = Files.list(ProjectRoot.find().resolve("conformance/graphs"))) {
            graphs = files.sorted().<Workload>map(FileWorkload::read).toList();
        }
        contender.warmUp();
        long end = System.nanoTime() + JIT_NANOS;
        for (int number = 1; System.nanoTime() < end; number++) {
            for (Workload graph : graphs) {
                try (Contender.Loaded loaded = contender.load(graph)) {
                    loaded.firstNanos(number);
                    loaded.run();
                }
            }
        }
    }

    private JsonObject obey(String[] command) throws Refusal {
        return switch (command[0]) {
            case "load" -> load(command[1]);
            case "cold" -> cold(loaded());
            case "values" -> values(loaded());
            case "settle" -> runs(settle(loaded()));
            case "warm" -> runs(repeat(loaded(), warm, command[1]));
            case "summary" -> summary();
            case "memory" -> memory();
            default -> throw new IllegalArgumentException("there is no command " + command[0]);
        };
    }

    private JsonObject load(String name) throws Refusal {
        unload();
        workload = name;
        warm = new Samples();
        loaded = opened().load(Workload.of(name));
        return answer("loaded", name);
    }

    private static JsonObject cold(Contender.Loaded loaded) throws Refusal {
        Samples cold = new Samples();
        for (int number = 1; number <= COLD_RUNS; number++) {
            cold.add(loaded.firstNanos(number));
        }
        JsonObject answer = new JsonObject();
        answer.addProperty("cold_ms", cold.quantile(0.5));
        return answer;
    }

    private static JsonObject values(Contender.Loaded loaded) throws Refusal {
        JsonObject answer = new JsonObject();
        answer.add(
                "values",
                new Gson().toJsonTree(loaded.values().stream().map(Checksum::of).toList()));
        return answer;
    }

    /**
     * Runs until the just-in-time compiler has nothing to add: until windows of time have ceased to get better, eight in a
     * row.
     */
    private static Samples settle(Contender.Loaded loaded) throws Refusal {
        Samples all = new Samples();
        double best = Double.POSITIVE_INFINITY;
        int steady = 0;
        for (int i = 0; i < MOST_WINDOWS && (i < LEAST_WINDOWS || steady < STEADY_WINDOWS); i++) {
            Samples window = repeat(loaded, new Samples(), WINDOW_SECONDS);
            double median = window.quantile(0.5);
            steady = median < best * (1 - GAIN) ? 0 : steady + 1;
            best = Math.min(best, median);
            all = window;
        }
        return all;
    }

    private static Samples repeat(Contender.Loaded loaded, Samples samples, String seconds) throws Refusal {
        long end = System.nanoTime() + (long) (Double.parseDouble(seconds) * 1e9);
        for (int i = 0; i < LEAST_RUNS || System.nanoTime() < end; i++) {
            long start = System.nanoTime();
            loaded.run();
            samples.add(System.nanoTime() - start);
        }
        return samples;
    }

    private static JsonObject runs(Samples samples) {
        JsonObject answer = new JsonObject();
        answer.addProperty("runs", samples.count());
        return answer;
    }

    private JsonObject summary() {
        JsonObject answer = runs(warm);
        answer.addProperty("warm_ms", warm.quantile(0.5));
        answer.addProperty("low_ms", warm.quantile(0.25));
        answer.addProperty("high_ms", warm.quantile(0.75));
        return answer;
    }

    /** All over again with a new engine, so that the growth is not that of code, which is there already. */
    private JsonObject memory() throws Refusal {
        close();
        Contender fresh = opened();
        long baseline = ProcessMemory.settledBytes();
        ProcessMemory.watch();
        Contender.Loaded again = fresh.load(Workload.of(workload));
        loaded = again;
        for (int i = 0; i < WATCHED_RUNS; i++) {
            again.run();
        }
        JsonObject answer = new JsonObject();
        answer.addProperty("peak_bytes", Math.max(0, ProcessMemory.peakBytes() - baseline));
        answer.addProperty("tensor_bytes", again.plannedBytes());
        return answer;
    }

    private static JsonObject answer(String key, String value) {
        JsonObject answer = new JsonObject();
        answer.addProperty(key, value);
        return answer;
    }

    private void say(JsonObject answer) {
        out.println(answer);
    }
}
