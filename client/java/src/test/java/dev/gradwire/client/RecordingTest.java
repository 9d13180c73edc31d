package dev.gradwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.TextFormat;
import dev.gradwire.v1.Argument;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Node;
import dev.gradwire.v1.RunRequest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;

/** What is sent, and when. */
final class RecordingTest {
    private final FakeServer server = new FakeServer();
    private final Gradwire client = server.client();

    @AfterEach
    void close() {
        server.close();
    }

    /** One node a line: {@code c = pow.Tensor_Scalar(add, 2)}. */
    private static String text(Graph graph) {
        String inputs = graph.getInputsList().stream()
                .map(input -> input.getName() + (input.getRequiresGrad() ? "*" : ""))
                .collect(Collectors.joining(", "));
        String nodes = graph.getNodesList().stream().map(RecordingTest::text).collect(Collectors.joining());
        return inputs + "\n" + nodes + "return " + String.join(", ", graph.getOutputsList());
    }

    private static String text(Node node) {
        String args = node.getArgsList().stream().map(RecordingTest::text).collect(Collectors.joining(", "));
        String kwargs = node.getKwargsMap().entrySet().stream()
                .map(entry -> ", " + entry.getKey() + "=" + text(entry.getValue()))
                .sorted()
                .collect(Collectors.joining());
        return node.getName() + " = " + node.getOp() + "(" + args + kwargs + ")\n";
    }

    private static String text(Argument argument) {
        return switch (argument.getKindCase()) {
            case VALUE -> argument.getValue();
            case VALUES -> argument.getValues().getValuesList().toString();
            case INT -> Long.toString(argument.getInt());
            case INTS -> argument.getInts().getValuesList().toString();
            case FLOAT -> Double.toString(argument.getFloat());
            case BOOL -> Boolean.toString(argument.getBool());
            case NONE -> "None";
            default ->
                TextFormat.printer()
                        .emittingSingleLine(true)
                        .printToString(argument)
                        .strip();
        };
    }

    private RunRequest only() {
        assertThat(server.runs).hasSize(1);
        return server.runs.getFirst();
    }

    private static String graph(RunRequest request) {
        return text(request.getProgram().getGraph());
    }

    @Test
    void recordingSendsNothing() {
        Tensor x = client.tensor(new float[] {1, 2}).requiresGrad(true);
        Tensor unused = x.mul(2).sum();
        Gradwire.grad(unused, x);
        client.ones(2, 2).requiresGrad(true);

        assertThat(unused).hasToString("tensor(<sum, not computed>)");
        assertThat(server.runs).isEmpty();
        assertThat(server.plans).isEmpty();
    }

    @Test
    void oneRequestHoldsTheAncestorsOnly() {
        Tensor x = client.tensor(new float[] {1, 2}).named("x");
        Tensor y = x.add(2).pow(2);
        x.sin().cos();
        Tensor out = y.sum().named("out");

        out.data();

        assertThat(graph(only())).isEqualTo("""
                        x
                        add = add.Tensor(x, 2)
                        pow = pow.Tensor_Scalar(add, 2)
                        out = sum(pow)
                        return out""");
        assertThat(only().getInputs(0).getTensor()).isEqualTo(Operand.message(x.data()));
    }

    @Test
    void knownValuesAreSentInsteadOfComputedAgain() {
        Tensor x = client.tensor(1.0f).named("x");
        Tensor y = x.exp().named("y");
        y.data();
        server.runs.clear();

        y.add(x).data();
        assertThat(graph(only())).isEqualTo("x, y\nadd = add.Tensor(y, x)\nreturn add");
        y.data();
        assertThat(server.runs).hasSize(1);
    }

    @Test
    void whatIsDifferentiatedThroughIsComputedAgain() {
        Tensor x = client.tensor(1.0f).named("x").requiresGrad(true);
        Tensor y = x.exp();
        Tensor scale = client.tensor(2.0f).neg();
        client.evaluate(y, scale);
        server.runs.clear();

        y.mul(scale).backward();

        assertThat(graph(only())).isEqualTo("""
                        x*, neg
                        exp = exp(x)
                        mul = mul.Tensor(exp, neg)
                        return mul""");
        assertThat(only().getBackward().getRootsList()).containsExactly("mul");
        assertThat(only().getBackward().getInputsList()).containsExactly("x");
    }

    @Test
    void aRecordedDerivativeNeedsTheWayToItsInputs() {
        Tensor x = client.tensor(1.0f).named("x").requiresGrad(true);
        Tensor y = x.exp();
        y.data();
        server.runs.clear();

        Tensor slope = Gradwire.grad(y.mul(y), x).getFirst();
        Gradwire.grad(slope, x).getFirst().data();

        assertThat(graph(only())).isEqualTo("""
                        x*
                        exp = exp(x)
                        mul = mul.Tensor(exp, exp)
                        grad = grad([mul], [x], None)
                        grad_1 = grad([grad], [x], None)
                        return grad_1""");
    }

    @Test
    void severalTensorsTakeOneRequest() {
        Tensor x = client.tensor(1.0f);
        Tensor a = x.sin();
        Tensor b = x.cos();

        client.evaluate(a, b, x, a);
        a.data();
        b.data();

        assertThat(graph(only())).isEqualTo("input\nsin = sin(input)\ncos = cos(input)\nreturn sin, cos");
    }

    @Test
    void equalGraphsGetEqualNames() {
        client.tensor(1.0f).add(1).add(2).data();
        client.tensor(5.0f).add(1).add(2).data();

        assertThat(server.runs.get(0).getProgram()).isEqualTo(server.runs.get(1).getProgram());
    }

