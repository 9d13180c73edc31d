package dev.gradwire.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Cotangent;
import dev.gradwire.v1.Dtype;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.GradCheck;
import dev.gradwire.v1.GradCheckResult;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Input;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.Options;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.Tensor;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Gradients against finite differences, as an option of Run and Session. */
final class GradCheckTest {
    private static GradwireServer server;
    private static ManagedChannel channel;

    @BeforeAll
    static void start() throws Exception {
        server =
                GradwireServer.start(TestServer.CONFIG.withLimits(new Limits(Map.of(Limit.MAX_GRAD_CHECK_RUNS, 100L))));
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .build();
    }

    @AfterAll
    static void stop() {
        channel.shutdownNow();
        server.close();
    }

    private static Tensor doubles(Dtype dtype, double... parts) {
        ByteBuffer bytes = ByteBuffer.allocate(parts.length * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        DoubleStream.of(parts).forEach(bytes::putDouble);
        return Tensor.newBuilder()
                .setDtype(dtype)
                .addDims(dtype == Dtype.DTYPE_COMPLEX128 ? parts.length / 2 : parts.length)
                .setData(ByteString.copyFrom(bytes.flip()))
                .build();
    }

    /** {@code y = sum(op(x))}. */
    private static RunRequest.Builder request(String op, Tensor x) {
        Input.Builder input = Input.newBuilder()
                .setName("x")
                .setDtype(x.getDtype())
                .addAllDims(x.getDimsList())
                .setRequiresGrad(true);
        Graph.Builder graph = Graph.newBuilder()
                .addInputs(input)
                .addNodes(Wire.node("f", op, Wire.value("x")))
                .addNodes(Wire.node("y", "sum", Wire.value("f")))
                .addOutputs("y");
        return RunRequest.newBuilder()
                .setProgram(Wire.program(graph))
                .addInputs(Wire.named("x", x))
                .setBackward(Backward.getDefaultInstance())
                .setOptions(Options.newBuilder().setGradCheck(GradCheck.getDefaultInstance()));
    }

    private static List<GradCheckResult> run(RunRequest.Builder request) {
        return AutogradServiceGrpc.newBlockingStub(channel).run(request.build()).getGradChecksList();
    }

    @ParameterizedTest
    @CsvSource({"tanh", "exp", "sigmoid", "softplus", "sqrt", "square"})
    void rightGradientsPass(String op) {
        RunRequest.Builder request = request(op, doubles(Dtype.DTYPE_FLOAT64, 0.5, 1.5, 2));
        GradCheckResult check = run(request).getFirst();
        assertThat(check.getInput()).isEqualTo("x");
        assertThat(check.getPassed()).isTrue();
        assertThat(check.getSamples()).isEqualTo(3);
        assertThat(check.getMaxAbsoluteError()).isLessThan(1e-7);
        assertThat(check.getMaxRelativeError()).isLessThan(1e-7);
    }

    @Test
    void atAKinkTheWorstEntryIsNamed() {
        GradCheckResult check =
                run(request("relu", doubles(Dtype.DTYPE_FLOAT64, 1, -1, 0, 2))).getFirst();
        assertThat(check.getPassed()).isFalse();
        assertThat(check.getWorstIndexList()).containsExactly(2L);
        assertThat(check.getWorstAnalytic()).isZero();
        assertThat(check.getWorstNumeric()).isCloseTo(0.5, within(1e-9));
        assertThat(check.getMaxRelativeError()).isCloseTo(1, within(1e-9));
    }

    @Test
    void whatIsDetachedFails() {
        RunRequest.Builder request = request("detach", doubles(Dtype.DTYPE_FLOAT64, 3));
        request.getProgramBuilder()
                .getGraphBuilder()
                .setNodes(1, Wire.node("y", "dot", Wire.value("f"), Wire.value("x")));
        GradCheckResult check = run(request).getFirst();
        assertThat(check.getPassed()).isFalse();
        assertThat(check.getWorstAnalytic()).isEqualTo(3);
        assertThat(check.getWorstNumeric()).isCloseTo(6, within(1e-6));
    }

    @Test
    void floatsAreComparedCoarsely() {
        assertThat(run(request("sin", Wire.vector(0.5f, 1, 2))).getFirst().getPassed())
                .isTrue();
    }

    /** Both parts of the input move; the root is complex, and so is its cotangent. */
    @Test
    void complexNumbersAreTriedInBothDirections() {
        RunRequest.Builder request = request("square", doubles(Dtype.DTYPE_COMPLEX128, 1, 2, -0.5, 3));
        request.setBackward(Backward.newBuilder()
                .addRoots("f")
                .addCotangents(Cotangent.newBuilder().setTensor(doubles(Dtype.DTYPE_COMPLEX128, 1, -1, 0.5, 2))));
        GradCheckResult check = run(request).getFirst();
        assertThat(check.getSamples()).isEqualTo(4);
        assertThat(check.getPassed()).isTrue();
    }

    /** A cotangent that is a value of the graph counts as fixed, as in the backward pass. */
    @Test
    void cotangentsStayWhatTheyAre() {
        RunRequest.Builder request = request("exp", doubles(Dtype.DTYPE_FLOAT64, 0.5, -1));
        request.setBackward(Backward.newBuilder()
                .addRoots("f")
                .addCotangents(Cotangent.newBuilder().setValue("x")));
        assertThat(run(request).getFirst().getPassed()).isTrue();
    }

    @Test
    void anUnusedInputCountsAsZeros() {
        RunRequest.Builder request = request("sin", doubles(Dtype.DTYPE_FLOAT64, 1, 2));
        request.getProgramBuilder().getGraphBuilder().addInputs(Wire.leaf("z", 2));
        request.addInputs(Wire.named("z", Wire.vector(1, 2)));
        List<GradCheckResult> checks = run(request);
        assertThat(checks).extracting(GradCheckResult::getInput).containsExactly("x", "z");
        assertThat(checks).allMatch(GradCheckResult::getPassed);
    }

    @Test
    void equalSeedsDrawEqualDirections() {
        double[] many = DoubleStream.iterate(0.1, x -> x + 0.1).limit(1000).toArray();
        RunRequest.Builder request = request("sin", doubles(Dtype.DTYPE_FLOAT64, many));
        GradCheckResult first = run(request).getFirst();
        assertThat(first.getSamples()).isEqualTo(16);
        assertThat(first).isEqualTo(run(request).getFirst());
        request.getOptionsBuilder().getGradCheckBuilder().setSeed(1);
        assertThat(run(request).getFirst().getWorstIndexList()).isNotEqualTo(first.getWorstIndexList());
    }

    @ParameterizedTest
    @CsvSource({
        "half, DTYPE_UNSUPPORTED, options.grad_check",
        "no backward, NOT_DIFFERENTIABLE, options.grad_check",
        "many, LIMIT_EXCEEDED, options.grad_check.samples",
        "negative samples, NEGATIVE_SIZE, options.grad_check.samples",
        "negative eps, INVALID_NUMBER, options.grad_check.eps",
        "rtol NaN, INVALID_NUMBER, options.grad_check.rtol"
    })
    void whatCannotBeCheckedIsRefused(String what, String reason, String field) {
        double[] many = new double[1000];
        RunRequest.Builder request = request("sin", doubles(Dtype.DTYPE_FLOAT64, many));
        GradCheck.Builder check = request.getOptionsBuilder().getGradCheckBuilder();
        switch (what) {
            case "half" -> {
                Tensor half = Tensor.newBuilder()
                        .setDtype(Dtype.DTYPE_BFLOAT16)
                        .addDims(1)
                        .setData(ByteString.copyFrom(new byte[2]))
                        .build();
                request = request("sin", half);
            }
            case "no backward" -> request.clearBackward();
            case "many" -> check.setSamples(51);
            case "negative samples" -> check.setSamples(-1);
            case "negative eps" -> check.setEps(-1);
            default -> check.setRtol(Double.NaN);
        }
        RunRequest.Builder refused = request;
        Details details = Details.of(() -> run(refused));
        assertThat(details.reason()).isEqualTo(reason);
        assertThat(details.field()).isEqualTo(field);
    }

    @Test
    void sessionsCheckEachRun() {
        RunRequest request = request("tanh", Wire.vector(1, 2, 3)).build();
        SessionClient session = new SessionClient(AutogradServiceGrpc.newStub(channel));
        session.open(Open.newBuilder()
                .setProgram(request.getProgram())
                .setBackward(request.getBackward())
                .setOptions(request.getOptions()));
        session.opened();
        session.tensor("x", Wire.vector(0.5f, 1, 2))
                .execute(Execute.newBuilder().setRunId(1));
        assertThat(session.done(1).executed().getGradChecksList())
                .singleElement()
                .satisfies(check -> assertThat(check.getPassed()).isTrue());
    }
}
