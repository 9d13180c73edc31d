package dev.gradwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.gradwire.service.GradwireServer;
import dev.gradwire.service.ServerConfig;
import dev.gradwire.v1.GradCheck;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The client and the real server, over a loopback connection. */
final class EndToEndTest {
    private static GradwireServer server;
    private static Gradwire client;

    @BeforeAll
    static void start() throws Exception {
        server = GradwireServer.start(ServerConfig.DEFAULT);
        client = Gradwire.connect("localhost:" + server.port());
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    @Test
    void sumOfSquares() {
        Tensor a = client.ones(2, 2).requiresGrad(true);
        Tensor b = a.add(2);
        Tensor c = b.pow(2);
        Tensor out = c.sum();
        out.backward();

        assertThat(a.grad().evaluate()).hasToString("tensor([[6., 6.],\n        [6., 6.]])");
        assertThat(out.item()).isEqualTo(36);
        assertThat(a.evaluate()).hasToString("tensor([[1., 1.],\n        [1., 1.]], requires_grad=True)");
        assertThat(b.evaluate()).hasToString("tensor([[3., 3.],\n        [3., 3.]], grad_fn=<AddBackward0>)");
        assertThat(c.evaluate()).hasToString("tensor([[9., 9.],\n        [9., 9.]], grad_fn=<PowBackward0>)");
        assertThat(out.evaluate()).hasToString("tensor(36., grad_fn=<SumBackward0>)");
        assertThat(out.gradFn().tree()).isEqualTo("""
                        SumBackward0 sum float32[]
                        └─ PowBackward0 pow float32[2, 2]
                           └─ AddBackward0 add float32[2, 2]
                              ├─ AccumulateGrad ones float32[2, 2]
                              └─ None
                        """);
    }

    @Test
    void complexNumbers() {
        Tensor z = client.tensor(
                        TensorData.of(DType.COMPLEX128, new Complex[] {Complex.of(1, 2), Complex.of(0, -3)}, 2))
                .requiresGrad(true);
        Tensor x = client.tensor(new double[] {2, 5}).requiresGrad(true);
        Tensor product = z.mul(Complex.of(0, 1)).mul(x);
        Tensor out = product.abs().pow(2).sum();
        out.backward();

        assertThat(product.data().toComplexArray()).containsExactly(Complex.of(-4, 2), Complex.of(15, 0));
        assertThat(out.item()).isEqualTo(245, within(1e-12));
        // ∂/∂Re z + i ∂/∂Im z of Σ |z|² x², and a real gradient for what is real.
        assertThat(z.grad().data().toDoubleArray()).containsExactly(new double[] {8, 16, 0, -150}, within(1e-12));
        assertThat(x.grad().data().toDoubleArray()).containsExactly(new double[] {20, 90}, within(1e-12));
        assertThat(z.sum().complexItem()).isEqualTo(Complex.of(1, -1));
        assertThatExceptionOfType(InvalidGraphException.class)
                .isThrownBy(() -> z.lt(1).data())
                .withMessageContaining("is complex");
    }

    @Test
    void gradFnsReachBehindKnownValues() {
        Tensor x = client.tensor(2.0).named("x").requiresGrad(true);
        Tensor w = client.tensor(3.0).named("w").requiresGrad(true);
        Tensor y = x.exp().evaluate();
        Tensor z = y.mul(w).evaluate();

        assertThat(z.gradFn().tree()).isEqualTo("""
                        MulBackward0 mul float64[]
                        ├─ ExpBackward0 exp float64[]
                        │  └─ AccumulateGrad x float64[]
                        └─ AccumulateGrad w float64[]
                        """);
        assertThat(w.requiresGrad()).isTrue();
        assertThat(z.requiresGrad()).isTrue();
        assertThat(z.detach().requiresGrad()).isFalse();
        assertThat(client.tensor(new float[] {1, 2}).requiresGrad(true).argmax().requiresGrad())
                .isFalse();
    }

    @Test
    void vectorJacobianProduct() {
        Tensor x = client.ones(3).requiresGrad(true);
        Tensor z = x.pow(2).add(3);
        z.backward(client.tensor(new float[] {0.1f, 1, 10}));

        assertThat(x.grad().evaluate()).hasToString("tensor([ 0.2000,  2.0000, 20.0000])");
        z.backward(client.tensor(new float[] {1, 1, 1}));
        assertThat(x.grad().data().toFloatArray()).containsExactly(2.2f, 4, 22);
    }

    @Test
    void secondDerivativesAndTangents() {
        Tensor x = client.tensor(3.0).requiresGrad(true);
        Tensor slope = Gradwire.grad(x.pow(3), x).getFirst();
        Tensor curvature = Gradwire.grad(slope, x).getFirst();
        Tensor tangent = Gradwire.jvp(List.of(x.pow(3)), List.of(x), List.of(client.tensor(2.0)))
                .getFirst();
        client.evaluate(slope, curvature, tangent);

        assertThat(slope.item()).isEqualTo(27);
        assertThat(curvature.item()).isEqualTo(18);
        assertThat(tangent.item()).isEqualTo(54);
        slope.backward();
        assertThat(x.grad().item()).isEqualTo(18);
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void everyTypeComesBackAsItWent(DType dtype) {
        double[] values = dtype == DType.BOOL ? new double[] {1, 0} : new double[] {1, 2};
        long[] shape = dtype.isComplex() ? new long[] {1, 1} : new long[] {1, 2};
        TensorData data = TensorData.of(dtype, values, shape);
        Tensor viewed = client.tensor(data).squeeze(0);

        assertThat(viewed.data()).isEqualTo(TensorData.of(dtype, values, shape[1]));
    }

    @Test
    void emptyTensorsAndNans() {
        Tensor x = client.tensor(new float[0], 0, 3).requiresGrad(true);
        x.sum().backward();

        assertThat(x.grad().data()).isEqualTo(x.data());
        assertThat(x.sum().item()).isZero();
        assertThat(client.tensor(Float.NaN).add(1).item()).isNaN();
        assertThat(client.tensor(new float[] {-1, 0}).log().evaluate()).hasToString("tensor([nan, -inf])");
    }

    @Test
    void gradientsSeeWhatWasDrawnForTheValue() {
        Tensor x = client.ones(64).requiresGrad(true);
        Tensor y = client.dropout(x, 0.5, true);
        double[] value = y.data().toDoubleArray();
        y.sum().backward();
        assertThat(x.grad().data().toDoubleArray()).containsExactly(value).contains(0, 2);
        assertThat(client.dropout(x, 0.5, true).data().toDoubleArray()).isNotEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 5_000, 700_001})
    void packedTensorsAreTheSame(int elements) {
        float[] values = new float[elements];
        Random random = new Random(3);
        for (int i = 0; i < elements; i++) {
            values[i] = random.nextInt(16);
        }
        List<TensorData> answers = new ArrayList<>();
        for (boolean compressed : new boolean[] {false, true}) {
            Tensor x = client.withOptions(RunOptions.defaults().compressed(compressed))
                    .tensor(values)
                    .requiresGrad(true);
            x.mul(x).sum().backward();
            answers.add(x.grad().data());
        }
        assertThat(answers.get(1)).isEqualTo(answers.get(0));
    }

    @Test
    void severalResults() {
        Results max = client.tensor(new float[] {1, 5, 3}).max(0);
        assertThat(max.get("values").item()).isEqualTo(5);
        assertThat(max.get("indices").item()).isEqualTo(1);
        Results parts = client.tensor(new float[] {1, 2, 3}).split(2);
        assertThat(parts).hasSize(2);
        assertThat(parts.get(1).data().toFloatArray()).containsExactly(3);
    }

    @Test
    void errorsNameTheNodeAndTheArgument() {
        Tensor a = client.tensor(new float[6], 2, 3);
        Tensor product = a.mm(a).named("product");

        assertThatExceptionOfType(InvalidGraphException.class)
                .isThrownBy(product::data)
                .satisfies(e -> {
                    assertThat(e.reason()).isEqualTo("SHAPE_MISMATCH");
                    assertThat(e.node()).hasValue("product");
                    assertThat(e.op()).hasValue("mm");
                    assertThat(e.argument()).hasValue("mat2");
                    assertThat(e.field()).isPresent();
                });
        assertThatExceptionOfType(InvalidGraphException.class)
                .isThrownBy(() -> client.call("no_such_thing", List.of(a), Map.of())
                        .getFirst()
                        .data())
                .satisfies(e -> assertThat(e.reason()).isEqualTo("UNKNOWN_OPERATOR"));
        assertThatExceptionOfType(DeviceUnavailableException.class)
                .isThrownBy(() -> client.withOptions(RunOptions.defaults().device("cuda:7"))
                        .tensor(1.0f)
                        .exp()
                        .data());
        assertThatExceptionOfType(InvalidGraphException.class)
                .isThrownBy(() -> a.requiresGrad(true).exp().backward());
    }

    @Test
    void anomaliesAreFound() {
        Gradwire careful = client.withOptions(RunOptions.defaults().detectAnomaly(true));
        Tensor x = careful.tensor(new float[] {0, -1}).requiresGrad(true);

        assertThatExceptionOfType(AnomalyException.class)
                .isThrownBy(() -> x.log().named("logarithm").sum().backward())
                .satisfies(e -> assertThat(e.anomaly().getNode()).isEqualTo("logarithm"));
    }

    @Test
    void gradientsAreComparedWithFiniteDifferences() {
        Gradwire checking = client.withOptions(RunOptions.defaults()
                .gradCheck(GradCheck.newBuilder().setSamples(2).build()));
        Tensor x = checking.tensor(new double[] {0.5, -1, 2}).requiresGrad(true);
        Report report = checking.backward(x.tanh().sum(), null);

        assertThat(report.gradChecks()).singleElement().satisfies(check -> {
            assertThat(check.getPassed()).isTrue();
            assertThat(check.getSamples()).isEqualTo(2);
            assertThat(check.getWorstAnalytic()).isCloseTo(check.getWorstNumeric(), within(1e-6));
        });
    }

    @Test
    void runsCanBeMeasuredAndGoOnPastAnomalies() {
        Gradwire measuring = client.withOptions(
                RunOptions.defaults().profile(true).detectAnomaly(true).keepGoing(true));
        Tensor x = measuring.tensor(new float[] {0, 1}).requiresGrad(true);
        Report report = measuring.backward(x.log().sum(), null);

        assertThat(report.anomaly())
                .hasValueSatisfying(anomaly -> assertThat(anomaly.getNode()).isEqualTo("log"));
        assertThat(report.gradFns())
                .extracting(GradFn::name)
                .containsExactlyInAnyOrder("AccumulateGrad", "LogBackward0", "SumBackward0");
        assertThat(report.gradFns()).allMatch(gradFn -> gradFn.forward().isPresent());
        assertThat(report.guarantees().getDeterministic()).isTrue();
        assertThat(x.grad().data().toFloatArray()).containsExactly(Float.POSITIVE_INFINITY, 1);
    }

    @Test
    void manyThreadsMayShareTensors() throws Exception {
        Tensor x = client.tensor(new float[] {1, 2, 3}).requiresGrad(true);
        Tensor still = client.tensor(new float[] {1, 1, 1}).mul(2);
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<Double>> sums = threads.invokeAll(Collections.nCopies(64, () -> {
                Tensor y = x.mul(still).sum();
                y.backward();
                return y.item();
            }));
            for (Future<Double> sum : sums) {
                assertThat(sum.get()).isEqualTo(12);
            }
        }

        assertThat(x.grad().data().toFloatArray()).containsExactly(128, 128, 128);
    }

