package dev.gradwire.service;

import dev.gradwire.engine.Engine;
import dev.gradwire.runtime.Lanes;
import dev.gradwire.service.telemetry.Metric;
import dev.gradwire.service.telemetry.Metrics;
import dev.gradwire.service.telemetry.Telemetry;
import java.util.function.BooleanSupplier;

/** Shows telemetry where a server's numbers are; they are read when somebody looks. */
final class Gauges {
    private Gauges() {}

    static void observe(Telemetry telemetry, Resources resources, Sessions sessions, BooleanSupplier ready) {
        Metrics metrics = telemetry.metrics();
        Budget budget = resources.budget();
        metrics.observe(Metric.BUDGET_USED, () -> budget.totalBytes() - budget.freeBytes());
        metrics.observe(Metric.BUDGET_LIMIT, budget::totalBytes);
        metrics.observe(Metric.BUDGET_LEASES, budget::leases);
        Lanes lanes = resources.lanes();
        Admission admission = resources.admission();
        metrics.observe(Metric.LANES_BUSY, admission::working);
        metrics.observe(Metric.LANES_LIMIT, lanes::count);
        metrics.observe(Metric.QUEUE_LENGTH, admission::waiting);
        metrics.observe(Metric.QUEUE_LIMIT, () -> admission.limit() - lanes.count());
        metrics.observe(Metric.SESSIONS_OPEN, sessions::count);
        metrics.observe(Metric.SELF_TEST_PASSED, () -> ready.getAsBoolean() ? 1 : 0);
        Engine engine = resources.engine();
        metrics.observe(
                Metric.PLAN_CACHE_LOOKUPS, "hit", () -> engine.statistics().planHits());
        metrics.observe(
                Metric.PLAN_CACHE_LOOKUPS, "miss", () -> engine.statistics().planMisses());
        metrics.observe(Metric.PLAN_CACHE_PLANS, () -> engine.statistics().cachedPlans());
        metrics.observe(Metric.FRAMES_RETAINED, () -> engine.statistics().retainedBytes());
        metrics.observe(Metric.LOOPS_COMPILED, () -> engine.statistics().loops());
        metrics.observe(Metric.TENSORS_LIVE, engine::liveTensors);
        telemetry
                .loads()
                .observe(
                        () -> (admission.working() + admission.waiting()) / (double) lanes.count(),
                        () -> 1 - budget.freeBytes() / (double) budget.totalBytes());
    }
}
