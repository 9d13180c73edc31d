package dev.gradwire.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.TextForm;
import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.torch.TorchBackend;
import dev.gradwire.op.Operators;
import dev.gradwire.transform.Differentiate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which nodes become which groups. */
final class FuseTest {
    private static final Backend BACKEND = TorchBackend.open("cpu");

    private final GroupText groups = new GroupText();

    private Plan plan(String text) {
        Graph graph = TextForm.parse(text, Operators.all()).graph();
        Graph derived = Differentiate.apply(graph, Operators.all(), 1 << 20).graph();
        return Pipeline.plan(derived, Operators.all(), new Target(BACKEND, groups), Stages.UNHEARD);
    }

    private static List<String> calls(Plan plan) {
        return plan.steps().stream().map(step -> step.call().name()).toList();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            elementwise      | y = sin(x);z = mul(y, x);return z                     | 1x12: read sin.0 mul.1.0 -> 2
            both directions  | p = sum(x, 0);q = sum(x, 1);return p, q               | 3x4: read sum.0/row -> sum(0) 1
            total            | y = exp(x);s = sum(y);return s                        | 1x12: read exp.0 sum.1/row -> 2
            total of rows    | m = amax(x, 1);s = sum(m);return m, s                 | 3x4: read max.0/row -> 1 sum(1)
            softmax          | y = softmax(x, 1);return y                            | 3x4: read max.0/row sub.0.1 exp.2 sum.3/row div.3.4 -> 5
            row by keepdim   | m = sum(x, 1, True);y = sub(x, m);return y            | 3x4: read sum.0/row sub.0.1 -> 2
            row by view      | m = sum(x, 1);u = unsqueeze(m, 1);y = sub(x, u);return y | 3x4: read sum.0/row sub.0.1 -> 2
            per column       | y = mul(x, b);return y                                | 1x12: read read[0,1] mul.0.1 -> 2
            reshaped between | e = exp(x);f = view(e, [2, 6]);g = sin(f);return g    | 1x12: read exp.0 sin.1 -> 2
            used by a number | s = sum(x);y = div(x, s);return y                     | 1x12: read sum.0/row div.0.1 -> 2
            transposed read  | t = t(x);y = exp(t);return y                          | 1x12: read[1,4] exp.0 -> 1
            copied reshape   | t = t(x);y = reshape(t, [2, 6]);z = exp(y);return z   | 1x12: read[1,4] exp.0 -> 1
            comparison       | c = gt(x, 0);y = where(c, x, 0);return y              | 1x12: read constant=0.0/row gt.0.1 where.2.0.1 -> 3
            constants        | y = ones_like(x);z = mul(y, 3);w = add(x, z);return w | 1x12: read constant=3.0/row add.0.1 -> 2
            """)
    void oneGroup(String what, String nodes, String expected) {
        plan("x: float64[3, 4]\nb: float64[4]\n" + nodes.replace(';', '\n'));
        assertThat(groups.groups()).as(what).containsExactly(expected);
    }

    @Test
    void whatIsReadInAnotherOrderIsStored() {
        Plan plan = plan("x: float64[3, 4]\ne = exp(x)\nt = t(e)\ny = sin(t)\nreturn y");
        assertThat(groups.groups()).containsExactly("1x12: read exp.0 -> 1", "1x12: read[1,4] sin.0 -> 1");
        assertThat(calls(plan)).containsExactly("exp", "sin");
    }

    @Test
    void productsStandBetweenGroups() {
        plan("x: float64[3, 3]\ne = exp(x)\np = mm(e, e)\ny = mul(p, e)\nreturn y");
        assertThat(groups.groups()).containsExactly("1x9: read exp.0 -> 1", "1x9: read read mul.0.1 -> 2");
    }

    /** The mask of relu is no tensor: its backward group compares again. */
    @Test
    void cheapValuesAreComputedAgain() {
        plan("x: float64[3, 3] requires_grad\nr = relu(x)\np = mm(r, r)\ns = sum(p)\ng = grad([s], [x])\nreturn g");
        assertThat(groups.groups()).hasSize(2);
        assertThat(groups.groups().getFirst()).isEqualTo("1x9: read constant=0.0/row maximum.0.1 -> 2");
        assertThat(groups.groups().getLast()).contains("le.").doesNotContain("maximum");
    }

    @Test
    void normAndItsGradientAreOneGroup() {
        Plan plan = plan("""
                x: float64[5, 8] requires_grad
                w: float64[8] requires_grad
                b: float64[8] requires_grad
                n = layer_norm(x, [8], w, b)
                e = gelu(n)
                s = log_softmax(e, -1)
                q = mul(s, s)
                l = sum(q)
                g = grad([l], [x, w, b])
                return l, g, g:1, g:2
                """);
        assertThat(calls(plan)).hasSize(1);
        assertThat(groups.groups().getFirst()).startsWith("5x8: ");
    }

    @Test
    void complexNumbersHaveKernelsOfTheirOwn() {
        Plan plan = plan("x: complex128[3]\ny = mul(x, x)\nz = exp(y)\nreturn z");
        assertThat(groups.groups()).isEmpty();
        assertThat(calls(plan)).containsExactly("mul.Tensor", "exp");
    }

    @Test
    void nothingIsFusedOfEmptyTensors() {
        plan("x: float64[0, 3]\ny = exp(x)\ns = sum(y)\nreturn y, s");
        assertThat(groups.groups()).isEmpty();
    }
}
