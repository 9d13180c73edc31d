package dev.gradwire.runtime;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Threads that help runs with the parts of large steps. Whoever has work does it itself too, so a step never waits for a
 * thread that is busy elsewhere, and there are never more threads at work than lanes and workers.
 */
public final class Workers implements AutoCloseable {
    private final int count;
    private final LinkedTransferQueue<Share> waiting = new LinkedTransferQueue<>();
    private final Thread[] threads;

    /** One step's parts, each taken by whoever comes first. */
    private static final class Share implements Runnable {
        private final int parts;
        private final IntConsumer part;
        private final AtomicInteger next = new AtomicInteger();
        private final CountDownLatch open;
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

        Share(int parts, IntConsumer part) {
            this.parts = parts;
            this.part = part;
            this.open = new CountDownLatch(parts);
        }

        @Override
        public void run() {
            for (int i = next.getAndIncrement(); i < parts; i = next.getAndIncrement()) {
                try {
                    if (failure.get() == null) {
                        part.accept(i);
                    }
                } catch (RuntimeException | Error e) {
                    failure.compareAndSet(null, e);
                } finally {
                    open.countDown();
                }
            }
        }

        /** Waits for parts that others have begun: they write where the caller will read. */
        void await() {
            boolean interrupted = false;
            while (true) {
                try {
                    open.await();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            switch (failure.get()) {
                case null -> {}
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case Throwable e -> throw new IllegalStateException(e);
            }
        }
    }

    /** @param threads how many threads a step may use, its run's own among them */
    public Workers(int threads) {
        this.count = threads - 1;
        this.threads = new Thread[count];
        for (int i = 0; i < count; i++) {
            this.threads[i] = Thread.ofPlatform().name("worker-" + i).daemon().start(this::work);
        }
    }

    /** Runs all parts and returns when they have ended; throws what the first part that failed threw. */
    void run(int parts, IntConsumer part) {
        if (count == 0 || parts == 1) {
            for (int i = 0; i < parts; i++) {
                part.accept(i);
            }
            return;
        }
        Share share = new Share(parts, part);
        for (int i = 0; i < Math.min(count, parts - 1); i++) {
            waiting.add(share);
        }
        share.run();
        share.await();
    }

    private void work() {
        try {
            while (true) {
                waiting.take().run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        for (Thread thread : threads) {
            thread.interrupt();
        }
    }
}
