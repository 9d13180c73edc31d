package dev.gradwire.service.telemetry;

import io.grpc.ServerBuilder;
import io.grpc.opentelemetry.GrpcOpenTelemetry;
import io.grpc.opentelemetry.InternalGrpcOpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.OpenTelemetrySdkBuilder;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.SdkMeterProviderBuilder;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.IOException;
import java.net.URI;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The telemetry of one server. Where nobody asks for metrics or traces nothing of OpenTelemetry is loaded, and a call
 * costs one object more than without.
 */
public final class Telemetry implements AutoCloseable {
    private static final String SCOPE = "dev.gradwire";

    private final TelemetrySettings settings;
    private final Metrics metrics;
    private final @Nullable PrometheusReader reader;
    private final @Nullable OpenTelemetrySdk sdk;
    private final LoadReports loads = new LoadReports();
    private final LoadReportService loadReports = new LoadReportService(loads);
    private @Nullable AdminServer admin;
    private @Nullable ChannelzServer channelz;

    private Telemetry(TelemetrySettings settings, String version) {
        this.settings = settings;
        reader = settings.adminPort() == 0 ? null : new PrometheusReader();
        sdk = settings.metrics() ? sdk(settings, version, reader) : null;
        metrics = sdk == null ? Metrics.NONE : new Metrics(sdk.getMeter(SCOPE));
        if (sdk != null) {
            metrics.observe(Metric.BUILD_INFO, version, () -> 1);
            ProcessMetrics.observe(metrics);
        }
    }

    /** @param version of the server */
    public static Telemetry open(TelemetrySettings settings, String version) {
        return new Telemetry(settings, version);
    }

    private static OpenTelemetrySdk sdk(TelemetrySettings settings, String version, @Nullable PrometheusReader reader) {
        Resource resource = Resource.getDefault()
                .merge(Resource.create(Attributes.of(
                        AttributeKey.stringKey("service.name"),
                        "gradwire",
                        AttributeKey.stringKey("service.version"),
                        version,
                        AttributeKey.stringKey("service.instance.id"),
                        UUID.randomUUID().toString())));
        SdkMeterProviderBuilder meters = SdkMeterProvider.builder().setResource(resource);
        if (reader != null) {
            meters.registerMetricReader(reader);
        }
        OpenTelemetrySdkBuilder builder = OpenTelemetrySdk.builder();
        URI collector = settings.otlpEndpoint();
        if (collector != null) {
            meters.registerMetricReader(PeriodicMetricReader.builder(OtlpHttpMetricExporter.builder()
                            .setEndpoint(path(collector, "/v1/metrics"))
                            .build())
                    .setInterval(settings.otlpInterval())
                    .build());
            if (settings.traces()) {
                builder.setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                        .setTracerProvider(SdkTracerProvider.builder()
                                .setResource(resource)
                                .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(settings.traceRatio())))
                                .addSpanProcessor(BatchSpanProcessor.builder(OtlpHttpSpanExporter.builder()
                                                .setEndpoint(path(collector, "/v1/traces"))
                                                .build())
                                        .build())
                                .build());
            }
        }
        return builder.setMeterProvider(meters.build()).build();
    }

    private static String path(URI collector, String path) {
        String base = collector.toString();
        return (base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path;
    }

    /** Takes the server's own numbers. */
    public Metrics metrics() {
        return metrics;
    }

    /** What load balancers are told; filled by whoever knows. */
    public LoadReports loads() {
        return loads;
    }

    /**
     * Has a server measured. To be called after all other interceptors were added, as what is added last runs first: calls
     * that are refused count too.
     */
    public void configure(ServerBuilder<?> server) {
        Tracer tracer = sdk != null && settings.traces() ? sdk.getTracer(SCOPE) : null;
        server.addStreamTracerFactory(Call.factory(metrics));
        server.intercept(new CallInterceptor(tracer, settings.loadReports() ? loads : null));
        server.addService(loadReports.definition());
        if (sdk != null) {
            GrpcOpenTelemetry.Builder grpc = GrpcOpenTelemetry.newBuilder().sdk(sdk);
            InternalGrpcOpenTelemetry.enableTracing(grpc, tracer != null);
            grpc.build().configureServerBuilder(server);
        }
    }

    /**
     * Opens the ports that the settings name.
     *
     * @param ready whether the server takes calls
     * @throws IOException when a port cannot be had
     */
    public void listen(BooleanSupplier ready) throws IOException {
        if (reader != null) {
            admin = AdminServer.start(settings.adminHost(), settings.adminPort(), reader, ready);
        }
        if (settings.channelzPort() != 0) {
            channelz = ChannelzServer.start(settings.channelzPort());
        }
    }

    /** Ends what would go on for ever: to be called when the server takes no more calls. */
    public void drain() {
        loadReports.close();
    }

    /** Sends what was not sent yet. */
    @Override
    public void close() {
        if (admin != null) {
            admin.close();
        }
        if (channelz != null) {
            channelz.close();
        }
        drain();
        if (sdk != null) {
            sdk.close();
        }
    }
}
