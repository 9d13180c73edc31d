package dev.gradwire.client;

import com.google.protobuf.ByteString;
import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.AutogradServiceGrpc.AutogradServiceStub;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.GradFn;
import dev.gradwire.v1.Opened;
import dev.gradwire.v1.RunError;
import dev.gradwire.v1.SessionRequest;
import dev.gradwire.v1.SessionResponse;
import dev.gradwire.v1.TensorChunk;
import dev.gradwire.wire.Received;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One stream of the Session method. One thread sends; answers are taken in as they come, so that neither side waits for
 * the other to read. A wait that is interrupted or too long cancels the stream.
 */
final class SessionCall implements AutoCloseable {
    /** Opened may come in several messages. */
    private record Opening(Opened.Builder sofar, CompletableFuture<Opened> done) {}

    private static final MethodDescriptor<SessionRequest, Received<SessionResponse>> METHOD =
            AutogradServiceGrpc.getSessionMethod().toBuilder(
                            AutogradServiceGrpc.getSessionMethod().getRequestMarshaller(), new ResponseMarshaller())
                    .build();

    private static final String GRAPH_UNKNOWN = "GRAPH_UNKNOWN";

    private final Duration patience;
    private final ProgramDigests digests;
    private final ClientCallStreamObserver<SessionRequest> requests;
    private final ConcurrentMap<Long, RunReply> runs = new ConcurrentHashMap<>();
    private final Object readiness = new Object();
    private volatile @Nullable Opening opening;
    private volatile @Nullable GradwireException failure;
    private List<GradFn> gradFns = List.of();
    private boolean packed;

    /**
     * @param patience the longest that one answer may take
     * @param digests what the servers of the channel have seen
     */
    SessionCall(AutogradServiceStub stub, Duration patience, ProgramDigests digests) {
        this.patience = patience;
        this.digests = digests;
        this.requests = (ClientCallStreamObserver<SessionRequest>) ClientCalls.asyncBidiStreamingCall(
                stub.getChannel().newCall(METHOD, stub.getCallOptions()), new Receiver());
    }

    private final class Receiver implements ClientResponseObserver<SessionRequest, Received<SessionResponse>> {
        @Override
        public void beforeStart(ClientCallStreamObserver<SessionRequest> stream) {
            stream.setOnReadyHandler(SessionCall.this::wake);
        }

        @Override
        public void onNext(Received<SessionResponse> response) {
            try {
                take(response);
            } catch (IllegalArgumentException | IOException e) {
                fail(e);
                cancel("the answer does not follow the contract");
            }
        }

        @Override
        public void onError(Throwable error) {
            fail(error);
        }

        @Override
        public void onCompleted() {
            fail(Status.CANCELLED.withDescription("the stream is closed").asRuntimeException());
        }
    }

    /**
     * Names a program and waits until it is verified. It is sent, in parts where it is large, unless a server of the
     * channel has seen it before; then only if this one has not.
     */
    Opened open(Request request) {
        packed = Packing.isAsked(request.options());
        ByteString key = ProgramDigests.key(request.program());
        ByteString digest = digests.find(key);
        Opened opened = digest == null ? null : openByDigest(request, key, digest);
        if (opened == null) {
            opened = openByProgram(request);
            digests.learn(key, opened.getDigest());
        }
        gradFns = opened.getGradFnsList();
        return opened;
    }

    /** Null where the server does not know the program; the stream goes on then. */
    private @Nullable Opened openByDigest(Request request, ByteString key, ByteString digest) {
        CompletableFuture<Opened> done = expectOpened();
        send(Parts.open(request, digest));
        Opened opened;
        try {
            opened = await(done);
        } catch (GradwireException e) {
            if (e.reason().equals(GRAPH_UNKNOWN)) {
                digests.forget(key);
                if (failure == null) {
                    return null;
                }
            }
            throw e;
        }
        if (!opened.getDigest().equals(digest)) {
            digests.forget(key);
            GradwireException wrong = fail(Status.INTERNAL
                    .withDescription("the server opened another program than the one asked for")
                    .asRuntimeException());
            cancel("the answer does not follow the contract");
            throw wrong;
        }
        return opened;
    }

    private Opened openByProgram(Request request) {
        CompletableFuture<Opened> done = expectOpened();
        Parts.open(request).forEach(this::send);
        return await(done);
    }

