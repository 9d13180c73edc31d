package dev.gradwire.service.telemetry;

import io.grpc.Context;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableDoubleMeasurement;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes the numbers of the {@link Metric}s. Times of runs and bytes are recorded as they come, at the cost of some
 * 100 ns; everything else is asked for when somebody looks. Safe for use by many threads.
 */
public final class Metrics {
    /** Forgets everything. */
    public static final Metrics NONE = new Metrics(null);

    private static final double SECONDS = 1e-9;

    /** A third of a decade each, from 10 µs to 30 s. */
    private static final List<Double> SECONDS_BUCKETS =
            List.of(1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0);

    private final @Nullable Meter meter;
    private final @Nullable DoubleHistogram runDuration;
    private final Map<Phase, Attributes> phases = new EnumMap<>(Phase.class);
    private final Map<Metric, LongCounter> counters = new EnumMap<>(Metric.class);
    private final LongAdder receivedBytes = new LongAdder();
    private final LongAdder sentBytes = new LongAdder();
    private final LongAdder ready = new LongAdder();

    /** @param meter null for nobody to tell */
    Metrics(@Nullable Meter meter) {
        this.meter = meter;
        if (meter == null) {
            runDuration = null;
            return;
        }
        runDuration = histogram(meter, Metric.RUN_DURATION);
        for (Phase phase : Phase.values()) {
            phases.put(phase, attributes(Metric.RUN_DURATION, phase.label()));
        }
        counters.put(Metric.REFUSALS, counter(meter, Metric.REFUSALS));
        counters.put(Metric.LIMIT_HITS, counter(meter, Metric.LIMIT_HITS));
        observe(Metric.NETWORK_IO, "receive", receivedBytes::sum);
        observe(Metric.NETWORK_IO, "transmit", sentBytes::sum);
        observe(Metric.PLAN_CACHE_LOOKUPS, "ready", ready::sum);
    }

    private static DoubleHistogram histogram(Meter meter, Metric metric) {
        return meter.histogramBuilder(metric.label())
                .setUnit(metric.unit())
                .setDescription(metric.description())
                .setExplicitBucketBoundariesAdvice(SECONDS_BUCKETS)
                .build();
    }

    private static LongCounter counter(Meter meter, Metric metric) {
        return meter.counterBuilder(metric.label())
                .setUnit(metric.unit())
                .setDescription(metric.description())
                .build();
    }

    private static Attributes attributes(Metric metric, @Nullable String value) {
        String key = metric.attribute();
        return key == null || value == null ? Attributes.empty() : Attributes.of(AttributeKey.stringKey(key), value);
    }

    /** A phase of a run is over: for the histogram and, where the call is traced, as a span. */
    public void phase(Phase phase, long nanos, Context context) {
        if (runDuration == null) {
            return;
        }
        Call call = Call.of(context);
        Attributes attributes = phases.getOrDefault(phase, Attributes.empty());
        if (call == null || !call.isTraced()) {
            runDuration.record(nanos * SECONDS, attributes);
        } else {
            runDuration.record(nanos * SECONDS, attributes, call.traceContext());
            call.span(phase, nanos);
        }
    }

    /** A call or a run ended with an error of this reason, and about this limit if it is about any. */
    public void refused(String reason, @Nullable String limit) {
        count(Metric.REFUSALS, reason);
        if (limit != null) {
            count(Metric.LIMIT_HITS, limit);
        }
    }

    private void count(Metric metric, String attribute) {
        LongCounter counter = counters.get(metric);
        if (counter != null) {
            counter.add(1, attributes(metric, attribute));
        }
    }

    /** A program was found by the bytes of its message. */
    public void foundReady() {
        ready.increment();
    }

    void received(long bytes) {
        receivedBytes.add(bytes);
    }

    void sent(long bytes) {
        sentBytes.add(bytes);
    }

    /** Whole numbers that are read when somebody looks. */
    public void observe(Metric metric, LongSupplier value) {
        observe(metric, null, value);
    }

    /** @param label value of the metric's attribute */
    public void observe(Metric metric, @Nullable String label, LongSupplier value) {
        observeDouble(metric, label, value::getAsLong);
    }

    /** @param label value of the metric's attribute */
    void observeDouble(Metric metric, @Nullable String label, DoubleSupplier value) {
        if (meter == null) {
            return;
        }
        Attributes attributes = attributes(metric, label);
        Consumer<ObservableDoubleMeasurement> read = measurement -> measurement.record(value.getAsDouble(), attributes);
        switch (metric.kind()) {
            case GAUGE ->
                meter.gaugeBuilder(metric.label())
                        .setUnit(metric.unit())
                        .setDescription(metric.description())
                        .buildWithCallback(read);
            case COUNTER ->
                meter.counterBuilder(metric.label())
                        .ofDoubles()
                        .setUnit(metric.unit())
                        .setDescription(metric.description())
                        .buildWithCallback(read);
            case HISTOGRAM -> throw new IllegalArgumentException(metric + " is recorded, not observed");
        }
    }
}
