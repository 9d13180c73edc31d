package dev.gradwire.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphVerifier;
import dev.gradwire.graph.TextForm;
import dev.gradwire.op.Operators;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each pass by itself: text before, text after. */
final class PassesTest {
    private static final Operators OPERATORS = Operators.all();

    private static Graph parse(String text) {
        return TextForm.parse(text, OPERATORS).graph();
    }

    private static void check(Pass pass, String before, String after) {
        Graph graph = pass.apply(parse(before));
        GraphVerifier.verify(graph);
        assertThat(graph).hasToString(after);
    }

    @Test
    void deadCodeGoesAndInputsStay() {
        check(
                new DeadCode(),
                "x: float64[2]\nz: float64[2]\na = sin(x)\nb = cos(a)\nc = exp(x)\nreturn c",
                "x: float64[2]\nz: float64[2]\nc = exp(x)\nreturn c\n");
    }

    @Test
    void aNodeWithOneUsedResultStays() {
        check(new DeadCode(), "x: float64[2]\nm = sort(x)\nreturn m:1", "x: float64[2]\nm = sort(x)\nreturn m:1\n");
    }

    @Test
    void equalCallsBecomeOne() {
        check(
                new CommonSubexpressions(OPERATORS),
                "x: float64[2]\na = sin(x)\nb = sin(x)\nc = mul(a, b)\nd = mul.Tensor(b, a)\ne = mul(a, 2)\n"
                        + "f = mul(a, 2.0)\nreturn c, d, e, f",
                """
                x: float64[2]
                a = sin(x)
                c = mul.Tensor(a, a)
                e = mul.Tensor(a, 2)
                f = mul.Tensor(a, 2.0)
                return c, c, e, f
                """);
    }

