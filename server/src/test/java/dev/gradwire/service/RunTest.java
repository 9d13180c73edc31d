package dev.gradwire.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.gradwire.v1.Anomaly;
import dev.gradwire.v1.Argument;
import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.AutogradServiceGrpc.AutogradServiceBlockingStub;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Cotangent;
import dev.gradwire.v1.Dtype;
import dev.gradwire.v1.GetServerInfoRequest;
import dev.gradwire.v1.GetServerInfoResponse;
import dev.gradwire.v1.GradFn;
import dev.gradwire.v1.GradFnMode;
import dev.gradwire.v1.Gradient;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.NamedTensor;
import dev.gradwire.v1.Operator;
import dev.gradwire.v1.Options;
import dev.gradwire.v1.PlanRequest;
import dev.gradwire.v1.PlanResponse;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.RunResponse;
import dev.gradwire.v1.Step;
import dev.gradwire.v1.ValueRange;
import dev.gradwire.v1.ValueType;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Run, Plan and GetServerInfo over a real connection. */
final class RunTest {
    private static GradwireServer server;
    private static ManagedChannel channel;
    private static AutogradServiceBlockingStub stub;

    @BeforeAll
    static void start() throws Exception {
        server = GradwireServer.start(TestServer.CONFIG);
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .build();
        stub = AutogradServiceGrpc.newBlockingStub(channel);
    }

    @AfterAll
    static void stop() {
        channel.shutdownNow();
        server.close();
    }

    @Test
    void returnsValuesGradientsAndGradFns() {
        RunResponse response = stub.run(RunRequest.newBuilder()
                .setProgram(Wire.program(Wire.squares(3)))
                .addInputs(Wire.named("x", Wire.vector(1, 2, 3)))
                .setBackward(Backward.getDefaultInstance())
                .build());
        assertThat(Wire.floats(response.getOutputs(0).getTensor())).containsExactly(14);
        Gradient gradient = response.getGradients(0);
        assertThat(gradient.getInput()).isEqualTo("x");
        assertThat(Wire.floats(gradient.getValue())).containsExactly(2, 4, 6);
        assertThat(response.getGradFnsList())
                .extracting(GradFn::getName)
                .containsExactly("AccumulateGrad", "MulBackward0", "SumBackward0");
        assertThat(response.getDigest().size()).isEqualTo(32);
        assertThat(response.getStatistics().getComputeNanoseconds()).isPositive();
        assertThat(response.getGuarantees().getDeterministic()).isTrue();
    }

    private static RunRequest.Builder squares() {
        return RunRequest.newBuilder()
                .setProgram(Wire.program(Wire.squares(3)))
                .addInputs(Wire.named("x", Wire.vector(1, 2, 3)))
                .setBackward(Backward.getDefaultInstance());
    }

    @Test
    void saysThatAGradientIsUnused() {
        RunRequest.Builder request = squares().addInputs(Wire.named("z", Wire.vector(1)));
        request.getProgramBuilder().getGraphBuilder().addInputs(Wire.leaf("z", 1));
        assertThat(stub.run(request.build()).getGradientsList())
                .extracting(Gradient::getStateCase)
                .containsExactly(Gradient.StateCase.VALUE, Gradient.StateCase.UNUSED);
    }

    @Test
    void takesCotangentsOfAnyValue() {
        RunResponse response = stub.run(squares()
                .setBackward(Backward.newBuilder()
                        .addRoots("square")
                        .addCotangents(Cotangent.newBuilder().setTensor(Wire.vector(Float.NaN, 1, 10))))
                .build());
        assertThat(Wire.floats(response.getGradients(0).getValue())).containsExactly(Float.NaN, 4, 60);
    }

    @Test
    void returnsInputsAndUsesConstants() {
        Graph.Builder graph = Graph.newBuilder()
                .addInputs(Wire.leaf("x", 2))
                .addNodes(Wire.node(
                        "s",
                        "add",
                        Wire.value("x"),
                        Argument.newBuilder().setTensor(Wire.vector(10, 20)).build()))
                .addOutputs("x")
                .addOutputs("s");
        RunResponse response = stub.run(RunRequest.newBuilder()
                .setProgram(Wire.program(graph))
                .addInputs(Wire.named("x", Wire.vector(1, 2)))
                .build());
        assertThat(response.getOutputsList()).extracting(NamedTensor::getName).containsExactly("x", "s");
        assertThat(Wire.floats(response.getOutputs(0).getTensor())).containsExactly(1, 2);
        assertThat(Wire.floats(response.getOutputs(1).getTensor())).containsExactly(11, 22);
        assertThat(response.getGradFnsCount()).isZero();
    }

    @Test
    void measuresEachNode() {
        RunResponse response = stub.run(
                squares().setOptions(Options.newBuilder().setProfile(true)).build());
        GradFn mul = response.getGradFns(1);
        assertThat(mul.getForward().getNanoseconds()).isPositive();
        assertThat(mul.getForward().getFlops()).isEqualTo(3);
        assertThat(mul.getBackward().getNanoseconds()).isPositive();
    }

    @Test
    void selectsGradFnsByNode() {
        RunRequest.Builder request = squares();
        request.getProgramBuilder()
                .getGraphBuilder()
                .addNodes(Wire.node("sign", "gt", Wire.value("x"), Wire.integer(0)));
        request.getOptionsBuilder()
                .getGradFnsBuilder()
                .setMode(GradFnMode.GRAD_FN_MODE_NODES)
                .addNodes("sign")
                .addNodes("y");
        assertThat(stub.run(request.build()).getGradFnsList())
                .extracting(GradFn::getNode, GradFn::getName)
                .containsExactly(tuple("y", "SumBackward0"), tuple("sign", ""));
        request.getOptionsBuilder().getGradFnsBuilder().clear().setMode(GradFnMode.GRAD_FN_MODE_NONE);
        assertThat(stub.run(request.build()).getGradFnsCount()).isZero();
    }

