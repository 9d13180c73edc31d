package dev.gradwire.service;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.StatusRuntimeException;

/**
 * Ends a call properly when its bytes are no message, or when a handler throws. gRPC alone would answer UNKNOWN, as
 * messages are parsed before a handler sees them; so parsing is moved behind this.
 */
final class Guard implements ServerInterceptor {
    private Guard() {}

    static ServerServiceDefinition of(BindableService service) {
        return ServerInterceptors.intercept(
                ServerInterceptors.useInputStreamMessages(service.bindService()), new Guard());
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        return new GuardedListener<>(next.startCall(call, headers), call);
    }

    private static final class GuardedListener<Q> extends SimpleForwardingServerCallListener<Q> {
        private final ServerCall<?, ?> call;
        private boolean failed;

        private GuardedListener(ServerCall.Listener<Q> next, ServerCall<?, ?> call) {
            super(next);
            this.call = call;
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
            return failure.getCause() instanceof InvalidProtocolBufferException
                    ? new Refusal(
                            Problem.MALFORMED_MESSAGE,
                            String.valueOf(call.getMethodDescriptor().getBareMethodName()))
                    : failure;
        }
    }
}
