package dev.gradwire.service.telemetry;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The server's own metrics: the one list of their names, units and meanings, from which docs/metrics.md is made. Names and
 * units are OpenTelemetry's; {@link PrometheusNames} says how Prometheus spells them. What gRPC itself measures
 * (grpc.server.call.*) is not listed here.
 */
public enum Metric {
    RUN_DURATION(
            Kind.HISTOGRAM,
            "s",
            "phase",
            "Time of runs, by what it went into: queue (waiting for a lane), compile (checking and planning, once for an"
                    + " Open), compute (kernels), copy (tensor data between messages and devices)."),
    NETWORK_IO(Kind.COUNTER, "By", "direction", "Bytes of calls on the wire, headers aside: receive, transmit."),
    REFUSALS(
            Kind.COUNTER,
            "{refusal}",
            "reason",
            "Calls and runs that ended with an error, by the reason of docs/errors.md."),
    LIMIT_HITS(
            Kind.COUNTER,
            "{refusal}",
            "limit",
            "Calls and runs that ended with an error about a limit of docs/limits.md, by its name."),
    BUDGET_USED(Kind.GAUGE, "By", null, "Tensor memory that calls and sessions hold."),
    BUDGET_LIMIT(Kind.GAUGE, "By", null, "Tensor memory that they may hold together: max_peak_bytes."),
    BUDGET_LEASES(Kind.GAUGE, "{lease}", null, "Parts of the tensor memory that are held."),
    LANES_BUSY(Kind.GAUGE, "{lane}", null, "Lanes at work."),
    LANES_LIMIT(Kind.GAUGE, "{lane}", null, "Lanes there are."),
    QUEUE_LENGTH(Kind.GAUGE, "{run}", null, "Runs that wait for a lane."),
    QUEUE_LIMIT(
            Kind.GAUGE,
            "{run}",
            null,
            "Runs that may wait: max_queued_runs, or fewer where small calls would wait too long."),
    SESSIONS_OPEN(Kind.GAUGE, "{session}", null, "Sessions that are open."),
    PLAN_CACHE_LOOKUPS(
            Kind.COUNTER,
            "{lookup}",
            "result",
            "Programs that were to be run, by where their plan was: ready (found by the bytes of the message), hit (in the cache),"
                    + " miss (made). The self-test counts, once a second."),
    PLAN_CACHE_PLANS(Kind.GAUGE, "{plan}", null, "Plans in the cache."),
    FRAMES_RETAINED(Kind.GAUGE, "By", null, "Memory of finished runs, kept for the next run of the same plan."),
    TENSORS_LIVE(Kind.GAUGE, "{tensor}", null, "Tensors on all devices that a call or session holds."),
    LOOPS_COMPILED(Kind.COUNTER, "{loop}", null, "Loops made for hot groups (tier 1)."),
    SELF_TEST_PASSED(
            Kind.GAUGE, "{pass}", null, "1 while the last self-test through the engine gave what it should, else 0."),
    BUILD_INFO(Kind.GAUGE, "{build}", "version", "1, by the version of the server."),
    JVM_MEMORY_USED(
            "jvm.memory.used",
            Kind.GAUGE,
            "By",
            "jvm.memory.type",
            "Memory that Java uses: heap, non_heap (classes, code), direct (its buffers), netty (buffers of connections)."),
    JVM_MEMORY_LIMIT("jvm.memory.limit", Kind.GAUGE, "By", "jvm.memory.type", "Most that Java may use: heap."),
    JVM_GC_TIME("jvm.gc.time", Kind.COUNTER, "s", "jvm.gc.name", "Time that garbage collections took."),
    JVM_THREADS("jvm.thread.count", Kind.GAUGE, "{thread}", null, "Threads of the process that Java knows."),
    PROCESS_CPU_TIME("process.cpu.time", Kind.COUNTER, "s", null, "Processor time of the process."),
    PROCESS_MEMORY("process.memory.usage", Kind.GAUGE, "By", null, "Physical memory of the process (Linux)."),
    PROCESS_DESCRIPTORS(
            "process.unix.file_descriptor.count",
            Kind.GAUGE,
            "{file_descriptor}",
            null,
            "Descriptors that the process has open.");

    /** How a metric adds up. */
    public enum Kind {
        /** Only grows. */
        COUNTER,
        /** What there is now. */
        GAUGE,
        /** How values are distributed. */
        HISTOGRAM
    }

    private final String label;
    private final Kind kind;
    private final String unit;
    private final @Nullable String attribute;
    private final String description;

    Metric(Kind kind, String unit, @Nullable String attribute, String description) {
        this("", kind, unit, attribute, description);
    }

    /** @param label empty for gradwire.* with the constant's own name, whose last _ becomes a dot */
    Metric(String label, Kind kind, String unit, @Nullable String attribute, String description) {
        this.label = label.isEmpty()
                ? "gradwire." + name().toLowerCase(Locale.ROOT).replaceFirst("_(?=[^_]*$)", ".")
                : label;
        this.kind = kind;
        this.unit = unit;
        this.attribute = attribute;
        this.description = description;
    }

    /** OpenTelemetry's name: {@code gradwire.plan_cache.lookups}. */
    public String label() {
        return label;
    }

    public Kind kind() {
        return kind;
    }

    /** In UCUM: s, By; what is counted stands in braces. */
    public String unit() {
        return unit;
    }

    /** What the metric is split by; null for nothing. */
    public @Nullable String attribute() {
        return attribute;
    }

    public String description() {
        return description;
    }

    /** Prometheus's name, without the suffixes of a histogram's series: {@code gradwire_plan_cache_lookups_total}. */
    public String prometheusName() {
        return PrometheusNames.of(label, unit, kind == Kind.COUNTER, kind == Kind.GAUGE);
    }
}