    @Test
    void finishesDespiteAnAnomalyWhenAsked() {
        RunRequest.Builder request = squares()
                .clearInputs()
                .addInputs(Wire.named("x", Wire.vector(1, Float.POSITIVE_INFINITY, Float.NaN)))
                .setOptions(Options.newBuilder().setDetectAnomaly(true).setKeepGoing(true));
        RunResponse response = stub.run(request.build());
        assertThat(response.getAnomaly().getNode()).isEqualTo("square");
        assertThat(response.getAnomaly().getInputs(0))
                .isEqualTo(ValueRange.newBuilder()
                        .setName("x")
                        .setMin(1)
                        .setMax(1)
                        .setNanCount(1)
                        .setInfCount(1)
                        .build());
        assertThat(response.getOutputsCount()).isEqualTo(1);
    }

    /** A plan is shared by graphs that differ in names only; what is said of it must not be. */
    @Test
    void neverSpeaksOfAnothersNames() {
        for (String name : List.of("secret", "mine")) {
            Graph.Builder graph = Graph.newBuilder()
                    .addInputs(Wire.leaf(name + "_x", 2))
                    .addNodes(Wire.node(name, "log", Wire.value(name + "_x")))
                    .addOutputs(name);
            RunRequest request = RunRequest.newBuilder()
                    .setProgram(Wire.program(graph))
                    .addInputs(Wire.named(name + "_x", Wire.vector(0, 1)))
                    .setOptions(Options.newBuilder().setDetectAnomaly(true))
                    .build();
            Details details = Details.of(() -> stub.run(request));
            assertThat(details.metadata()).containsEntry("node", name);
            assertThat(details.find(Anomaly.class).getInputs(0).getName()).isEqualTo(name + "_x");
        }
    }

    @Test
    void knowsAPlanAgain() {
        RunRequest request = squares().setProgram(Wire.program(Wire.squares(3))).build();
        stub.run(request);
        RunResponse again = stub.run(request);
        assertThat(again.getStatistics().getPlanCacheHit()).isTrue();
        assertThat(again.getDigest()).isEqualTo(stub.run(request).getDigest());
    }

    @Test
    void plansWithoutRunning() {
        PlanResponse plan = stub.plan(PlanRequest.newBuilder()
                .setProgram(Wire.program(Wire.squares(3)))
                .setBackward(Backward.getDefaultInstance())
                .build());
        assertThat(plan.getTypesList())
                .extracting(ValueType::getName, ValueType::getRequiresGrad)
                .containsExactly(tuple("x", true), tuple("square", true), tuple("y", true));
        assertThat(plan.getGradFnsCount()).isEqualTo(3);
        assertThat(plan.getPrice().getFlops()).isPositive();
        assertThat(plan.getStepsList())
                .isNotEmpty()
                .allSatisfy(step -> assertThat(step.getNodesCount()).isPositive());
        assertThat(plan.getSteps(0).getKernel()).isEqualTo("vector");
        assertThat(plan.getSteps(0).getNodesList()).containsExactly("square", "y");
        assertThat(plan.getStepsList()).anyMatch(Step::getBackward);
        assertThat(plan.getDigest()).isEqualTo(stub.run(squares().build()).getDigest());
    }

    @Test
    void tellsWhatItIs() {
        GetServerInfoResponse info = stub.getServerInfo(GetServerInfoRequest.getDefaultInstance());
        assertThat(info.getDevices(0).getName()).isEqualTo("cpu");
        assertThat(info.getDevices(0).getLibraryVersion()).isNotEmpty();
        assertThat(info.getDtypesList()).doesNotContain(Dtype.DTYPE_UNSPECIFIED).hasSize(12);
        assertThat(info.getLimitsList())
                .extracting(dev.gradwire.v1.Limit::getName)
                .contains("max_graph_nodes", "max_peak_bytes", "max_flops")
                .hasSize(Limit.values().length);
        assertThat(info.getOperatorsList())
                .extracting(Operator::getName)
                .contains("add", "grad", "matmul")
                .doesNotHaveDuplicates();
        assertThat(info.getSerializedSize()).isLessThan(4 << 20);
        assertThat(dtypes(info, "mul")).hasSize(12);
        assertThat(dtypes(info, "matmul")).contains(Dtype.DTYPE_COMPLEX64);
        assertThat(dtypes(info, "lt")).hasSize(10).doesNotContain(Dtype.DTYPE_COMPLEX64, Dtype.DTYPE_COMPLEX128);
        assertThat(dtypes(info, "sub")).doesNotContain(Dtype.DTYPE_BOOL).contains(Dtype.DTYPE_COMPLEX128);
        assertThat(dtypes(info, "gcd")).doesNotContain(Dtype.DTYPE_FLOAT32, Dtype.DTYPE_BOOL);
        assertThat(dtypes(info, "frac"))
                .containsExactlyInAnyOrder(
                        Dtype.DTYPE_FLOAT32, Dtype.DTYPE_FLOAT64, Dtype.DTYPE_FLOAT16, Dtype.DTYPE_BFLOAT16);
    }

    /** Of the first overload. */
    private static List<Dtype> dtypes(GetServerInfoResponse info, String operator) {
        return info.getOperatorsList().stream()
                .filter(each -> each.getName().equals(operator))
                .findFirst()
                .orElseThrow()
                .getOverloads(0)
                .getDtypesList();
    }
}
