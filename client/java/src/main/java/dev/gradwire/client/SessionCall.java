package dev.gradwire.client;

import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.AutogradServiceGrpc.AutogradServiceStub;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.GradFn;
import dev.gradwire.v1.GraphPart;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.Opened;
import dev.gradwire.v1.Program;
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
import java.io.InputStream;
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
    private static final class Responses implements MethodDescriptor.Marshaller<Received<SessionResponse>> {
        @Override
        public InputStream stream(Received<SessionResponse> value) {
            throw new UnsupportedOperationException("a client sends no responses");
        }

        @Override
        public Received<SessionResponse> parse(InputStream stream) {
            try {
                return Received.response(stream);
            } catch (IOException e) {
                throw Status.INTERNAL
                        .withDescription("the answer is no message")
                        .withCause(e)
                        .asRuntimeException();
            }
        }
    }

    /** Opened may come in several messages. */
    private record Opening(Opened.Builder sofar, CompletableFuture<Opened> done) {}

    /** The data of chunks goes from the transport's memory straight to where it stays. */
    private static final MethodDescriptor<SessionRequest, Received<SessionResponse>> METHOD =
            AutogradServiceGrpc.getSessionMethod().toBuilder(
                            AutogradServiceGrpc.getSessionMethod().getRequestMarshaller(), new Responses())
                    .build();

    private final Duration patience;
    private final ClientCallStreamObserver<SessionRequest> requests;
    private final ConcurrentMap<Long, RunReply> runs = new ConcurrentHashMap<>();
    private final Object readiness = new Object();
    private volatile @Nullable Opening opening;
    private volatile @Nullable GradwireException failure;
    private List<GradFn> gradFns = List.of();
    private boolean packed;

    /** @param patience the longest that one answer may take */
    SessionCall(AutogradServiceStub stub, Duration patience) {
        this.patience = patience;
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

    /** Sends a program, in parts where it is large, and waits until it is verified. */
    Opened open(Request request) {
        packed = Packing.isAsked(request.options());
        Program program = request.program();
        boolean large = program.getSerializedSize() > Parts.LIMIT_BYTES;
        Open.Builder open = Open.newBuilder()
                .setProgram(large ? Program.getDefaultInstance() : program)
                .setGraphContinues(large)
                .setOptions(request.options());
        if (request.backward() != null) {
            open.setBackward(request.backward());
        }
        CompletableFuture<Opened> done = new CompletableFuture<>();
        opening = new Opening(Opened.newBuilder(), done);
        send(SessionRequest.newBuilder().setOpen(open).build());
        if (large) {
            for (GraphPart part : Parts.of(program)) {
                send(SessionRequest.newBuilder().setGraphPart(part).build());
            }
        }
        Opened opened = await(done);
        gradFns = opened.getGradFnsList();
        return opened;
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
            case RUN_ERROR -> {
                RunReply reply = runs.remove(response.getRunError().getRunId());
                if (reply != null) {
                    reply.answer()
                            .completeExceptionally(
                                    Failures.of(response.getRunError().getStatus(), null));
                }
            }
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

    private void fail(Throwable error) {
        GradwireException exception = Failures.of(error);
        failure = exception;
        Opening current = opening;
        if (current != null) {
            current.done.completeExceptionally(exception);
        }
        List.copyOf(runs.values()).forEach(run -> run.answer().completeExceptionally(exception));
        wake();
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
