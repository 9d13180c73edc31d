package dev.gradwire.service;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What all calls share: tensor memory, floating point operations under way, nodes of programs. A lease is taken before
 * anything is allocated or computed and released in one place, by whoever took it; leases that live on without a call are
 * leaks. No known tenant may hold more than {@link Limit#MAX_TENANT_PERCENT} of any of them. Guarded by itself.
 */
final class Budget {
    private enum Shared {
        BYTES("bytes", Problem.MEMORY_EXHAUSTED, Limit.MAX_PEAK_BYTES),
        FLOPS("floating point operations", Problem.FLOPS_EXHAUSTED, Limit.MAX_SHARED_FLOPS),
        NODES("nodes", Problem.NODES_EXHAUSTED, Limit.MAX_SHARED_NODES);

        private final String unit;
        private final Problem problem;
        private final Limit limit;

        Shared(String unit, Problem problem, Limit limit) {
            this.unit = unit;
            this.problem = problem;
            this.limit = limit;
        }

        long of(Cost cost) {
            return switch (this) {
                case BYTES -> cost.bytes();
                case FLOPS -> cost.flops();
                case NODES -> cost.nodes();
            };
        }
    }

    private static final Cost NOTHING = new Cost(0, 0, 0);

    private final Limits limits;
    private final Cost total;
    private final Map<String, Cost> tenants = new HashMap<>();
    private Cost used = NOTHING;
    private long leases;

    Budget(Limits limits) {
        this.limits = limits;
        // What one call may have, it can get when there is no other.
        total = new Cost(
                limits.get(Limit.MAX_PEAK_BYTES),
                Math.max(limits.get(Limit.MAX_SHARED_FLOPS), limits.get(Limit.MAX_FLOPS)),
                Math.max(limits.get(Limit.MAX_SHARED_NODES), limits.get(Limit.MAX_GRAPH_NODES)));
    }

    /** @throws Refusal when as much is not free at the moment, or the tenant may not have as much */
    synchronized Lease take(String tenant, Cost cost) {
        for (Shared shared : Shared.values()) {
            long wanted = shared.of(cost);
            long free = shared.of(total) - shared.of(used);
            if (wanted > free) {
                throw busy(shared.problem, shared.limit, wanted, wanted, free);
            }
            if (wanted > 0 && !tenant.equals(Tenant.ANYBODY)) {
                requireShare(shared, wanted, shared.of(tenants.getOrDefault(tenant, NOTHING)));
            }
        }
        used = used.plus(cost);
        tenants.merge(tenant, cost, Cost::plus);
        leases++;
        return new Part(tenant, cost);
    }

    private void requireShare(Shared shared, long wanted, long held) {
        long percent = limits.get(Limit.MAX_TENANT_PERCENT);
        double all = shared.of(total);
        long share = (long) (all * percent / 100);
        if (wanted > share) {
            throw limits.exceeded(Limit.MAX_TENANT_PERCENT, (long) Math.ceil(wanted * 100 / all), "the call");
        }
        if (wanted > share - held) {
            throw busy(Problem.TENANT_EXHAUSTED, Limit.MAX_TENANT_PERCENT, wanted, wanted, shared.unit, share - held);
        }
    }

    private static Refusal busy(Problem problem, Limit limit, long wanted, Object... values) {
        return Errors.busy(problem, values).with("limit", limit.label()).with("value", Long.toString(wanted));
    }

    private synchronized void release(String tenant, Cost cost) {
        used = used.minus(cost);
        tenants.computeIfPresent(tenant, (_, held) -> {
            Cost left = held.minus(cost);
            return left.isZero() ? null : left;
        });
        leases--;
    }

    long totalBytes() {
        return total.bytes();
    }

    synchronized long freeBytes() {
        return total.bytes() - used.bytes();
    }

    /** What is held now. */
    synchronized Cost used() {
        return used;
    }

    /** Leases that are held now. */
    synchronized long leases() {
        return leases;
    }

    private final class Part implements Lease {
        private final String tenant;
        private final Cost cost;
        private final AtomicBoolean open = new AtomicBoolean(true);

        private Part(String tenant, Cost cost) {
            this.tenant = tenant;
            this.cost = cost;
        }

        @Override
        public long bytes() {
            return cost.bytes();
        }

        @Override
        public void close() {
            if (open.getAndSet(false)) {
                release(tenant, cost);
            }
        }
    }
}