    @Test
    void namesChosenTwiceAreNumbered() {
        Tensor a = client.tensor(1.0f).named("w");
        Tensor b = client.tensor(2.0f).named("w");
        a.add(b).named("w").data();

        assertThat(graph(only())).isEqualTo("w, w_1\nw_2 = add.Tensor(w, w_1)\nreturn w_2");
        assertThatIllegalArgumentException().isThrownBy(() -> a.named("a:1"));
        assertThatIllegalArgumentException().isThrownBy(() -> a.named(""));
    }

    @Test
    void aFactoryMadeALeafIsAskedForFirst() {
        server.values.put("ones", TensorData.of(new float[] {1, 1}, 2));
        Tensor x = client.ones(2).requiresGrad(true);

        x.mul(x).sum().backward();

        assertThat(graph(server.runs.get(0))).isEqualTo("\nones = ones([2])\nreturn ones");
        assertThat(graph(server.runs.get(1)))
                .isEqualTo("ones*\nmul = mul.Tensor(ones, ones)\nsum = sum(mul)\nreturn sum");
        assertThat(server.runs).hasSize(2);
        assertThat(x.isLeaf()).isTrue();
    }

    @Test
    void aFactoryMadeALeafHasAGradientOfItsOwn() {
        server.values.put("ones", TensorData.of(new float[] {1}, new long[0]));
        server.values.put("dones", TensorData.of(new float[] {1}, new long[0]));
        Tensor x = client.ones().requiresGrad(true);
        x.backward();

        assertThat(x.grad().item()).isEqualTo(1);
        assertThat(graph(server.runs.get(1))).isEqualTo("ones*\nreturn ");
        assertThat(server.runs.get(1).getBackward().getRootsList()).containsExactly("ones");
    }

    @Test
    void laterResultsAreNamedWithAColon() {
        Tensor x = client.tensor(new float[] {1, 2});
        x.max(0).get("indices").add(1).data();

        assertThat(graph(only())).contains("max = max.dim(input, 0)\nadd = add.Tensor(max:1, 1)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> x.max(0).get("places"))
                .withMessageContaining("[values, indices]");
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> x.max(0).get(2));
    }

    @Test
    void noGradientFlowsThroughWhatIsRecordedWithout() {
        Tensor x = client.tensor(1.0f).named("x").requiresGrad(true);
        Tensor still = Gradwire.noGrad(() -> x.mul(3));
        x.add(still).backward();

        assertThat(still.requiresGrad()).isFalse();
        assertThat(graph(only())).isEqualTo("""
                        x*
                        detach = detach(x)
                        mul = mul.Tensor(detach, 3)
                        add = add.Tensor(x, mul)
                        return add""");
    }

    @Test
    void detachedTensorsShareKnownValues() {
        Tensor x = client.tensor(1.0f).requiresGrad(true);
        assertThat(x.detach().data()).isSameAs(x.data());
        assertThat(x.detach().requiresGrad()).isFalse();

        x.exp().detach().add(1).data();
        assertThat(graph(only())).contains("detach = detach(exp)\n");
    }

    static final Arguments[] arguments = {
        Arguments.of(null, "None"),
        Arguments.of(3, "3"),
        Arguments.of((byte) 3, "3"),
        Arguments.of(1L << 40, "1099511627776"),
        Arguments.of(0.5, "0.5"),
        Arguments.of(0.5f, "0.5"),
        Arguments.of(Double.NaN, "NaN"),
        Arguments.of(true, "true"),
        Arguments.of("mean", "string: \"mean\""),
        Arguments.of(DType.BFLOAT16, "dtype: DTYPE_BFLOAT16"),
        Arguments.of(new long[] {1, -1}, "[1, -1]"),
        Arguments.of(new int[] {1, -1}, "[1, -1]"),
        Arguments.of(new long[0], "[]"),
        Arguments.of(List.of(1, 2L), "[1, 2]"),
        Arguments.of(List.of(), "[]"),
        Arguments.of(List.of(1, 2.5), "floats { values: 1.0 values: 2.5 }"),
        Arguments.of(new double[] {1}, "floats { values: 1.0 }"),
        Arguments.of(new boolean[] {true, false}, "bools { values: true values: false }"),
        Arguments.of(List.of(true), "bools { values: true }"),
    };

    @ParameterizedTest
    @FieldSource("arguments")
    void argumentsGoByTheirKind(@Nullable Object argument, String text) {
        client.call("some.op", Arrays.asList(argument), Map.of()).getFirst().data();

        assertThat(text(only().getProgram().getGraph().getNodes(0).getArgs(0))).isEqualTo(text);
    }

    @Test
    void listsOfTensorsMayHaveHoles() {
        Tensor x = client.tensor(1.0f);
        client.call("aten.index.Tensor", List.of(x), Map.of("indices", Arrays.asList(null, x)))
                .getFirst()
                .data();

        assertThat(graph(only())).contains("index = aten.index.Tensor(input, indices=[, input])");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> client.call("some.op", List.of(Map.of()), Map.of()))
                .withMessageContaining("but not");
    }

    @Test
    void deepGraphsNeedNoDeepStack() {
        Tensor x = client.tensor(1.0f).requiresGrad(true);
        Tensor y = x;
        for (int i = 0; i < 20_000; i++) {
            y = y.sin();
        }
        y.backward();

        assertThat(server.runs.isEmpty() ? server.streamed : server.runs).isNotEmpty();
        assertThat(x.grad()).isNotNull();
    }
}
