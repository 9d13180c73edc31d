package dev.gradwire.service.telemetry;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A call as logs and traces see it, from its headers to its end; found in the call's context on whatever thread works for
 * it. One small object a call: everything else is made when it is asked for.
 */
public final class Call extends ServerStreamTracer {
    /** Names a call, in requests where the client chooses the name, and in trailers always. */
    public static final Metadata.Key<String> ID = Metadata.Key.of("x-request-id", Metadata.ASCII_STRING_MARSHALLER);

    private static final Context.Key<Call> CURRENT = Context.key("call");

    /** What may be repeated in a log without harm. */
    private static final Pattern WELL_FORMED = Pattern.compile("[A-Za-z0-9._:/+=-]{1,128}");

    private static final String PROCESS =
            "%08x-".formatted(ThreadLocalRandom.current().nextInt());
    private static final AtomicLong NEXT = new AtomicLong();

    private final Metrics metrics;
    private final String method;
    private final @Nullable String given;
    private final long number = NEXT.getAndIncrement();

    private volatile @Nullable Trace trace;

    private record Trace(Tracer tracer, Span span) {}

    private Call(Metrics metrics, String method, @Nullable String given) {
        this.metrics = metrics;
        this.method = method;
        this.given = given;
    }

    /** Makes a call for each stream and puts it into its context. */
    static ServerStreamTracer.Factory factory(Metrics metrics) {
        return new ServerStreamTracer.Factory() {
            @Override
            public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
                String given = headers.get(ID);
                return new Call(
                        metrics,
                        fullMethodName,
                        given != null && WELL_FORMED.matcher(given).matches() ? given : null);
            }
        };
    }

    /** The call of a context; null outside of calls. */
    public static @Nullable Call of(Context context) {
        return CURRENT.get(context);
    }

    static @Nullable Call current() {
        return CURRENT.get();
    }

    /** The client's name for it if that was well-formed, else one that is unique. */
    public String id() {
        String id = given;
        return id != null ? id : PROCESS + Long.toHexString(number);
    }

    /** Full name of the method. */
    String method() {
        return method;
    }

    /** The call, or a run of it, ended with an error of this reason, and about this limit if it is about any. */
    public void refused(String reason, @Nullable String limit) {
        metrics.refused(reason, limit);
    }

    void traced(Tracer tracer, Span span) {
        trace = new Trace(tracer, span);
    }

    boolean isTraced() {
        return trace != null;
    }

    /** In hexadecimal; null for a call without one. */
    @Nullable
    String traceId() {
        Trace known = trace;
        return known == null ? null : known.span.getSpanContext().getTraceId();
    }

    io.opentelemetry.context.Context traceContext() {
        Trace known = trace;
        io.opentelemetry.context.Context root = io.opentelemetry.context.Context.root();
        return known == null ? root : root.with(known.span);
    }

    /** A part of the call, over by now. */
    void span(Phase phase, long nanos) {
        Trace known = trace;
        if (known != null) {
            Instant now = Instant.now();
            known.tracer
                    .spanBuilder(phase.label())
                    .setParent(traceContext())
                    .setStartTimestamp(now.minusNanos(nanos))
                    .startSpan()
                    .end(now);
        }
    }

    @Override
    public Context filterContext(Context context) {
        return context.withValue(CURRENT, this);
    }

    @Override
    public void inboundWireSize(long bytes) {
        metrics.received(bytes);
    }

    @Override
    public void outboundWireSize(long bytes) {
        metrics.sent(bytes);
    }
}
