package dev.gradwire.cli.soak;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import java.util.List;

/** L1: four times as many calls as the server can answer. */
final class Overload implements Row {
    private static final int SIDE = 256;
    private static final int PRODUCTS = 12;
    private static final double FACTOR = 4;
    private static final double DEADLINE_SECONDS = 10;

    @Override
    public String id() {
        return "L1";
    }

    @Override
    public String fault() {
        return "four times the calls that can be answered, of some ms each";
    }

    @Override
    public int weight() {
        return 3;
    }

    @Override
    public void run(Trial trial) throws Exception {
        ManagedChannel channel = null;
        try (ServerProcess server = ServerProcess.start(List.of("-Xmx512m"), "--threads=1", "--lanes=2")) {
            channel = Load.connect(server.port());
            Load load = new Load(
                    channel, CallOptions.DEFAULT, Requests.products(SIDE, PRODUCTS), _ -> true, DEADLINE_SECONDS);
            trial.begin();
            double part = trial.left() / 10;
            load.closed(2, Integer.MAX_VALUE, part);
            Load.Ends alone = load.closed(1, Integer.MAX_VALUE, part);
            // As many at a time as there are lanes, and one that waits for each.
            double capacity = load.closed(4, Integer.MAX_VALUE, 2 * part).count(Code.OK) / (2 * part);
            double seconds = 5 * part;
            Load.Ends over = load.at(FACTOR * capacity, seconds);
            double normal = backToNormal(load, alone.good(0.99) * 3);

            trial.note("capacity", capacity, "calls/s");
            trial.note("offered", over.total() / seconds / capacity, "of it");
            trial.atLeast("goodput / capacity", over.count(Code.OK) / seconds / capacity, 0.9, "");
            trial.atMost("accepted p99 / p99 unloaded", over.good(0.99) / alone.good(0.99), 3, "");
            trial.atMost("refusals' p99", Load.quantile(over.refusedMillis(), 0.99), 5, "ms");
            trial.none("refusals without RetryInfo", over.bare());
            trial.none("other ends", over.total() - over.count(Code.OK) - over.count(Code.RESOURCE_EXHAUSTED));
            trial.atMost("normal again after", normal, 5, "s");
        } finally {
            if (channel != null) {
                channel.shutdownNow();
            }
        }
    }

    /** Seconds until a call takes no longer than it may. */
    private static double backToNormal(Load load, double millis) throws InterruptedException {
        long start = System.nanoTime();
        double seconds;
        do {
            double took = load.once().good(1);
            seconds = (System.nanoTime() - start) / 1e9;
            if (took <= millis) {
                break;
            }
        } while (seconds < 10);
        return seconds;
    }
}
