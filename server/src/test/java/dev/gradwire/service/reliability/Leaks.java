package dev.gradwire.service.reliability;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Has Netty watch every buffer, and takes its reports of those that nobody released. */
final class Leaks extends Handler implements AutoCloseable {
    private static final Logger LOGGER = Logger.getLogger(ResourceLeakDetector.class.getName());

    private final ResourceLeakDetector.Level before = ResourceLeakDetector.getLevel();
    private final Queue<String> reports = new ConcurrentLinkedQueue<>();

    Leaks() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        LOGGER.addHandler(this);
    }

    /** What was reported up to now. */
    List<String> reports() throws InterruptedException {
        // Reports come with the allocations after a collection.
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(50);
            for (int j = 0; j < 200; j++) {
                ByteBufAllocator.DEFAULT.directBuffer(64).release();
            }
        }
        return List.copyOf(reports);
    }

    @Override
    public void publish(LogRecord record) {
        if (record.getMessage().contains("LEAK")) {
            reports.add(record.getMessage());
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        LOGGER.removeHandler(this);
        ResourceLeakDetector.setLevel(before);
    }
}
