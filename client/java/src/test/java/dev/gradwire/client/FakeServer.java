package dev.gradwire.client;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.ErrorInfo;
import dev.gradwire.v1.AutogradServiceGrpc.AutogradServiceImplBase;
import dev.gradwire.v1.Executed;
import dev.gradwire.v1.Gradient;
import dev.gradwire.v1.NamedTensor;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.Opened;
import dev.gradwire.v1.PlanRequest;
import dev.gradwire.v1.PlanResponse;
import dev.gradwire.v1.Program;
import dev.gradwire.v1.ResultRef;
import dev.gradwire.v1.RunError;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.RunResponse;
import dev.gradwire.v1.SessionRequest;
import dev.gradwire.v1.SessionResponse;
import dev.gradwire.v1.TensorChunk;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;

/** Writes down what it is asked and gives answers laid out beforehand; computes nothing. */
final class FakeServer extends AutogradServiceImplBase implements AutoCloseable {
    final List<RunRequest> runs = new CopyOnWriteArrayList<>();
    final List<PlanRequest> plans = new CopyOnWriteArrayList<>();
    final List<SessionRequest> streamed = new CopyOnWriteArrayList<>();
    final Queue<StatusRuntimeException> failures = new ConcurrentLinkedQueue<>();
    final Queue<com.google.rpc.Status> runErrors = new ConcurrentLinkedQueue<>();
    /** Answers by reference; others are the number of the answer as a float32 scalar. */
    final Map<String, TensorData> values = new HashMap<>();

    /** With {@link #silent}: that a call came, and that its client has given it up. */
    final CountDownLatch arrived = new CountDownLatch(1);

    final CountDownLatch cancelled = new CountDownLatch(1);
    volatile boolean silent;

    /** Programs that came by a session, by digest; cleared, it has forgotten them. */
    final Map<ByteString, Program> programs = new ConcurrentHashMap<>();

    /** What it says that a program's digest is. */
    volatile UnaryOperator<ByteString> digests = UnaryOperator.identity();

    PlanResponse plan = PlanResponse.getDefaultInstance();
    int answers;

    private final String name = InProcessServerBuilder.generateName();
    private final Server server;
    private final ManagedChannel channel;

