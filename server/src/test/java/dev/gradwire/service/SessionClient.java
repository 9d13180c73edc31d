package dev.gradwire.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.gradwire.v1.AutogradServiceGrpc.AutogradServiceStub;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.Executed;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.Opened;
import dev.gradwire.v1.ResultRef;
import dev.gradwire.v1.RunError;
import dev.gradwire.v1.SessionRequest;
import dev.gradwire.v1.SessionResponse;
import dev.gradwire.v1.Tensor;
import dev.gradwire.v1.TensorChunk;
import dev.gradwire.v1.TensorType;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.io.ByteArrayOutputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One session, as a test drives it: sends at once, takes answers when asked. */
public final class SessionClient {
    private final BlockingQueue<SessionResponse> answers = new LinkedBlockingQueue<>();
    private final CompletableFuture<Optional<Throwable>> end = new CompletableFuture<>();
    public ClientCallStreamObserver<SessionRequest> call;

    /** @param autoRead false to take messages only by {@code call.request} */
    public SessionClient(AutogradServiceStub stub, boolean autoRead) {
        stub.session(new ClientResponseObserver<SessionRequest, SessionResponse>() {
            @Override
            public void beforeStart(ClientCallStreamObserver<SessionRequest> stream) {
                call = stream;
                if (!autoRead) {
                    stream.disableAutoRequestWithInitial(0);
                }
            }

            @Override
            public void onNext(SessionResponse response) {
                answers.add(response);
            }

            @Override
            public void onError(Throwable failure) {
                end.complete(Optional.of(failure));
            }

            @Override
            public void onCompleted() {
                end.complete(Optional.empty());
            }
        });
    }

    public SessionClient(AutogradServiceStub stub) {
        this(stub, true);
    }

    public SessionClient send(SessionRequest.Builder request) {
        call.onNext(request.build());
        return this;
    }

    public SessionClient open(Open.Builder open) {
        return send(SessionRequest.newBuilder().setOpen(open));
    }

    public SessionClient chunk(TensorChunk.Builder chunk) {
        return send(SessionRequest.newBuilder().setChunk(chunk));
    }

    /** A tensor in chunks of at most so many bytes. */
    public SessionClient tensor(String input, Tensor tensor, int chunkBytes) {
        ByteString data = tensor.getData();
        int offset = 0;
        do {
            int next = Math.min(data.size(), offset + chunkBytes);
            TensorChunk.Builder chunk =
                    TensorChunk.newBuilder().setInput(input).setOffset(offset).setData(data.substring(offset, next));
            if (offset == 0) {
                chunk.setType(
                        TensorType.newBuilder().setDtype(tensor.getDtype()).addAllDims(tensor.getDimsList()));
            }
            chunk(chunk);
            offset = next;
        } while (offset < data.size());
        return this;
    }

    public SessionClient tensor(String input, Tensor tensor) {
        return tensor(input, tensor, 1 << 20);
    }

    public SessionClient execute(Execute.Builder execute) {
        return send(SessionRequest.newBuilder().setExecute(execute));
    }

    public SessionResponse next() {
        try {
            SessionResponse answer = answers.poll(20, TimeUnit.SECONDS);
            if (answer == null) {
                throw new AssertionError("no answer; the stream's end: " + end.getNow(null));
            }
            return answer;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    public Opened opened() {
        Opened.Builder whole = Opened.newBuilder();
        while (true) {
            SessionResponse answer = next();
            assertThat(answer.hasOpened()).as(answer.toString()).isTrue();
            whole.mergeFrom(answer.getOpened());
            if (!answer.getOpened().getContinues()) {
                return whole.build();
            }
        }
    }

    public RunError runError() {
        SessionResponse answer = next();
        assertThat(answer.hasRunError()).as(answer.toString()).isTrue();
        return answer.getRunError();
    }

    /** A run that went well, with its tensors put together. */
    public record Done(Executed executed, Map<ResultRef, ByteString> results, int chunks) {
        public float[] output(String name) {
            return floats(ResultRef.newBuilder().setOutput(name).build());
        }

        public float[] gradient(String input) {
            return floats(ResultRef.newBuilder().setGradient(input).build());
        }

        public float[] kept(String name) {
            return floats(ResultRef.newBuilder().setKept(name).build());
        }

        private float[] floats(ResultRef ref) {
            assertThat(results).containsKey(ref);
            return Wire.floats(results.get(ref));
        }
    }

    public Done done(long runId) {
        Map<ResultRef, ByteArrayOutputStream> parts = new LinkedHashMap<>();
        int chunks = 0;
        while (true) {
            SessionResponse answer = next();
            assertThat(answer.hasChunk() || answer.hasExecuted())
                    .as(answer.toString())
                    .isTrue();
            if (answer.hasExecuted()) {
                assertThat(answer.getExecuted().getRunId()).isEqualTo(runId);
                Map<ResultRef, ByteString> results = new LinkedHashMap<>();
                parts.forEach((ref, bytes) -> results.put(ref, ByteString.copyFrom(bytes.toByteArray())));
                return new Done(answer.getExecuted(), results, chunks);
            }
            TensorChunk chunk = answer.getChunk();
            chunks++;
            ByteArrayOutputStream bytes = parts.computeIfAbsent(chunk.getResult(), _ -> new ByteArrayOutputStream());
            assertThat(chunk.getRunId()).isEqualTo(runId);
            assertThat(chunk.getOffset()).isEqualTo(bytes.size());
            assertThat(chunk.hasType()).isEqualTo(bytes.size() == 0);
            assertThat(chunk.getData().size()).isLessThanOrEqualTo(1 << 20);
            bytes.writeBytes(chunk.getData().toByteArray());
        }
    }

    /** How the stream ended; empty for well. */
    public Optional<Throwable> end() {
        try {
            return end.get(20, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError("the stream goes on", e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    public boolean hasEnded() {
        return end.isDone();
    }

    public Details failure() {
        return Details.of(end().orElseThrow());
    }

    public void completeWell() {
        call.onCompleted();
        assertThat(end()).isEmpty();
    }
}