    @Test
    void zerosOfEitherSignDiffer() {
        check(
                new CommonSubexpressions(OPERATORS),
                "x: float64[2]\na = mul(x, 0.0)\nb = mul(x, -0.0)\nreturn a, b",
                "x: float64[2]\na = mul.Tensor(x, 0.0)\nb = mul.Tensor(x, -0.0)\nreturn a, b\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    mul(x, 1)         | x
                    mul(1, x)         | x
                    mul(x, 1.0)       | x
                    div(x, 1)         | x
                    view(x, [2, 2])   | x
                    expand(x, [2, 2]) | x
                    permute(x, [0, 1]) | x
                    permute(x, [1, 0]) | y
                    mul(x, True)      | y
                    mul(x, 2)         | y
                    add(x, 0)         | y
                    view(x, [4])      | y
                    div(x, 1, rounding_mode="floor") | y
                    """)
    void identities(String call, String result) {
        Graph graph = new Simplify(OPERATORS).apply(parse("x: float64[2, 2]\ny = " + call + "\nreturn y"));
        GraphVerifier.verify(graph);
        assertThat(graph.toString()).endsWith("return " + result + "\n");
    }

    /** Kernels may rely on the order in which a copy's elements lie. */
    @Test
    void onlyCopiesOfDenseTensorsVanish() {
        check(
                new Simplify(OPERATORS),
                "x: float64[2, 3]\na = neg(x)\nb = clone(a)\nc = transpose(a, 0, 1)\nd = clone(c)\nreturn b, d",
                "x: float64[2, 3]\na = neg(x)\nc = transpose.int(a, 0, 1)\nd = clone(c)\nreturn a, d\n");
    }

    @Test
    void inversesCancel() {
        check(
                new Simplify(OPERATORS),
                "x: float64[2, 3]\na = neg(x)\nb = neg(a)\nc = transpose(x, 0, 1)\nd = transpose(c, 0, 1)\nreturn b, d",
                "x: float64[2, 3]\na = neg(x)\nc = transpose.int(x, 0, 1)\nreturn x, x\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    sum(expand(x, [4, 3]), 0)                        | float64[3]    | 4 | mul.Tensor
                    sum(expand(x, [4, 3]), [0], True)                | float64[1, 3] | 4 | mul.Tensor
                    sum(expand(x, [2, 4, 3]), [-2, 0])               | float64[3]    | 8 | mul.Tensor
                    sum(expand(x, [2, 4, 3]), 1)                     | float64[2, 3] | 4 | mul.Tensor
                    sum(expand(k, [2, 4]))                           | float64[]     | 8 | mul.Tensor
                    sum(expand(x, [4, 3]), 1)                        | float64[4]    | - | sum.dim_IntList
                    sum(expand(x, [4, 3]))                           | float64[]     | - | sum
                    sum(expand(x, [0, 3]), 0)                        | float64[3]    | - | sum.dim_IntList
                    sum(expand(x, [4, 3]), 0, dtype=torch.float32)   | float32[3]    | - | sum.dim_IntList
                    sum(expand(n, [4, 3]), 0)                        | int64[3]      | - | sum.dim_IntList
                    """)
    void aSumOfEqualNumbersIsAProduct(String sum, String type, String factor, String op) {
        Matcher call = Pattern.compile("sum\\((expand\\(.*?]\\))(.*)\\)").matcher(sum);
        assertThat(call.matches()).isTrue();
        Graph graph = new ExpandLast(OPERATORS)
                .apply(parse("x: float64[1, 3]\nn: int64[3]\nk: float64[1]\ne = " + call.group(1) + "\ny = sum(e"
                        + call.group(2) + ")\nreturn y"));
        GraphVerifier.verify(graph);
        assertThat(graph.outputs().getFirst().value().type().toString()).isEqualTo(type);
        assertThat(graph.toString()).contains(" = " + op + "(");
        if (!factor.equals("-")) {
            assertThat(graph.toString()).contains("[" + factor + ".0]").doesNotContain(" = sum");
        }
    }

    @Test
    void aProductThatPromotesIsNoIdentity() {
        check(
                new Simplify(OPERATORS),
                "x: int64[2]\ny = mul(x, 1.0)\nreturn y",
                "x: int64[2]\ny = mul.Tensor(x, 1.0)\nreturn y\n");
    }

    @Test
    void promotionBecomesExplicit() {
        check(new SettleTypes(OPERATORS), "x: int64[2]\nz: float64[2]\ny = mul(x, z)\nw = add(z, 2)\nreturn y, w", """
                x: int64[2]
                z: float64[2]
                y/_to_copy = _to_copy(x, dtype=torch.float64)
                y = mul.Tensor(y/_to_copy, z)
                w = constant(tensor(float64[], [2.0]))
                w~2 = add.Tensor(z, w)
                return y, w~2
                """);
    }

    @Test
    void operatorsWithoutKernelBecomeOthers() {
        Graph graph = new Decompose(OPERATORS, false).apply(parse("x: float16[2]\ny = _softmax(x, 0, True)\nreturn y"));
        GraphVerifier.verify(graph);
        assertThat(graph.nodes().stream().map(node -> node.op().schema().name()))
                .containsExactly("_to_copy", "_softmax");
    }

    @Test
    void smallConstantsAreComputedOnce() {
        try (Engine engine = Engine.open(new EngineSettings(1, 1))) {
            Pass folding = new ConstantFolding(OPERATORS, engine.backend(Engine.DEFAULT_DEVICE));
            check(
                    folding,
                    "x: float64[2]\nk = constant(tensor(float64[2], [1, 2]))\ns = sum(k)\ny = mul(x, s)\nreturn y",
                    """
                    x: float64[2]
                    k = constant(tensor(float64[2], [1.0, 2.0]))
                    s = constant(tensor(float64[], [3.0]))
                    y = mul.Tensor(x, s)
                    return y
                    """);
            check(
                    folding,
                    "k = constant(tensor(float64[], [1]))\ny = expand(k, [65])\nreturn y",
                    "k = constant(tensor(float64[], [1.0]))\ny = expand(k, [65])\nreturn y\n");
        }
    }
}
