package dev.gradwire.service;

import com.google.protobuf.MessageLite;
import dev.gradwire.service.telemetry.Phase;
import dev.gradwire.v1.AutogradServiceGrpc.AutogradServiceImplBase;
import dev.gradwire.v1.GetServerInfoRequest;
import dev.gradwire.v1.GetServerInfoResponse;
import dev.gradwire.v1.PlanRequest;
import dev.gradwire.v1.PlanResponse;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.RunResponse;
import dev.gradwire.v1.SessionRequest;
import dev.gradwire.v1.SessionResponse;
import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.function.LongFunction;

/** The four methods. Handlers only hand work to the lanes and return. */
final class AutogradService extends AutogradServiceImplBase {
    private final Resources resources;
    private final ServerInfo info;
    private final Sessions sessions = new Sessions();

    AutogradService(Resources resources) {
        this.resources = resources;
        this.info = new ServerInfo(resources);
    }

    @Override
    public void run(RunRequest request, StreamObserver<RunResponse> observer) {
        Context context = Context.current();
        work(context, observer, queueNanos -> new RunHandler(resources, request, context).run(queueNanos));
    }

    @Override
    public void plan(PlanRequest request, StreamObserver<PlanResponse> observer) {
        work(Context.current(), observer, _ -> plan(request));
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

    @Override
    public StreamObserver<SessionRequest> session(StreamObserver<SessionResponse> observer) {
        return sessions.open(resources, observer);
    }

    /** The sessions that are open now. */
    Sessions sessions() {
        return sessions;
    }

    @Override
    public void getServerInfo(GetServerInfoRequest request, StreamObserver<GetServerInfoResponse> observer) {
        observer.onNext(info.get());
        observer.onCompleted();
    }

    /** Computes an answer on a lane and sends it. */
    private <T extends MessageLite> void work(Context context, StreamObserver<T> observer, LongFunction<T> answer) {
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
                RunHandler.requireMessageSize(message.getSerializedSize(), resources.limits());
                observer.onNext(message);
                observer.onCompleted();
            } catch (Throwable failure) {
                if (context.isCancelled()) {
                    return; // nobody listens, and the transport may be gone
                }
                observer.onError(Errors.toException(failure, context));
            }
        };
        if (!resources.lanes().offer(context.wrap(work))) {
            observer.onError(Errors.toException(Errors.queueFull(resources), context));
        }
    }
}
