package dev.gradwire.service;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** What one session may keep of the server's budget. */
final class SessionBudget {
    /** What a tensor costs beside its elements, so that a great many small ones are counted too. */
    private static final long OVERHEAD_BYTES = 1024;

    private final Budget budget;
    private final String tenant;
    private final Limits limits;
    private final AtomicLong keptBytes = new AtomicLong();

    SessionBudget(Budget budget, String tenant, Limits limits) {
        this.budget = budget;
        this.tenant = tenant;
        this.limits = limits;
    }

    /**
     * A lease for a tensor that stays.
     *
     * @throws Refusal when it is more than the session may keep, or than is free at the moment
     */
    Lease keep(long tensorBytes) {
        long bytes = tensorBytes + OVERHEAD_BYTES;
        long kept = keptBytes.addAndGet(bytes);
        try {
            limits.check(Limit.MAX_SESSION_BYTES, kept, "the session");
            return new Kept(budget.take(tenant, Cost.ofBytes(bytes)));
        } catch (Refusal e) {
            keptBytes.addAndGet(-bytes);
            throw e;
        }
    }

    /** A lease that does not count as kept: for a run, its program, or what is on its way to the client. */
    Lease borrow(Cost cost) {
        return budget.take(tenant, cost);
    }

    private final class Kept implements Lease {
        private final Lease part;
        private final AtomicBoolean open = new AtomicBoolean(true);

        private Kept(Lease part) {
            this.part = part;
        }

        @Override
        public long bytes() {
            return part.bytes();
        }

        @Override
        public void close() {
            if (open.getAndSet(false)) {
                keptBytes.addAndGet(-part.bytes());
                part.close();
            }
        }
    }
}
