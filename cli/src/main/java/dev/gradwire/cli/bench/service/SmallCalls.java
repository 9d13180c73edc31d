package dev.gradwire.cli.bench.service;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A caller of one server on one connection, with the same message again and again. */
final class SmallCalls implements AutoCloseable {
    private final ManagedChannel channel;
    private final byte[] request;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    SmallCalls(int port, byte[] request) {
        this.request = request;
        channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
                .usePlaintext()
                .directExecutor()
                .build();
    }

    byte[] once() {
        return ClientCalls.blockingUnaryCall(channel, Bytes.METHOD, CallOptions.DEFAULT, request);
    }

    /** Answers a second, with so many calls open all the time. */
    double rate(int open, double seconds) throws InterruptedException {
        AtomicLong answers = new AtomicLong();
        CountDownLatch over = new CountDownLatch(open);
        long start = System.nanoTime();
        long end = start + (long) (seconds * 1e9);
        for (int i = 0; i < open; i++) {
            again(answers, end, over);
        }
        await(over);
        return answers.get() * 1e9 / (System.nanoTime() - start);
    }

    private void again(AtomicLong answers, long end, CountDownLatch over) {
        call(() -> {
            answers.incrementAndGet();
            if (System.nanoTime() < end) {
                again(answers, end, over);
            } else {
                over.countDown();
            }
        });
    }

    /**
     * Times in milliseconds, sorted, of calls at a steady rate; each from when it should have begun, so that a stall
     * counts for all calls that it delays.
     */
    double[] latencies(double rate, double seconds) throws InterruptedException {
        int count = (int) (rate * seconds);
        double[] millis = new double[count];
        CountDownLatch over = new CountDownLatch(count);
        long start = System.nanoTime() + 1_000_000;
        for (int i = 0; i < count; i++) {
            long due = start + (long) (i * 1e9 / rate);
            for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            int at = i;
            // The pacer wakes late by what the system's timer takes, which is not the server's.
            long begun = System.nanoTime() - due < 200_000 ? System.nanoTime() : due;
            call(() -> {
                millis[at] = (System.nanoTime() - begun) / 1e6;
                over.countDown();
            });
        }
        await(over);
        Arrays.sort(millis);
        return millis;
    }

    private void await(CountDownLatch over) throws InterruptedException {
        while (!over.await(100, TimeUnit.MILLISECONDS)) {
            Throwable failed = failure.get();
            if (failed != null) {
                throw new IllegalStateException("a call failed", failed);
            }
        }
    }

    private void call(Runnable done) {
        ClientCalls.asyncUnaryCall(channel.newCall(Bytes.METHOD, CallOptions.DEFAULT), request, new StreamObserver<>() {
            @Override
            public void onNext(byte[] answer) {}

            @Override
            public void onError(Throwable cause) {
                failure.set(cause);
            }

            @Override
            public void onCompleted() {
                done.run();
            }
        });
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
