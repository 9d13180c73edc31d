package dev.gradwire.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.GraphVerifier;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.TextForm;
import dev.gradwire.op.Operators;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DifferentiateTest {
    private static Differentiate.Result apply(String text) {
        Graph graph = TextForm.parse(text, Operators.all()).graph();
        Differentiate.Result result = Differentiate.apply(graph, Operators.all(), 1000);
        GraphVerifier.verify(result.graph());
        return result;
    }

    private static List<String> unusedOutputs(Differentiate.Result result) {
        return result.graph().outputs().stream()
                .filter(output -> result.unused().contains(output.value()))
                .map(Graph.Output::name)
                .toList();
    }

    @Test
    void putsRulesInThePlaceOfGrad() {
        assertThat(apply("x: float64[3] requires_grad\ny = mul(x, 2)\ns = sum(y)\ng = grad([s], [x])\nreturn s, g")
                        .graph())
                .hasToString("""
                        x: float64[3] requires_grad
                        y = mul.Tensor(x, 2)
                        s = sum(y)
                        s~2 = constant(tensor(float64[], [1.0]))
                        s~3 = view(s~2, [1])
                        s~4 = expand(s~3, [3])
                        y~2 = mul.Tensor(s~4, 2)
                        return s, y~2
                        """);
    }

    @Test
    void broadcastOperandsGetSums() {
        assertThat(apply("x: float64[3, 1]\nz: float64[2]\nu: float64[3, 2]\ny = add(x, z)\n"
                                + "g = grad([y], [x, z], [u])\nreturn g, g:1")
                        .graph())
                .hasToString("""
                        x: float64[3, 1]
                        z: float64[2]
                        u: float64[3, 2]
                        y = add.Tensor(x, z)
                        y~2 = sum.dim_IntList(u, [1], keepdim=True)
                        y~3 = sum.dim_IntList(u, [0], keepdim=True)
                        y~4 = view(y~3, [2])
                        return y~2, y~4
                        """);
    }

    @Test
    void disconnectedIsUnusedButZeroIsZero() {
        Differentiate.Result result = apply("x: float64[3]\nz: float64[2]\ny = mul(x, 2)\nf = floor(y)\ns = sum(f)\n"
                + "g = grad([s], [x, z])\nreturn g, g:1");
        assertThat(unusedOutputs(result)).containsExactly("g:1");
    }

    @Test
    void anInputOfGradMayBeAnyValue() {
        assertThat(apply("x: float64[]\ny = mul(x, 3)\nz = mul(y, 2)\ng = grad([z], [y])\nreturn g")
                        .graph())
                .hasToString("""
                        x: float64[]
                        y = mul.Tensor(x, 3)
                        z = mul.Tensor(y, 2)
                        z~2 = constant(tensor(float64[], [1.0]))
                        z~3 = mul.Tensor(z~2, 2)
                        return z~3
                        """);
    }

    @Test
    void gradOfGrad() {
        Differentiate.Result result =
                apply("x: float64[]\ny = mul(x, x)\ng = grad([y], [x])\nh = grad([g], [x])\nreturn h");
        assertThat(result.graph().nodes())
                .noneMatch(node -> node.op().schema().name().equals("grad"));
        assertThat(unusedOutputs(result)).isEmpty();
        assertThat(unusedOutputs(
                        apply("x: float64[]\ny = mul(x, 2)\ng = grad([y], [x])\nh = grad([g], [x])\nreturn h")))
                .containsExactly("h");
    }

    @Test
    void noGradientFlowsThroughIntegers() {
        Differentiate.Result result = apply(
                "x: float64[3]\ni = argmax(x)\nf = to(i, torch.float64)\ny = mul(f, 2.0)\ng = grad([y], [x])\nreturn g");
        assertThat(unusedOutputs(result)).containsExactly("g");
    }

    @Test
    void tangentsComeFromTheReverseRule() {
        Graph graph = apply("x: float64[3]\nt: float64[3]\ny = sin(x)\nj = jvp([y], [x], [t])\nreturn j")
                .graph();
        assertThat(graph.toString()).endsWith("""
                        y~2 = cos(x)
                        y~3 = mul.Tensor(j~2, y~2)
                        y~4 = mul.Tensor(t, y~2)
                        return y~4
                        """);
        assertThat(unusedOutputs(apply("x: float64[3]\nz: float64[3]\ny = sin(z)\nj = jvp([y], [x], [x])\nreturn j")))
                .containsExactly("j");
    }

    @Test
    void addedNodesBelongToTheClientsNode() {
        Graph graph = apply("x: float64[3]\ns = sum(x)\nt = mul(s, s)\ng = grad([t], [x])\nreturn g")
                .graph();
        assertThat(graph.nodes().stream().filter(node -> node.backward()).map(node -> node.name()))
                .isNotEmpty()
                .allMatch(name -> List.of("s", "t", "g").contains(name));
    }

    @Test
    void growthHasALimit() {
        Graph graph = TextForm.parse("x: float64[]\ny = sin(x)\ng = grad([y], [x])\nreturn g", Operators.all())
                .graph();
        assertThat(Differentiate.apply(graph, Operators.all(), 6).graph().valueCount())
                .isEqualTo(6);
        assertThatThrownBy(() -> Differentiate.apply(graph, Operators.all(), 5))
                .isInstanceOfSatisfying(
                        GraphException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TOO_MANY_VALUES));
    }

    @Test
    void operatorsWithoutDerivativeSayWhichNodeItIs() {
        assertThatThrownBy(() ->
                        apply("x: float64[3]\ny = igamma(x, x)\nu: float64[3]\ng = grad([y], [x], [u])\nreturn g"))
                .isInstanceOfSatisfying(GraphException.class, e -> {
                    assertThat(e.reason()).isEqualTo(Reason.NOT_DIFFERENTIABLE);
                    assertThat(e.node()).isEqualTo("y");
                });
    }
}
