package dev.gradwire.service.telemetry;

import io.grpc.Context;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends each call with its id and, where that is wanted, the server's load in the trailers. */
final class CallInterceptor implements ServerInterceptor {
    private static final Logger LOG = LoggerFactory.getLogger("dev.gradwire.call");

    private final @Nullable Tracer tracer;
    private final @Nullable LoadReports loads;

    /**
     * @param tracer null where nothing is traced
     * @param loads null where calls end without a load report
     */
    CallInterceptor(@Nullable Tracer tracer, @Nullable LoadReports loads) {
        this.tracer = tracer;
        this.loads = loads;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        Call current = Call.of(Context.current());
        if (current != null && tracer != null) {
            Span span = Span.current();
            if (span.getSpanContext().isSampled()) {
                current.traced(tracer, span);
            }
        }
        return next.startCall(
                new SimpleForwardingServerCall<>(call) {
                    @Override
                    public void close(Status status, Metadata trailers) {
                        if (current != null) {
                            trailers.put(Call.ID, current.id());
                            if (!status.isOk() && LOG.isDebugEnabled()) {
                                LOG.debug("{} ended with {}", current.method(), status.getCode());
                            }
                        }
                        if (loads != null) {
                            loads.addTo(trailers);
                        }
                        super.close(status, trailers);
                    }
                },
                headers);
    }
}
