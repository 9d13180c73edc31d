package dev.gradwire.client;

import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.AutogradServiceGrpc.AutogradServiceBlockingStub;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.GetServerInfoRequest;
import dev.gradwire.v1.GetServerInfoResponse;
import dev.gradwire.v1.Opened;
import dev.gradwire.v1.PlanResponse;
import io.grpc.Channel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/** Sends requests: small ones in one message, large ones in a stream of chunks. */
final class Transport {
    private static final Duration FIRST_BACKOFF = Duration.ofMillis(100);

    private final Channel channel;
    private final Duration deadline;
    /** Of a stream; as many as the channel makes for small calls, see {@link ServiceConfig}. */
    private final int attempts;

    private final RetryThrottle throttle;
    private final ProgramDigests digests;

    Transport(Channel channel, Duration deadline, Resilience resilience) {
        this(channel, deadline, resilience.attempts(), new RetryThrottle(resilience), new ProgramDigests());
    }

    private Transport(
            Channel channel, Duration deadline, int attempts, RetryThrottle throttle, ProgramDigests digests) {
        this.channel = channel;
        this.deadline = deadline;
        this.attempts = attempts;
        this.throttle = throttle;
        this.digests = digests;
    }

    Transport withDeadline(Duration longest) {
        return new Transport(channel, longest, attempts, throttle, digests);
    }

    Answer run(Request request) {
        if (request.sizeInBytes() <= Parts.LIMIT_BYTES) {
            try {
                return Answer.of(unary(stub -> stub.run(request.run())));
            } catch (GradwireException e) {
                rethrowUnlessTooLarge(e);
            }
        }
        return retrying(() -> stream(request));
    }

    PlanResponse plan(Request request) {
        if (request.program().getSerializedSize() <= Parts.LIMIT_BYTES) {
            try {
                return unary(stub -> stub.plan(request.plan()));
            } catch (GradwireException e) {
                rethrowUnlessTooLarge(e);
            }
        }
        Opened opened = retrying(() -> {
            try (SessionCall call = sessionOfOneAnswer()) {
                return call.open(request);
            }
        });
        return PlanResponse.newBuilder()
                .addAllTypes(opened.getTypesList())
                .addAllGradFns(opened.getGradFnsList())
                .setPrice(opened.getPrice())
                .setDigest(opened.getDigest())
                .build();
    }

    GetServerInfoResponse serverInfo() {
        return unary(stub -> stub.getServerInfo(GetServerInfoRequest.getDefaultInstance()));
    }

    /** A stream without a deadline of its own; each wait for it has the transport's. */
    SessionCall session() {
        return new SessionCall(AutogradServiceGrpc.newStub(channel), deadline, digests);
    }

    private SessionCall sessionOfOneAnswer() {
        return new SessionCall(
                AutogradServiceGrpc.newStub(channel).withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS),
                deadline,
                digests);
    }

    private <T> T unary(Function<AutogradServiceBlockingStub, T> call) {
        try {
            return call.apply(AutogradServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS));
        } catch (StatusRuntimeException e) {
            throw Failures.of(e);
        }
    }

    private Answer stream(Request request) {
        try (SessionCall call = sessionOfOneAnswer()) {
            call.open(request);
            request.inputs().forEach(call::send);
            return call.await(call.execute(Execute.newBuilder().setRunId(1).build()));
        }
    }

    /** A whole stream is not tried again by the channel; a run has no side effects, so it is here. */
    private <T> T retrying(Supplier<T> call) {
        long end = System.nanoTime() + deadline.toNanos();
        Duration backoff = FIRST_BACKOFF;
        for (int attempt = 1; ; attempt++) {
            try {
                T answer = call.get();
                throttle.succeeded();
                return answer;
            } catch (UnavailableException e) {
                long pause = ThreadLocalRandom.current().nextLong(backoff.toNanos());
                if (!throttle.failed() || attempt == attempts || System.nanoTime() + pause > end) {
                    throw e;
                }
                pause(pause);
                backoff = backoff.multipliedBy(2);
            }
        }
    }

    private static void pause(long nanos) {
        try {
            TimeUnit.NANOSECONDS.sleep(nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failures.interrupted(e);
        }
    }

    /** An answer that does not fit one message is refused by the server before it computes, else by this side. */
    private static void rethrowUnlessTooLarge(GradwireException e) {
        boolean refusedHere = e.code() == Code.RESOURCE_EXHAUSTED && e.reason().isEmpty();
        if (!refusedHere && !e.reason().equals("RESPONSE_TOO_LARGE")) {
            throw e;
        }
    }
}
