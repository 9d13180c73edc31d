package dev.gradwire.service;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The tensor memory that all calls share. A lease is taken before anything is allocated and released in one place, by
 * whoever took it; leases that live on without a call are leaks.
 */
final class Budget {
    private final long totalBytes;
    private final AtomicLong usedBytes = new AtomicLong();
    private final AtomicLong leases = new AtomicLong();

    Budget(long totalBytes) {
        this.totalBytes = totalBytes;
    }

    /** @throws Refusal when as much is not free at the moment */
    Lease take(long bytes) {
        long used = usedBytes.get();
        while (true) {
            long free = totalBytes - used;
            if (bytes > free) {
                throw Errors.busy(Problem.MEMORY_EXHAUSTED, bytes, free)
                        .with("limit", Limit.MAX_PEAK_BYTES.label())
                        .with("value", Long.toString(bytes));
            }
            long witness = usedBytes.compareAndExchange(used, used + bytes);
            if (witness == used) {
                leases.incrementAndGet();
                return new Part(bytes);
            }
            used = witness;
        }
    }

    long totalBytes() {
        return totalBytes;
    }

    long freeBytes() {
        return totalBytes - usedBytes.get();
    }

    /** Leases that are held now. */
    long leases() {
        return leases.get();
    }

    private final class Part implements Lease {
        private final long bytes;
        private final AtomicBoolean open = new AtomicBoolean(true);

        private Part(long bytes) {
            this.bytes = bytes;
        }

        @Override
        public long bytes() {
            return bytes;
        }

        @Override
        public void close() {
            if (open.getAndSet(false)) {
                usedBytes.addAndGet(-bytes);
                leases.decrementAndGet();
            }
        }
    }
}