    private CompletableFuture<Opened> expectOpened() {
        CompletableFuture<Opened> done = new CompletableFuture<>();
        opening = new Opening(Opened.newBuilder(), done);
        return done;
    }

    void send(String input, TensorData data) {
        Parts.chunks(
                input,
                data,
                packed,
                chunk -> send(SessionRequest.newBuilder().setChunk(chunk).build()));
    }

    /** Starts a run; its answer may be awaited later. */
    CompletableFuture<Answer> execute(Execute execute) {
        RunReply reply = new RunReply(gradFns);
        runs.put(execute.getRunId(), reply);
        send(SessionRequest.newBuilder().setExecute(execute).build());
        return reply.answer();
    }

    /** Waits for an answer of this stream. */
    <T> T await(CompletableFuture<T> answer) {
        GradwireException failed = failure;
        if (failed != null && !answer.isDone()) {
            throw failed;
        }
        try {
            return answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            throw interrupted(e);
        } catch (TimeoutException _) {
            throw late();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw cause instanceof GradwireException known ? known : Failures.of(cause);
        }
    }

    private void send(SessionRequest request) {
        long end = System.nanoTime() + patience.toNanos();
        synchronized (readiness) {
            while (failure == null && !requests.isReady()) {
                long left = (end - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    throw late();
                }
                try {
                    readiness.wait(left);
                } catch (InterruptedException e) {
                    throw interrupted(e);
                }
            }
        }
        GradwireException failed = failure;
        if (failed != null) {
            throw failed;
        }
        requests.onNext(request);
    }

    private void wake() {
        synchronized (readiness) {
            readiness.notifyAll();
        }
    }

    private void take(Received<SessionResponse> received) throws IOException {
        TensorChunk chunk = received.chunk();
        SessionResponse message = received.message();
        if (message != null) {
            take(message);
        } else if (chunk != null) {
            RunReply reply = runs.get(chunk.getRunId());
            if (reply != null) {
                reply.add(chunk, received.data());
            }
        }
    }

    private void take(SessionResponse response) {
        switch (response.getMessageCase()) {
            case OPENED -> take(response.getOpened());
            case EXECUTED -> {
                RunReply reply = runs.remove(response.getExecuted().getRunId());
                if (reply != null) {
                    reply.finish(response.getExecuted());
                }
            }
            case RUN_ERROR -> take(response.getRunError());
            default -> {}
        }
    }

    private void take(Opened opened) {
        Opening current = opening;
        if (current != null) {
            current.sofar.mergeFrom(opened);
            if (!opened.getContinues()) {
                opening = null;
                current.done.complete(current.sofar.build());
            }
        }
    }

    private void take(RunError error) {
        GradwireException exception = Failures.of(error.getStatus(), null);
        RunReply reply = runs.remove(error.getRunId());
        Opening current = opening;
        if (reply != null) {
            reply.answer().completeExceptionally(exception);
        } else if (error.getRunId() == 0 && current != null) {
            opening = null;
            current.done.completeExceptionally(exception);
        }
    }

    /** The stream is over; what came first is why. */
    private synchronized GradwireException fail(Throwable error) {
        GradwireException earlier = failure;
        GradwireException exception = earlier == null ? Failures.of(error) : earlier;
        failure = exception;
        Opening current = opening;
        if (current != null) {
            current.done.completeExceptionally(exception);
        }
        List.copyOf(runs.values()).forEach(run -> run.answer().completeExceptionally(exception));
        wake();
        return exception;
    }

    private GradwireException interrupted(InterruptedException cause) {
        cancel("the client was interrupted");
        Thread.currentThread().interrupt();
        return Failures.interrupted(cause);
    }

    private GradwireException late() {
        cancel("the client waited for " + patience);
        return Failures.of(Status.DEADLINE_EXCEEDED
                .withDescription("no answer within " + patience)
                .asRuntimeException());
    }

    private void cancel(String why) {
        requests.cancel(why, null);
    }

    /** Frees all that the server holds for the stream. */
    @Override
    public void close() {
        if (failure == null) {
            if (runs.isEmpty()) {
                requests.onCompleted();
            } else {
                cancel("the session was closed");
            }
        }
    }
}
