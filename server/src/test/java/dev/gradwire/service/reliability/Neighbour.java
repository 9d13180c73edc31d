package dev.gradwire.service.reliability;

import dev.gradwire.service.Wire;
import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.RunRequest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A client that minds its own business, on a connection of its own, while another one misbehaves. */
final class Neighbour implements AutoCloseable {
    private static final int PAUSE_MILLIS = 4;

    private final ManagedChannel channel;
    private final RunRequest request = RunRequest.newBuilder()
            .setProgram(Wire.program(Wire.squares(3)))
            .addInputs(Wire.named("x", Wire.vector(1, 2, 3)))
            .setBackward(Backward.getDefaultInstance())
            .build();
    private final List<Long> nanos = Collections.synchronizedList(new ArrayList<>());
    private final List<StatusRuntimeException> failures = Collections.synchronizedList(new ArrayList<>());
    private volatile boolean on = true;
    private final Thread thread = new Thread(this::calls, "neighbour");

    Neighbour(int port) {
        channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        call();
        nanos.clear();
        thread.start();
    }

    private void call() {
        long start = System.nanoTime();
        try {
            var _ = AutogradServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(20, TimeUnit.SECONDS)
                    .run(request);
        } catch (StatusRuntimeException e) {
            failures.add(e);
        }
        nanos.add(System.nanoTime() - start);
    }

    private void calls() {
        while (on) {
            call();
            Pause.millis(PAUSE_MILLIS);
        }
    }

    /** The 99th percentile of the calls since the last time it was asked for, in milliseconds. */
    double p99Millis() {
        List<Long> sorted;
        synchronized (nanos) {
            sorted = new ArrayList<>(nanos);
            nanos.clear();
        }
        Collections.sort(sorted);
        return sorted.isEmpty() ? 0 : sorted.get((sorted.size() - 1) * 99 / 100) / 1e6;
    }

    List<StatusRuntimeException> failures() {
        return failures;
    }

    @Override
    public void close() {
        on = false;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(30));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        channel.shutdownNow();
    }
}
