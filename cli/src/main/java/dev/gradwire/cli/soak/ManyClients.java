package dev.gradwire.cli.soak;

import dev.gradwire.client.DType;
import dev.gradwire.client.ExhaustedException;
import dev.gradwire.client.Gradwire;
import dev.gradwire.client.GradwireException;
import dev.gradwire.client.Program;
import dev.gradwire.client.Session;
import dev.gradwire.client.Tensor;
import dev.gradwire.client.TensorData;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** L2: far more clients than there is memory for, each with a large tensor; those refused come back. */
final class ManyClients implements Row {
    private static final int CLIENTS = 200;
    private static final int TENSOR_BYTES = 64 << 20;
    private static final double BUDGET_MEBIBYTES = 1024;
    private static final double SLACK = 1.15;
    private static final double MEBIBYTE = 1 << 20;

    private final TensorData data = TensorData.of(new float[TENSOR_BYTES / Float.BYTES], TENSOR_BYTES / Float.BYTES);
    private final AtomicInteger served = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();

    @Override
    public String id() {
        return "L2";
    }

    @Override
    public String fault() {
        return "200 clients with 64 MiB each against a budget of 1 GiB";
    }

    @Override
    public int weight() {
        return 4;
    }

    @Override
    public void run(Trial trial) throws Exception {
        List<String> java = List.of("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch", "-XX:+ExitOnOutOfMemoryError");
        try (ServerProcess server = ServerProcess.start(java, "--max-peak-bytes=" + (1L << 30));
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            send(server.port());
            double before = server.residentBytes();
            double netty = server.nettyBytes();
            double nettyPeak = 0;
            served.set(0);
            trial.begin();
            List<Future<?>> futures = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                futures.add(clients.submit(() -> {
                    do {
                        send(server.port());
                    } while (trial.left() > 0);
                    return null;
                }));
            }
            while (trial.left() > 0) {
                nettyPeak = Math.max(nettyPeak, server.nettyBytes());
                Thread.sleep(200);
            }
            for (Future<?> future : futures) {
                future.get();
            }
            double grown = (server.peakBytes() - before) / MEBIBYTE;
            server.settle(5);

            trial.note("tensors served", served.get(), "");
            trial.note("refusals", refused.get(), "");
            trial.note("most in the buffers of connections", (nettyPeak - netty) / MEBIBYTE, "MiB");
            trial.atMost("physical memory beyond the idle server's", grown, BUDGET_MEBIBYTES * SLACK, "MiB");
            trial.none("out of memory", server.isAlive() ? 0 : 1);
            trial.none("other failures", failed.get());
            trial.none("leases left", server.leases());
        }
    }

    /** Once; refusals are counted. */
    private void send(int port) throws InterruptedException {
        try (Gradwire client = Gradwire.connect("127.0.0.1:" + port);
                Session session = client.session()) {
            Tensor x = client.input(DType.FLOAT32, data.numel());
            Program program = Program.builder().output("y", x.sum()).build();
            session.run(program, Map.of(x, data)).get("y");
            served.incrementAndGet();
        } catch (ExhaustedException e) {
            refused.incrementAndGet();
            Thread.sleep(100);
        } catch (GradwireException e) {
            failed.incrementAndGet();
        }
    }
}
