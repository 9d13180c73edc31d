package dev.gradwire.cli.soak;

import dev.gradwire.client.DType;
import dev.gradwire.client.Gradwire;
import dev.gradwire.client.GradwireException;
import dev.gradwire.client.Program;
import dev.gradwire.client.Session;
import dev.gradwire.client.Tensor;
import dev.gradwire.client.TensorData;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/** M2: calls of all kinds for a long time, by the Java client; what the server is made of must not change. */
final class MixedCalls implements Row {
    private static final int CALLERS = 4;
    private static final double WARM_UP = 0.3;
    private static final double MEBIBYTE = 1 << 20;
    /** By which a process's memory goes up and down by itself. */
    private static final double NOISE_MEBIBYTES = 8;

    /** Few, so that the server soon has a plan for each: what grows later is no cache. */
    private static final int[] SMALL = {1, 7, 64};

    private static final int[] LARGE = {1000, 1 << 14, 65_537};
    private static final double TEN_MINUTES = 600;

    private record Sample(double seconds, double residentMebibytes, double threads, double descriptors) {}

    private record Latency(double seconds, double millis) {}

    private final AtomicLong wrong = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();

    @Override
    public String id() {
        return "M2";
    }

    @Override
    public String fault() {
        return "mixed calls for a long time";
    }

    @Override
    public int weight() {
        return 8;
    }

    @Override
    public void run(Trial trial) throws Exception {
        // All of the heap is there at the start: what comes later is something else.
        List<String> java = List.of("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch");
        try (ServerProcess server = ServerProcess.start(java);
                ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
            trial.begin();
            List<Future<List<Latency>>> futures = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                Random random = new Random(trial.random().nextLong() + i);
                futures.add(callers.submit(() -> call(server.port(), random, trial)));
            }
            List<Sample> samples = new ArrayList<>();
            while (trial.left() > 0) {
                Thread.sleep(500);
                if (trial.elapsed() > WARM_UP * trial.seconds()) {
                    samples.add(new Sample(
                            trial.elapsed(),
                            server.residentBytes() / MEBIBYTE,
                            server.threads(),
                            server.descriptors()));
                }
            }
            List<Latency> latencies = new ArrayList<>();
            for (Future<List<Latency>> future : futures) {
                latencies.addAll(future.get());
            }
            server.settle(5);
            report(trial, samples, latencies, server.leases());
        }
    }

    private void report(Trial trial, List<Sample> samples, List<Latency> latencies, double leases) {
        double from = WARM_UP * trial.seconds();
        double span = trial.seconds() - from;
        double slope = slope(samples);
        double first = p99(latencies, from, from + span / 10);
        double last = p99(latencies, from + 0.9 * span, Double.MAX_VALUE);
        trial.note("calls", latencies.size(), "");
        trial.note("slope of physical memory", slope * TEN_MINUTES, "MiB / 10 min");
        trial.atMost(
                "growth by that slope, 1 MiB / 10 min and 8 MiB of noise allowed",
                slope * span,
                NOISE_MEBIBYTES + span / TEN_MINUTES,
                "MiB");
        Sample begin = samples.getFirst();
        int tail = Math.max(1, samples.size() / 10);
        List<Sample> end = samples.subList(samples.size() - tail, samples.size());
        trial.atMost("threads more than at first", min(end, true) - begin.threads, 2, "");
        trial.atMost("descriptors more than at first", min(end, false) - begin.descriptors, 2, "");
        trial.atMost("last tenth's p99 / first's", last / first, 1.1, "");
        trial.none("leases left", leases);
        trial.none("wrong results", (double) wrong.get());
        trial.none("failures that are not typed", (double) failed.get());
    }

    private static double min(List<Sample> samples, boolean threads) {
        return samples.stream()
                .mapToDouble(sample -> threads ? sample.threads : sample.descriptors)
                .min()
                .orElseThrow();
    }

    /** Of the line through the samples, by least squares, in MiB a second. */
    private static double slope(List<Sample> samples) {
        double n = samples.size();
        double meanX = samples.stream().mapToDouble(Sample::seconds).average().orElse(0);
        double meanY = samples.stream()
                .mapToDouble(Sample::residentMebibytes)
                .average()
                .orElse(0);
        double xy = 0;
        double xx = 0;
        for (Sample sample : samples) {
            xy += (sample.seconds - meanX) * (sample.residentMebibytes - meanY);
            xx += (sample.seconds - meanX) * (sample.seconds - meanX);
        }
        return n < 2 ? 0 : xy / xx;
    }

    private static double p99(List<Latency> latencies, double from, double to) {
        List<Double> millis = latencies.stream()
                .filter(each -> each.seconds >= from && each.seconds < to)
                .map(Latency::millis)
                .sorted()
                .toList();
        return Load.quantile(millis, 0.99);
    }

    private List<Latency> call(int port, Random random, Trial trial) {
        List<Latency> latencies = new ArrayList<>();
        try (Gradwire client = Gradwire.connect("127.0.0.1:" + port)) {
            while (trial.left() > 0) {
                long start = System.nanoTime();
                try {
                    one(client, random);
                } catch (GradwireException e) {
                    failed.addAndGet(e.reason().isEmpty() ? 1 : 0);
                }
                latencies.add(new Latency(trial.elapsed(), (System.nanoTime() - start) / 1e6));
            }
        }
        return latencies;
    }

    private void one(Gradwire client, Random random) {
        int kind = random.nextInt(100);
        float v = 1 + random.nextInt(9);
        if (kind < 70) {
            gradient(client, v, SMALL[random.nextInt(SMALL.length)]);
        } else if (kind < 80) {
            session(client, v, LARGE[random.nextInt(LARGE.length)]);
        } else if (kind < 85) {
            session(client, v, 1 << 19);
        } else if (kind < 95) {
            client.plan(client.input(DType.FLOAT32, 8, 8).sin().sum());
        } else {
            refused(client);
        }
    }

    private void gradient(Gradwire client, float v, int n) {
        float[] values = new float[n];
        Arrays.fill(values, v);
        Tensor x = client.tensor(values, n).requiresGrad(true);
        Tensor y = x.mul(x).sum();
        y.backward();
        Tensor gradient = x.grad();
        if (gradient == null || gradient.data().bytes().getFloat(0) != 2 * v || y.item() != n * v * v) {
            wrong.incrementAndGet();
        }
    }

    /** Two runs over one tensor that stays. */
    private void session(Gradwire client, float v, int n) {
        float[] values = new float[n];
        Arrays.fill(values, v);
        Tensor x = client.input(DType.FLOAT32, n);
        Program program = Program.builder().output("y", x.add(x)).build();
        try (Session session = client.session()) {
            TensorData first =
                    session.run(program, Map.of(x, TensorData.of(values, n))).get("y");
            TensorData again = session.run(program, Map.of()).get("y");
            for (TensorData each : List.of(first, again)) {
                if (each.numel() != n
                        || each.bytes().getFloat(0) != 2 * v
                        || each.bytes().getFloat((n - 1) * Float.BYTES) != 2 * v) {
                    wrong.incrementAndGet();
                }
            }
        }
    }

    /** Shapes that do not fit; the server, not the client, finds it. */
    private void refused(Gradwire client) {
        try {
            client.tensor(new float[6], 2, 3)
                    .matmul(client.tensor(new float[6], 2, 3))
                    .evaluate();
            wrong.incrementAndGet();
        } catch (GradwireException e) {
            if (e.reason().isEmpty()) {
                throw e;
            }
        }
    }
}
