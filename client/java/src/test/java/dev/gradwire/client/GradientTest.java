package dev.gradwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gradwire.v1.Edge;
import dev.gradwire.v1.GradFn;
import dev.gradwire.v1.PlanResponse;
import dev.gradwire.v1.ValueType;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class GradientTest {
    private final FakeServer server = new FakeServer();
    private final Gradwire client = server.client();

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void gradientsAddUpLazily() {
        Tensor x = client.tensor(1.0f).named("x").requiresGrad(true);
        assertThat(x.grad()).isNull();

        x.exp().backward();
        x.sin().backward();
        assertThat(server.runs).hasSize(2);

        x.grad().data();
        assertThat(server.runs.getLast().getProgram().getGraph().getNodes(0).getOp())
                .isEqualTo("add.Tensor");
        assertThat(x.grad().requiresGrad()).isFalse();
        x.zeroGrad();
        assertThat(x.grad()).isNull();
    }

    @Test
    void theScalarsValueComesAlong() {
        Tensor loss = client.tensor(1.0f).requiresGrad(true).exp();
        loss.backward();
        loss.item();

        assertThat(server.runs).hasSize(1);
    }

    @Test
    void aCotangentIsAnInputOfTheGraph() {
        Tensor x = client.tensor(new float[] {1, 2, 3}).named("x").requiresGrad(true);
        x.pow(2).backward(client.tensor(new float[] {0.1f, 1, 10}).named("v"));

        assertThat(server.runs.getFirst().getBackward().getCotangents(0).getValue())
                .isEqualTo("v");
        assertThat(server.runs.getFirst().getProgram().getGraph().getOutputsList())
                .isEmpty();
    }

    @Test
    void onlyLeavesThatRequireGradGetOne() {
        Tensor x = client.tensor(1.0f).named("x").requiresGrad(true);
        Tensor y = client.tensor(1.0f).named("y");
        x.mul(y).backward();

        assertThat(server.runs.getFirst().getBackward().getInputsList()).containsExactly("x");
        assertThat(y.grad()).isNull();
    }

    @Test
    void refusesWhatHasNoGradientWithoutAskingTheServer() {
        Tensor x = client.tensor(1.0f);
        Tensor y = client.tensor(1.0f).requiresGrad(true);

        assertThatExceptionOfType(NotDifferentiableException.class)
                .isThrownBy(() -> x.exp().backward())
                .satisfies(e -> assertThat(e.reason()).isEqualTo("NOT_DIFFERENTIABLE"));
        assertThatExceptionOfType(NotDifferentiableException.class).isThrownBy(() -> Gradwire.grad(y.exp(), x));
        assertThatExceptionOfType(NotDifferentiableException.class)
                .isThrownBy(() -> y.gt(0).backward());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> client.tensor(1L).requiresGrad(true))
                .withMessageContaining("int64");
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> y.exp().requiresGrad(true));
        assertThat(server.runs).isEmpty();
    }

    private static GradFn gradFn(String node, String name, String... next) {
        GradFn.Builder message = GradFn.newBuilder().setNode(node).setName(name);
        for (String edge : next) {
            message.addNextFunctions(Edge.newBuilder().setNode(edge));
        }
        return message.build();
    }

    @Test
    void gradFnsCanBeWalkedAndDrawn() {
        server.plan = PlanResponse.newBuilder()
                .addGradFns(gradFn("x", "AccumulateGrad"))
                .addGradFns(gradFn("exp", "ExpBackward0", "x"))
                .addGradFns(gradFn("mul", "MulBackward0", "exp", ""))
                .addGradFns(gradFn("add", "AddBackward0", "mul", "exp"))
                .build();
        Tensor x = client.tensor(1.0f).named("x").requiresGrad(true);
        Tensor y = x.exp();
        Tensor out = y.mul(client.tensor(2.0f)).add(y);

        assertThat(out.gradFn()).hasToString("<AddBackward0>");
        assertThat(out.gradFn().nextFunctions().getFirst().function().name()).isEqualTo("MulBackward0");
        assertThat(out.gradFn()
                        .nextFunctions()
                        .get(1)
                        .function()
                        .nextFunctions()
                        .getFirst()
                        .function()
                        .variable())
                .isSameAs(x);
        assertThat(out.gradFn().tree()).isEqualTo("""
                        AddBackward0 add
                        ├─ MulBackward0 mul
                        │  ├─ ExpBackward0 exp
                        │  │  └─ AccumulateGrad x
                        │  └─ None
                        └─ ExpBackward0 exp (shown above)
                        """);
        assertThat(out.gradFn().dot()).isEqualTo("""
                        digraph grad_fn {
                          node [shape=box fontname="Helvetica"];
                          n0 [label="AddBackward0\\nadd"];
                          n1 [label="MulBackward0\\nmul"];
                          n2 [label="ExpBackward0\\nexp"];
                          n3 [label="AccumulateGrad\\nx" shape=ellipse];
                          n0 -> n1;
                          n0 -> n2;
                          n2 -> n3;
                          n1 -> n2;
                        }
                        """);
        assertThat(server.plans).hasSize(1);
        assertThat(x.gradFn()).isNull();
    }

    @Test
    void typesComeFromAPlan() {
        server.plan = PlanResponse.newBuilder()
                .addTypes(ValueType.newBuilder()
                        .setName("exp")
                        .setType(TensorType.of(DType.FLOAT64, 2, 3).wire()))
                .build();
        Tensor y = client.tensor(1.0).exp();

        assertThat(y.shape()).containsExactly(2, 3);
        assertThat(y.dtype()).isEqualTo(DType.FLOAT64);
        assertThat(server.plans).hasSize(1);
        assertThat(server.runs).isEmpty();
    }

    @Test
    void aListsLengthComesFromAPlan() {
        PlanResponse.Builder plan = PlanResponse.newBuilder();
        for (String name : List.of("input", "split", "split:1", "split_1")) {
            plan.addTypesBuilder()
                    .setName(name)
                    .setType(TensorType.of(DType.FLOAT32).wire());
        }
        server.plan = plan.build();

        assertThat(client.tensor(new float[4]).split(2)).hasSize(2);
    }
}
