package dev.gradwire.runtime;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A few platform threads on which graphs are compiled and run, with a queue of bounded length before them. */
public final class Lanes implements AutoCloseable {
    private final ThreadPoolExecutor threads;
    private final int queueLength;

    public Lanes(int count, int queueLength) {
        this.queueLength = queueLength;
        AtomicInteger number = new AtomicInteger();
        threads = new ThreadPoolExecutor(
                count,
                count,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(queueLength),
                work -> Thread.ofPlatform()
                        .name("lane-" + number.getAndIncrement())
                        .daemon()
                        .unstarted(work));
    }

    /** @return false when too much is waiting, or the lanes are closed */
    public boolean offer(Runnable work) {
        try {
            threads.execute(work);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** How many there are. */
    public int count() {
        return threads.getMaximumPoolSize();
    }

    /** How many are at work now, about. */
    public int busy() {
        return threads.getActiveCount();
    }

    /** How many runs wait now. */
    public int queued() {
        return threads.getQueue().size();
    }

    /** How many runs may wait. */
    public int queueLength() {
        return queueLength;
    }

    /** Lets what was taken finish. */
    @Override
    public void close() {
        threads.close();
    }
}