    @Test
    void typesPricesAndOperatorsAreKnownWithoutRunning() {
        Tensor y = client.tensor(new float[6], 2, 3).t().add(1.5);

        assertThat(y.shape()).containsExactly(3, 2);
        assertThat(y.dtype()).isEqualTo(DType.FLOAT32);
        assertThat(client.plan(y).getPrice().getFlops()).isPositive();
        assertThat(client.serverInfo().getOperatorsList())
                .anyMatch(op -> op.getName().equals("conv2d"));
    }

    @ParameterizedTest
    @ValueSource(ints = {250_000, 600_000, 1_200_001})
    void largeTensorsGoAndComeInChunks(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = i % 1000;
        }
        Tensor x = client.tensor(values).requiresGrad(true);
        x.mul(x).sum().backward();
        float[] gradient = x.grad().data().toFloatArray();

        assertThat(IntStream.range(0, count).allMatch(i -> gradient[i] == 2 * values[i]))
                .isTrue();
        assertThat(client.arange(count).data().numel()).isEqualTo(count);
    }

    @Test
    void trainingKeepsItsParametersOnTheServer() {
        Tensor x = client.input(DType.FLOAT64, 4).named("x");
        Tensor y = client.input(DType.FLOAT64, 4).named("y");
        Tensor w = client.tensor(0.0).named("w").requiresGrad(true);
        Tensor loss = x.mul(w).sub(y).square().mean();
        Tensor next = w.sub(Gradwire.grad(loss, w).getFirst().mul(0.1));
        Program training = Program.builder()
                .output("loss", loss)
                .output("w", next)
                .carry(w, next)
                .build();
        TensorData inputs = TensorData.of(new double[] {1, 2, -1, 0.5}, 4);
        TensorData targets = TensorData.of(new double[] {3, 6, -3, 1.5}, 4);

        try (Session session = client.session()) {
            session.run(training, Map.of(x, inputs, y, targets), List.of());
            for (int i = 0; i < 50; i++) {
                session.run(training, Map.of(), List.of());
            }
            Run last = session.run(training, Map.of());
            assertThat(last.get("w").item()).isCloseTo(3, within(1e-6));
            assertThat(last.get("loss").item()).isCloseTo(0, within(1e-6));
        }
    }

    @Test
    void sessionsSurviveFailedRunsAndTakeTensorsOfAnySize() {
        int count = 700_000;
        Tensor x = client.input(DType.FLOAT64, count).named("x");
        Tensor none = client.input(DType.FLOAT32, 0, 3).named("none");
        Program logarithm = Program.builder().output("log", x.log()).build();
        Program sum = Program.builder()
                .output("sum", x.sum())
                .output("none", none.mul(2))
                .build();
        double[] values = new double[count];
        values[count - 1] = -1;
        RunOptions careful = RunOptions.defaults().detectAnomaly(true);

        try (Session session = client.withOptions(careful).session()) {
            Run failed = session.run(logarithm, Map.of(x, TensorData.of(values, count)));
            assertThatExceptionOfType(AnomalyException.class).isThrownBy(() -> failed.get("log"));
            Run run = session.run(sum, Map.of(none, TensorData.of(new float[0], 0, 3)));
            assertThat(run.get("sum").item()).isEqualTo(-1);
            assertThat(run.get("none").shape()).containsExactly(0, 3);
            Arrays.fill(values, 1);
            Run last = session.run(logarithm, Map.of(x, TensorData.of(values, count)));
            assertThat(last.get("log").toDoubleArray()).containsOnly(0);
            assertThat(last.statistics().getComputeNanoseconds()).isPositive();
        }
    }

    @Test
    void aServerThatIsNotThereIsUnavailable() {
        try (Gradwire lonely = Gradwire.connect("localhost:1")) {
            assertThatExceptionOfType(UnavailableException.class)
                    .isThrownBy(() -> lonely.tensor(1.0f).exp().data());
            assertThatExceptionOfType(UnavailableException.class)
                    .isThrownBy(() -> lonely.tensor(new float[300_000]).exp().data());
        }
    }
}
