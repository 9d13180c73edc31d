package dev.gradwire.service;

import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Ends a call properly when its bytes are no message, or when a handler throws. gRPC alone would answer UNKNOWN, as
 * messages are parsed before a handler sees them; so parsing is moved behind this.
 */
final class Guard {
    /** The transport closes each message once its handler has returned. */
    private static final MethodDescriptor.Marshaller<InputStream> UNREAD = Methods.reading(stream -> stream);

    private final Limits limits;

    private Guard(Limits limits) {
        this.limits = limits;
    }

    static ServerServiceDefinition of(BindableService service, Limits limits) {
        Guard guard = new Guard(limits);
        ServerServiceDefinition bound = service.bindService();
        List<ServerMethodDefinition<?, ?>> methods = new ArrayList<>();
        for (ServerMethodDefinition<?, ?> method : bound.getMethods()) {
            methods.add(guard.guarded(method));
        }
        ServiceDescriptor.Builder descriptor = ServiceDescriptor.newBuilder(
                        bound.getServiceDescriptor().getName())
                .setSchemaDescriptor(bound.getServiceDescriptor().getSchemaDescriptor());
        methods.forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
        ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(descriptor.build());
        methods.forEach(definition::addMethod);
        return definition.build();
    }

    private <Q, A> ServerMethodDefinition<InputStream, A> guarded(ServerMethodDefinition<Q, A> method) {
        MethodDescriptor<Q, A> typed = method.getMethodDescriptor();
        ServerCallHandler<Q, A> handler = method.getServerCallHandler();
        return ServerMethodDefinition.create(
                typed.toBuilder(UNREAD, typed.getResponseMarshaller()).build(),
                (call, headers) -> new GuardedListener<>(
                        handler.startCall(new TypedCall<>(call, typed), headers), typed, call, limits));
    }

    private static final class GuardedListener<Q> extends ServerCall.Listener<InputStream> {
        private final ServerCall.Listener<Q> next;
        private final MethodDescriptor<Q, ?> method;
        private final ServerCall<?, ?> call;
        private final Limits limits;
        private boolean failed;

        private GuardedListener(
                ServerCall.Listener<Q> next, MethodDescriptor<Q, ?> method, ServerCall<?, ?> call, Limits limits) {
            this.next = next;
            this.method = method;
            this.call = call;
            this.limits = limits;
        }

        @Override
        public void onMessage(InputStream message) {
            run(() -> next.onMessage(method.parseRequest(message)));
        }

        @Override
        public void onHalfClose() {
            run(next::onHalfClose);
        }

        @Override
        public void onCancel() {
            next.onCancel();
        }

        @Override
        public void onComplete() {
            next.onComplete();
        }

        @Override
        public void onReady() {
            next.onReady();
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
            if (failure.getCause() instanceof Refusal known) {
                return known;
            }
            if (failure instanceof StatusRuntimeException e
                    && e.getStatus().getCode() == Status.Code.RESOURCE_EXHAUSTED) {
                long most = limits.get(Limit.MAX_MESSAGE_BYTES);
                return new Refusal(Problem.MESSAGE_TOO_LARGE, Limit.MAX_MESSAGE_BYTES.label(), most)
                        .with("limit", Limit.MAX_MESSAGE_BYTES.label());
            }
            // What cannot be unpacked, and what is no message once it is.
            return failure.getCause() instanceof IOException
                    ? new Refusal(Problem.MALFORMED_MESSAGE, String.valueOf(method.getBareMethodName()))
                    : failure;
        }
    }
}
