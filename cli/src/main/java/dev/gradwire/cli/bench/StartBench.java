package dev.gradwire.cli.bench;

import dev.gradwire.cli.Main;
import dev.gradwire.client.Gradwire;
import dev.gradwire.client.Tensor;
import dev.gradwire.service.GradwireServer;
import dev.gradwire.service.ServerConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Starts servers as processes of their own, as this one was started, and times what their first caller waits for: from
 * the start of the process until it serves, then calls of a small and of a deep graph, each never seen before. The
 * caller itself is warm.
 */
final class StartBench {
    private static final String SHARED_ARCHIVE = "-XX:SharedArchiveFile";
    private static final Duration WARM_UP = Duration.ofSeconds(1);
    private static final int WARM_CALLS = 50;
    private static final int DEEP = 500;

    private final PrintStream out;
    private final int runs;
    /** So that no two graphs are equal. */
    private int number;

    /**
     * What one server took, in milliseconds.
     *
     * @param cpu processor time until it served, which other work on the machine disturbs less
     */
    private record Started(
            double serving, double cpu, double first, double second, double warm, double deepFirst, double deepWarm) {}

    private StartBench(int runs, PrintStream out) {
        this.runs = runs;
        this.out = out;
    }

    static void run(int runs, PrintStream out) throws IOException, InterruptedException {
        new StartBench(runs, out).run();
    }

    private void run() throws IOException, InterruptedException {
        warmCaller();
        List<String> options = ManagementFactory.getRuntimeMXBean().getInputArguments();
        List<String> plain = options.stream()
                .filter(option -> !option.startsWith(SHARED_ARCHIVE))
                .toList();
        out.printf(
                Locale.ROOT,
                "%-38s %10s %10s %10s %10s %10s %10s %10s%n",
                "server, medians of " + runs + ", ms",
                "serving",
                "cpu then",
                "1st call",
                "2nd call",
                "warm call",
                "1st deep",
                "warm deep");
        if (!plain.equals(options)) {
            measure("class data", options, WARM_UP);
        }
        measure("no class data", plain, WARM_UP);
        measure("no class data, no warm-up", plain, Duration.ZERO);
    }

    private void measure(String name, List<String> options, Duration warmUp) throws IOException, InterruptedException {
        List<Started> all = new ArrayList<>();
        for (int i = 0; i < runs; i++) {
            all.add(start(options, warmUp));
        }
        out.printf(
                Locale.ROOT,
                "%-38s %10.0f %10.0f %10.1f %10.1f %10.2f %10.1f %10.1f%n",
                name,
                median(all.stream().mapToDouble(Started::serving).toArray()),
                median(all.stream().mapToDouble(Started::cpu).toArray()),
                median(all.stream().mapToDouble(Started::first).toArray()),
                median(all.stream().mapToDouble(Started::second).toArray()),
                median(all.stream().mapToDouble(Started::warm).toArray()),
                median(all.stream().mapToDouble(Started::deepFirst).toArray()),
                median(all.stream().mapToDouble(Started::deepWarm).toArray()));
    }

    private Started start(List<String> options, Duration warmUp) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of("serve", "--port=0", "--warm-up=" + warmUp.toMillis()));
        long start = System.nanoTime();
        Process server = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader lines = server.inputReader()) {
            String line = lines.readLine();
            double serving = millisSince(start);
            double cpu =
                    server.info().totalCpuDuration().map(Duration::toMillis).orElse(0L);
            if (line == null) {
                throw new IllegalStateException("the server did not start");
            }
            Thread.sleep(warmUp); // The first caller comes when the server has warmed up.
            try (Gradwire client = Gradwire.connect("127.0.0.1:" + line.substring(line.lastIndexOf(':') + 1))) {
                return new Started(
                        serving,
                        cpu,
                        call(client, 1),
                        call(client, 1),
                        warm(client, 1),
                        call(client, DEEP),
                        warm(client, DEEP));
            }
        } finally {
            server.destroy();
            server.waitFor();
        }
    }

    /** In a server of this process. */
    private void warmCaller() throws IOException {
        try (GradwireServer server = GradwireServer.start(ServerConfig.DEFAULT);
                Gradwire client = Gradwire.connect("127.0.0.1:" + server.port())) {
            for (int i = 0; i < 10; i++) {
                warm(client, 1);
                warm(client, DEEP);
            }
        }
    }

    private double warm(Gradwire client, int steps) {
        double[] millis = new double[WARM_CALLS];
        for (int i = 0; i < millis.length; i++) {
            millis[i] = call(client, steps);
        }
        return median(millis);
    }

    /** The value and the gradient of the sum of {@code x ← sin(x)·1.01 + 0.1}, so many times, in one call. */
    private double call(Gradwire client, int steps) {
        Tensor leaf = client.ones(16).requiresGrad(true);
        Tensor last = leaf.mul(1 + ++number * 1e-9);
        for (int i = 0; i < steps; i++) {
            last = last.sin().mul(1.01).add(0.1);
        }
        Tensor loss = last.sum();
        long start = System.nanoTime();
        loss.backward();
        return millisSince(start);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double millisSince(long start) {
        return (System.nanoTime() - start) / 1e6;
    }
}
