package dev.gradwire.service;

import dev.gradwire.service.telemetry.Phase;
import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.GetServerInfoRequest;
import dev.gradwire.v1.GetServerInfoResponse;
import dev.gradwire.v1.PlanRequest;
import dev.gradwire.v1.PlanResponse;
import dev.gradwire.v1.SessionRequest;
import dev.gradwire.wire.Received;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.function.LongFunction;
import java.util.function.ToIntFunction;

/** The four methods. Handlers only hand work to the lanes and return. */
final class AutogradService implements BindableService {
    private static final MethodDescriptor<RunCall, RunAnswer> RUN = Methods.method(
            AutogradServiceGrpc.getRunMethod(), Methods.reading(RunCall::parse), Methods.writing(RunAnswer::stream));

    private static final MethodDescriptor<Received<SessionRequest>, Reply> SESSION = Methods.method(
            AutogradServiceGrpc.getSessionMethod(), Methods.reading(Received::request), Methods.writing(Reply::stream));

    private final Resources resources;
    private final ServerInfo info;
    private final Sessions sessions = new Sessions();
    private final ReadyPrograms ready;

    AutogradService(Resources resources) {
        this.resources = resources;
        this.ready = new ReadyPrograms(resources);
        this.info = new ServerInfo(resources);
    }

    @Override
    public ServerServiceDefinition bindService() {
        ServiceDescriptor generated = AutogradServiceGrpc.getServiceDescriptor();
        ServiceDescriptor descriptor = ServiceDescriptor.newBuilder(generated.getName())
                .setSchemaDescriptor(generated.getSchemaDescriptor())
                .addMethod(RUN)
                .addMethod(SESSION)
                .addMethod(AutogradServiceGrpc.getPlanMethod())
                .addMethod(AutogradServiceGrpc.getGetServerInfoMethod())
                .build();
        return ServerServiceDefinition.builder(descriptor)
                .addMethod(RUN, ServerCalls.asyncUnaryCall(this::run))
                .addMethod(SESSION, ServerCalls.asyncBidiStreamingCall(this::session))
                .addMethod(AutogradServiceGrpc.getPlanMethod(), ServerCalls.asyncUnaryCall(this::plan))
                .addMethod(
                        AutogradServiceGrpc.getGetServerInfoMethod(), ServerCalls.asyncUnaryCall(this::getServerInfo))
                .build();
    }

    private void run(RunCall call, StreamObserver<RunAnswer> observer) {
        Context context = Context.current();
        work(
                context,
                observer,
                queueNanos -> new RunHandler(resources, call.inputs(), ready.get(call.key()), context).run(queueNanos),
                RunAnswer::sizeInBytes);
    }

    private void plan(PlanRequest request, StreamObserver<PlanResponse> observer) {
        Context context = Context.current();
        work(context, observer, _ -> plan(request, context), PlanResponse::getSerializedSize);
    }

    private PlanResponse plan(PlanRequest request, Context context) {
        try (Lease _ = resources.budget().take(Tenant.of(context), Prepared.nodes(request.getProgram()))) {
            return plan(request);
        }
    }

    private PlanResponse plan(PlanRequest request) {
        Prepared prepared = Prepared.of(
                request.getProgram(),
                request.hasBackward() ? request.getBackward() : null,
                request.getOptions(),
                resources);
        return PlanResponse.newBuilder()
                .addAllTypes(Encoder.types(prepared.compiled()))
                .addAllGradFns(prepared.gradFns())
                .setPrice(Encoder.price(prepared.plan().price()))
                .addAllSteps(Encoder.steps(prepared.plan()))
                .setDigest(prepared.digest())
                .build();
    }

    private StreamObserver<Received<SessionRequest>> session(StreamObserver<Reply> observer) {
        return sessions.open(resources, observer);
    }

    /** The sessions that are open now. */
    Sessions sessions() {
        return sessions;
    }

    private void getServerInfo(GetServerInfoRequest request, StreamObserver<GetServerInfoResponse> observer) {
        observer.onNext(info.get());
        observer.onCompleted();
    }

    /** Computes an answer on a lane and sends it. */
    private <T> void work(
            Context context, StreamObserver<T> observer, LongFunction<T> answer, ToIntFunction<T> sizeInBytes) {
        // With a handler set, sending to a call that is gone does nothing instead of throwing.
        ((ServerCallStreamObserver<T>) observer).setOnCancelHandler(() -> {});
        long queued = System.nanoTime();
        Runnable work = () -> {
            try {
                if (context.isCancelled()) {
                    throw Errors.cancelled(context);
                }
                long queueNanos = System.nanoTime() - queued;
                resources.metrics().phase(Phase.QUEUE, queueNanos, context);
                T message = answer.apply(queueNanos);
                RunHandler.requireMessageSize(sizeInBytes.applyAsInt(message), resources.limits());
                observer.onNext(message);
                observer.onCompleted();
            } catch (Throwable failure) {
                if (context.isCancelled()) {
                    return; // nobody listens, and the transport may be gone
                }
                observer.onError(Errors.toException(failure, context));
            }
        };
        resources.admission().submit(context, work, refusal -> observer.onError(Errors.toException(refusal, context)));
    }
}
