package dev.gradwire.runtime;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A few platform threads on which graphs are compiled and run. */
public final class Lanes implements AutoCloseable {
    private final int count;
    private final ExecutorService threads;

    public Lanes(int count) {
        this.count = count;
        threads = Executors.newFixedThreadPool(
                count, Thread.ofPlatform().daemon().name("lane-", 0).factory());
    }

    /**
     * Works on a lane as soon as one is free; whoever calls sees to it that not too much waits.
     *
     * @throws java.util.concurrent.RejectedExecutionException when the lanes are closed
     */
    public void execute(Runnable work) {
        threads.execute(work);
    }

    /** How many there are. */
    public int count() {
        return count;
    }

    /** Lets what was taken finish. */
    @Override
    public void close() {
        threads.close();
    }
}
