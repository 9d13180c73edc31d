package dev.gradwire.service.telemetry;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.DoubleExemplarData;
import io.opentelemetry.sdk.metrics.data.DoublePointData;
import io.opentelemetry.sdk.metrics.data.HistogramData;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.PointData;
import io.opentelemetry.sdk.metrics.export.CollectionRegistration;
import io.opentelemetry.sdk.metrics.export.MetricReader;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplar;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Reads OpenTelemetry's metrics in the form of Prometheus, whenever it is asked. */
final class PrometheusReader implements MetricReader {
    private volatile CollectionRegistration registration = CollectionRegistration.noop();

    MetricSnapshots read() {
        return new MetricSnapshots(registration.collectAllMetrics().stream()
                .filter(metric -> !metric.getData().getPoints().isEmpty())
                .map(PrometheusReader::snapshot)
                .toList());
    }

    private static MetricSnapshot snapshot(MetricData metric) {
        return switch (metric.getType()) {
            case LONG_GAUGE -> gauge(metric, metric.getLongGaugeData().getPoints());
            case DOUBLE_GAUGE -> gauge(metric, metric.getDoubleGaugeData().getPoints());
            case LONG_SUM ->
                sum(
                        metric,
                        metric.getLongSumData().isMonotonic(),
                        metric.getLongSumData().getPoints());
            case DOUBLE_SUM ->
                sum(
                        metric,
                        metric.getDoubleSumData().isMonotonic(),
                        metric.getDoubleSumData().getPoints());
            case HISTOGRAM -> histogram(metric, metric.getHistogramData());
            case SUMMARY, EXPONENTIAL_HISTOGRAM ->
                throw new IllegalStateException(metric.getName() + " is of a kind that no instrument here makes");
        };
    }

    private static MetricSnapshot sum(MetricData metric, boolean monotonic, Collection<? extends PointData> points) {
        if (!monotonic) {
            return gauge(metric, points);
        }
        CounterSnapshot.Builder counter = CounterSnapshot.builder();
        points.forEach(point -> counter.dataPoint(CounterDataPointSnapshot.builder()
                .labels(labels(point.getAttributes()))
                .value(value(point))
                .build()));
        return named(counter, metric, false).build();
    }

    private static MetricSnapshot gauge(MetricData metric, Collection<? extends PointData> points) {
        GaugeSnapshot.Builder gauge = GaugeSnapshot.builder();
        points.forEach(point -> gauge.dataPoint(GaugeDataPointSnapshot.builder()
                .labels(labels(point.getAttributes()))
                .value(value(point))
                .build()));
        return named(gauge, metric, true).build();
    }

    private static MetricSnapshot histogram(MetricData metric, HistogramData data) {
        HistogramSnapshot.Builder histogram = HistogramSnapshot.builder();
        for (HistogramPointData point : data.getPoints()) {
            histogram.dataPoint(HistogramDataPointSnapshot.builder()
                    .labels(labels(point.getAttributes()))
                    .sum(point.getSum())
                    .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds(point), point.getCounts()))
                    .exemplars(exemplars(point))
                    .build());
        }
        return named(histogram, metric, false).build();
    }

    private static List<Double> bounds(HistogramPointData point) {
        List<Double> bounds = new ArrayList<>(point.getBoundaries());
        bounds.add(Double.POSITIVE_INFINITY);
        return bounds;
    }

    private static Exemplars exemplars(HistogramPointData point) {
        return Exemplars.of(point.getExemplars().stream()
                .filter(exemplar -> exemplar.getSpanContext().isValid())
                .map(PrometheusReader::exemplar)
                .toList());
    }

    private static Exemplar exemplar(DoubleExemplarData data) {
        return Exemplar.builder()
                .value(data.getValue())
                .traceId(data.getSpanContext().getTraceId())
                .spanId(data.getSpanContext().getSpanId())
                .timestampMillis(data.getEpochNanos() / 1_000_000)
                .build();
    }

    private static <B extends MetricSnapshot.Builder<B>> B named(B builder, MetricData metric, boolean gauge) {
        return builder.name(PrometheusNames.base(metric.getName(), metric.getUnit(), gauge))
                .help(metric.getDescription());
    }

    private static double value(PointData point) {
        return switch (point) {
            case LongPointData number -> number.getValue();
            case DoublePointData number -> number.getValue();
            default -> throw new IllegalStateException("a sum or gauge has numbers");
        };
    }

    private static Labels labels(Attributes attributes) {
        Labels.Builder labels = Labels.builder();
        attributes.forEach((key, value) -> labels.label(PrometheusNames.label(key.getKey()), String.valueOf(value)));
        return labels.build();
    }

    @Override
    public void register(CollectionRegistration source) {
        registration = source;
    }

    @Override
    public AggregationTemporality getAggregationTemporality(InstrumentType instrument) {
        return AggregationTemporality.CUMULATIVE;
    }

    @Override
    public CompletableResultCode forceFlush() {
        return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
        return CompletableResultCode.ofSuccess();
    }
}
