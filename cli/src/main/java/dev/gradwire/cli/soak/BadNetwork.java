package dev.gradwire.cli.soak;

import dev.gradwire.cli.soak.FaultProxy.Faults;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** R8: latency, resets and a narrow line between clients and server. */
final class BadNetwork implements Row {
    private static final int CALLS = 10_000;
    private static final int CHANNELS = 10;
    private static final int OPEN = 8;
    private static final double DEADLINE_SECONDS = 10;
    private static final Faults FAULTS = new Faults(200, 100, 0.01, 64 << 10, 0, 0);
    /** Elements of the inputs: up to 16 KiB, a quarter of a second of this line. */
    private static final int[] SIZES = {4, 256, 4096};

    /** How calls may end on such a network, by docs/errors.md. */
    private static final Set<Code> DOCUMENTED =
            Set.of(Code.OK, Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.RESOURCE_EXHAUSTED);

    @Override
    public String id() {
        return "R8";
    }

    @Override
    public String fault() {
        return "latency 200 ms ± 100, 1% of pieces reset the connection, 64 KiB/s";
    }

    @Override
    public int weight() {
        return 4;
    }

    @Override
    public void run(Trial trial) throws Exception {
        try (ServerProcess server = ServerProcess.start(List.of("-Xmx512m"));
                FaultProxy network = new FaultProxy(server.port(), FAULTS, trial.random());
                ExecutorService callers = Executors.newFixedThreadPool(CHANNELS)) {
            trial.begin();
            double seconds = trial.left() - DEADLINE_SECONDS;
            List<Future<Load.Ends>> futures = new ArrayList<>();
            for (int i = 0; i < CHANNELS; i++) {
                int n = SIZES[i % SIZES.length];
                futures.add(callers.submit(() -> calls(network, n, seconds)));
            }
            Map<Code, Integer> counts = new EnumMap<>(Code.class);
            int hanging = 0;
            int wrong = 0;
            for (Future<Load.Ends> future : futures) {
                Load.Ends ends = future.get();
                ends.counts().forEach((code, count) -> counts.merge(code, count, Integer::sum));
                hanging += ends.hanging();
                wrong += ends.wrong();
            }
            int total = counts.values().stream().mapToInt(Integer::intValue).sum() + hanging;
            trial.note("calls (at most 10,000)", total, "");
            trial.note("of them UNAVAILABLE", counts.getOrDefault(Code.UNAVAILABLE, 0), "");
            trial.note("resets", (double) network.resets(), "");
            trial.none("calls that hang", hanging);
            trial.none(
                    "ends that are not documented",
                    counts.entrySet().stream()
                            .filter(entry -> !DOCUMENTED.contains(entry.getKey()))
                            .mapToInt(Map.Entry::getValue)
                            .sum());
            trial.none("wrong results", wrong);
            trial.none("leases left", leasesLeft(server));
        }
    }

    private static double leasesLeft(ServerProcess server) throws InterruptedException {
        server.settle(5);
        return server.leases();
    }

    private static Load.Ends calls(FaultProxy network, int n, double seconds) throws InterruptedException {
        ManagedChannel channel = Load.connect(network.port());
        try {
            return new Load(
                            channel,
                            CallOptions.DEFAULT.withWaitForReady(),
                            Requests.squares(n, 3),
                            answer -> Requests.isSquares(answer, n, 3),
                            DEADLINE_SECONDS)
                    .closed(OPEN, CALLS / CHANNELS, seconds);
        } finally {
            channel.shutdownNow();
        }
    }
}
