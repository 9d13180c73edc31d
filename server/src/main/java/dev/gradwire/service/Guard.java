package dev.gradwire.service;

import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;

/**
 * Ends a call properly when its bytes are no message, or when a handler throws. gRPC alone would answer UNKNOWN, as
 * messages are parsed before a handler sees them; so parsing is moved behind this.
 */
final class Guard implements ServerInterceptor {
    private final Limits limits;

    private Guard(Limits limits) {
        this.limits = limits;
    }

    static ServerServiceDefinition of(BindableService service, Limits limits) {
        return ServerInterceptors.intercept(
                ServerInterceptors.useInputStreamMessages(service.bindService()), new Guard(limits));
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        return new GuardedListener<>(next.startCall(call, headers), call, limits);
    }

    private static final class GuardedListener<Q> extends SimpleForwardingServerCallListener<Q> {
        private final ServerCall<?, ?> call;
        private final Limits limits;
        private boolean failed;

        private GuardedListener(ServerCall.Listener<Q> next, ServerCall<?, ?> call, Limits limits) {
            super(next);
            this.call = call;
            this.limits = limits;
        }

        @Override
        public void onMessage(Q message) {
            run(() -> super.onMessage(message));
        }

        @Override
        public void onHalfClose() {
            run(super::onHalfClose);
        }

        private void run(Runnable event) {
            if (failed) {
                return;
            }
            try {
                event.run();
            } catch (Throwable failure) {
                failed = true;
                StatusRuntimeException end = Errors.toException(refusal(failure), Context.current());
                Metadata trailers = end.getTrailers();
                call.close(end.getStatus(), trailers == null ? new Metadata() : trailers);
            }
        }

        private Throwable refusal(Throwable failure) {
            if (failure instanceof StatusRuntimeException e
                    && e.getStatus().getCode() == Status.Code.RESOURCE_EXHAUSTED) {
                long most = limits.get(Limit.MAX_MESSAGE_BYTES);
                return new Refusal(Problem.MESSAGE_TOO_LARGE, Limit.MAX_MESSAGE_BYTES.label(), most)
                        .with("limit", Limit.MAX_MESSAGE_BYTES.label());
            }
            // What cannot be unpacked, and what is no message once it is.
            return failure.getCause() instanceof IOException
                    ? new Refusal(
                            Problem.MALFORMED_MESSAGE,
                            String.valueOf(call.getMethodDescriptor().getBareMethodName()))
                    : failure;
        }
    }
}
