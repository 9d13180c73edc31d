package dev.gradwire.cli.bench.service;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.gradwire.client.Gradwire;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Measures the server in a process of its own, taking turns with what it is compared with. */
public final class ServiceBench {
    /**
     * How long things are done.
     *
     * @param rounds turns of each
     * @param seconds of a turn of small calls
     * @param warmUpSeconds before anything counts
     * @param open calls at a time
     * @param elements of the large tensor
     * @param steps of training in one turn
     */
    public record Settings(int rounds, double seconds, double warmUpSeconds, int open, int elements, int steps) {
        public static final Settings DEFAULT = new Settings(5, 1, 6, 32, 10_000_000, 2000);

        public Settings withRounds(int changed) {
            return new Settings(changed, seconds, warmUpSeconds, open, elements, steps);
        }
    }

    private final Settings settings;
    private final List<Figure> figures = new ArrayList<>();

    private ServiceBench(Settings settings) {
        this.settings = settings;
    }

    /** Prints all figures; false when a goal was missed. */
    public static boolean run(Settings settings, boolean json, PrintStream out)
            throws IOException, InterruptedException {
        ServiceBench bench = new ServiceBench(settings);
        try (Subprocess server = Subprocess.start(List.of(), "serve", "--port=0", "--warm-up=3000");
                Subprocess peer = Subprocess.start(List.of(), "bench-peer")) {
            bench.smallCalls(server, peer);
            try (Gradwire client = Gradwire.connect("127.0.0.1:" + server.port())) {
                bench.largeTensors(client, peer.firstPort());
                bench.training(client);
            }
        }
        if (json) {
            out.println(json(bench.figures));
        } else {
            table(bench.figures).forEach(out::println);
        }
        return bench.figures.stream().noneMatch(figure -> figure.met().equals("no"));
    }

    private void smallCalls(Subprocess server, Subprocess peer) throws IOException, InterruptedException {
        byte[] request = SeedGraph.request();
        try (SmallCalls ours = new SmallCalls(server.port(), request);
                SmallCalls echo = new SmallCalls(peer.port(), request)) {
            SeedGraph.check(ours.once());
            double[] oursRates = new double[settings.rounds];
            double[] echoRates = new double[settings.rounds];
            double[] oursCpu = new double[settings.rounds];
            double[] echoCpu = new double[settings.rounds];
            ours.rate(settings.open, settings.warmUpSeconds);
            echo.rate(settings.open, settings.warmUpSeconds);
            for (int i = 0; i < settings.rounds; i++) {
                measure(ours, server, oursRates, oursCpu, i);
                measure(echo, peer, echoRates, echoCpu, i);
            }
            double rate = median(oursRates);
            figures.add(Figure.atLeast("small calls / echo", rate, "calls/s", median(echoRates), 0.8));
            figures.add(Figure.beside("server's CPU a call / echo", median(oursCpu), "µs", median(echoCpu)));
            double[] at = ours.latencies(rate / 2, settings.rounds * settings.seconds);
            figures.add(Figure.atMost("p99 / p50 at half load", quantile(at, 0.99), "ms", quantile(at, 0.5), 3));
            double[] theirs = echo.latencies(rate / 2, settings.rounds * settings.seconds);
            figures.add(Figure.beside("echo's p99 / p50 then", quantile(theirs, 0.99), "ms", quantile(theirs, 0.5)));
        }
    }

    private void measure(SmallCalls calls, Subprocess process, double[] rates, double[] cpu, int round)
            throws InterruptedException {
        Duration before = process.cpu();
        rates[round] = calls.rate(settings.open, settings.seconds);
        cpu[round] = process.cpu().minus(before).toNanos() / 1e3 / (rates[round] * settings.seconds);
    }

    private void largeTensors(Gradwire client, int rawPort) throws IOException {
        try (LargeTensors tensors = new LargeTensors(client, settings.elements);
                RawSocket raw = RawSocket.connect(rawPort, Math.toIntExact(8L * settings.elements))) {
            List<double[]> times = new ArrayList<>();
            List<Transfer> transfers = List.of(tensors::up, raw::up, tensors::down, raw::down, tensors::thereAndBack);
            int warm = 3;
            for (int i = 0; i < warm + settings.rounds; i++) {
                double[] row = new double[transfers.size()];
                for (int j = 0; j < row.length; j++) {
                    long start = System.nanoTime();
                    transfers.get(j).run();
                    row[j] = (System.nanoTime() - start) / 1e9;
                }
                if (i >= warm) {
                    times.add(row);
                }
            }
            double megabytes = tensors.bytes() / 1e6;
            double rawUp = megabytes / median(times, 1);
            double rawDown = megabytes / median(times, 3);
            figures.add(Figure.atLeast("tensor up / raw TCP", megabytes / median(times, 0), "MB/s", rawUp, 0.55));
            figures.add(Figure.atLeast("tensor down / raw TCP", megabytes / median(times, 2), "MB/s", rawDown, 0.55));
            figures.add(Figure.plain("tensor there and back", median(times, 4) * 1e3, "ms"));
        }
    }

    private interface Transfer {
        void run() throws IOException;
    }

    private void training(Gradwire client) {
        try (TrainingSteps training = new TrainingSteps(client)) {
            for (boolean wait : new boolean[] {false, true}) {
                training.overheadMicros(settings.steps, wait);
                training.overheadMicros(settings.steps, wait);
                double[] micros = new double[settings.rounds];
                for (int i = 0; i < micros.length; i++) {
                    micros[i] = training.overheadMicros(settings.steps, wait);
                }
                String name = wait ? "training step that is waited for" : "training step beyond compute";
                figures.add(
                        wait
                                ? Figure.plain(name, median(micros), "µs")
                                : Figure.atMost(name, median(micros), "µs", 100, 1));
            }
        }
    }

    private static double median(List<double[]> rows, int column) {
        return median(rows.stream().mapToDouble(row -> row[column]).toArray());
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return quantile(sorted, 0.5);
    }

    private static double quantile(double[] sorted, double share) {
        return sorted[(int) (share * (sorted.length - 1))];
    }

    static List<String> table(List<Figure> figures) {
        List<String> lines = new ArrayList<>();
        lines.add(
                "%-34s %12s %-8s %12s %8s %6s %4s".formatted("figure", "value", "", "beside", "ratio", "goal", "met"));
        for (Figure each : figures) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%-34s %12.2f %-8s %12s %8s %6s %4s",
                    each.name(),
                    each.value(),
                    each.unit(),
                    number(each.reference()),
                    number(each.ratio()),
                    each.goal() == null ? "" : number(each.goal()),
                    each.met()));
        }
        return lines;
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.2f", value);
    }

    static String json(List<Figure> figures) {
        JsonArray array = new JsonArray();
        for (Figure each : figures) {
            JsonObject row = new JsonObject();
            row.addProperty("figure", each.name());
            row.addProperty("value", each.value());
            row.addProperty("unit", each.unit());
            if (!Double.isNaN(each.reference())) {
                row.addProperty("beside", each.reference());
                row.addProperty("ratio", each.ratio());
            }
            if (each.goal() != null) {
                row.addProperty("goal", each.goal());
                row.addProperty("met", each.met().equals("yes"));
            }
            array.add(row);
        }
        return new GsonBuilder().setPrettyPrinting().create().toJson(array);
    }
}