    FakeServer() {
        try {
            server = InProcessServerBuilder.forName(name)
                    .addService(this)
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, Object> config = new HashMap<>(ServiceConfig.of(Resilience.defaults()));
        config.remove("healthCheckConfig"); // which this server has no service for
        channel = InProcessChannelBuilder.forName(name)
                .defaultServiceConfig(config)
                .enableRetry()
                .build();
    }

    Gradwire client() {
        return Gradwire.builder("").channel(channel).build();
    }

    private TensorData value(String reference) {
        return values.computeIfAbsent(reference, _ -> TensorData.of(new float[] {++answers}, new long[0]));
    }

    @Override
    public void run(RunRequest request, StreamObserver<RunResponse> out) {
        runs.add(request);
        if (silent) {
            ((ServerCallStreamObserver<RunResponse>) out).setOnCancelHandler(cancelled::countDown);
            arrived.countDown();
            return;
        }
        StatusRuntimeException failure = failures.poll();
        if (failure != null) {
            out.onError(failure);
            return;
        }
        RunResponse.Builder response = RunResponse.newBuilder();
        for (String output : request.getProgram().getGraph().getOutputsList()) {
            response.addOutputs(NamedTensor.newBuilder().setName(output).setTensor(Operand.message(value(output))));
        }
        for (String input : request.getBackward().getInputsList()) {
            response.addGradients(Gradient.newBuilder().setInput(input).setValue(Operand.message(value("d" + input))));
        }
        if (response.build().getSerializedSize() > 4 << 20) {
            out.onError(tooLarge());
            return;
        }
        out.onNext(response.build());
        out.onCompleted();
    }

    private static StatusRuntimeException tooLarge() {
        return StatusProto.toStatusRuntimeException(status(Code.INVALID_ARGUMENT, "RESPONSE_TOO_LARGE"));
    }

    static com.google.rpc.Status status(Code code, String reason) {
        return com.google.rpc.Status.newBuilder()
                .setCode(code.value())
                .addDetails(Any.pack(ErrorInfo.newBuilder().setReason(reason).build()))
                .build();
    }

    @Override
    public void plan(PlanRequest request, StreamObserver<PlanResponse> out) {
        plans.add(request);
        out.onNext(plan);
        out.onCompleted();
    }

    @Override
    public StreamObserver<SessionRequest> session(StreamObserver<SessionResponse> out) {
        ((ServerCallStreamObserver<SessionResponse>) out).setOnCancelHandler(cancelled::countDown);
        return new StreamObserver<>() {
            private Open open = Open.getDefaultInstance();

            @Override
            public void onNext(SessionRequest request) {
                streamed.add(request);
                if (silent) {
                    arrived.countDown();
                    return;
                }
                switch (request.getMessageCase()) {
                    case OPEN -> {
                        StatusRuntimeException failure = failures.poll();
                        if (failure != null) {
                            out.onError(failure);
                            return;
                        }
                        open = request.getOpen();
                        if (open.hasDigest()) {
                            byDigest();
                        } else if (!open.getGraphContinues()) {
                            opened();
                        }
                    }
                    case GRAPH_PART -> {
                        open = open.toBuilder()
                                .setProgram(open.getProgram().toBuilder()
                                        .mergeGraph(request.getGraphPart().getGraph()))
                                .build();
                        if (request.getGraphPart().getLast()) {
                            opened();
                        }
                    }
                    case EXECUTE -> execute(request);
                    default -> {}
                }
            }

            private void byDigest() {
                Program known = programs.get(open.getDigest());
                if (known == null) {
                    out.onNext(SessionResponse.newBuilder()
                            .setRunError(
                                    RunError.newBuilder().setStatus(status(Code.FAILED_PRECONDITION, "GRAPH_UNKNOWN")))
                            .build());
                    return;
                }
                open = open.toBuilder().setProgram(known).build();
                opened();
            }

            private void opened() {
                ByteString digest = ProgramDigests.key(open.getProgram());
                programs.put(digest, open.getProgram());
                out.onNext(SessionResponse.newBuilder()
                        .setOpened(Opened.newBuilder()
                                .addAllTypes(plan.getTypesList())
                                .setDigest(digests.apply(digest)))
                        .build());
            }

            private void execute(SessionRequest request) {
                long run = request.getExecute().getRunId();
                com.google.rpc.Status error = runErrors.poll();
                if (error != null) {
                    out.onNext(SessionResponse.newBuilder()
                            .setRunError(RunError.newBuilder().setRunId(run).setStatus(error))
                            .build());
                    return;
                }
                Map<ResultRef, TensorData> results = new LinkedHashMap<>();
                if (request.getExecute().hasFetch()) {
                    request.getExecute()
                            .getFetch()
                            .getResultsList()
                            .forEach(each -> results.put(each, value(each.getOutput())));
                } else {
                    open.getProgram()
                            .getGraph()
                            .getOutputsList()
                            .forEach(output -> results.put(
                                    ResultRef.newBuilder().setOutput(output).build(), value(output)));
                    open.getBackward()
                            .getInputsList()
                            .forEach(input -> results.put(
                                    ResultRef.newBuilder().setGradient(input).build(), value("d" + input)));
                }
                results.forEach((result, data) -> Parts.chunks(
                        "",
                        data,
                        false,
                        chunk -> out.onNext(SessionResponse.newBuilder()
                                .setChunk(chunk.toBuilder().setResult(result).setRunId(run))
                                .build())));
                out.onNext(SessionResponse.newBuilder()
                        .setExecuted(Executed.newBuilder().setRunId(run))
                        .build());
            }

            @Override
            public void onError(Throwable error) {}

            @Override
            public void onCompleted() {
                out.onCompleted();
            }
        };
    }

    /** Bytes sent for an input of a stream, put together. */
    ByteString sent(String input) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (TensorChunk chunk : chunks(input)) {
            bytes.writeBytes(chunk.getData().toByteArray());
        }
        return ByteString.copyFrom(bytes.toByteArray());
    }

    List<TensorChunk> chunks(String input) {
        List<TensorChunk> chunks = new ArrayList<>();
        for (SessionRequest request : streamed) {
            if (request.hasChunk() && request.getChunk().getInput().equals(input)) {
                chunks.add(request.getChunk());
            }
        }
        return chunks;
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
    }
}
