package dev.gradwire.transform;

import static dev.gradwire.TextProgram.doubles;
import static dev.gradwire.TextProgram.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradwire.TextProgram;
import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.TextForm;
import dev.gradwire.op.Operators;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Derivatives in many directions against the same in one direction at a time. */
final class DirectionsTest {
    private static final Offset<Double> CLOSE = within(1e-10);

    private static Engine engine;

    @BeforeAll
    static void open() {
        engine = Engine.open(new EngineSettings(1, EngineSettings.DEFAULT.maxCachedSteps()));
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static Map<String, Tensor> run(String text, Map<String, Tensor> inputs) {
        return TextProgram.of(engine, text).run(inputs);
    }

    private static Tensor vector(double... elements) {
        return Tensor.of(DType.FLOAT64, Shape.of(elements.length), elements);
    }

    @Test
    void manyCotangentsAreOneRequest() {
        String body = "x: float64[3]\nw: float64[2, 3]\nh = mv(w, x)\ny = tanh(h)\n";
        Map<String, Tensor> inputs = new HashMap<>(Map.of("x", random(1, 3), "w", random(2, 2, 3)));
        inputs.put("u", random(3, 4, 2));
        Tensor whole = run(
                        body + "u: float64[4, 2]\ng = grad([y], [x, w], [u], is_grads_batched=True)\nreturn g, g:1",
                        inputs)
                .get("g:1");
        double[] all = doubles(inputs.get("u"));
        for (int i = 0; i < 4; i++) {
            inputs.put("u", vector(Arrays.copyOfRange(all, 2 * i, 2 * i + 2)));
            Tensor one = run(body + "u: float64[2]\ng = grad([y], [x, w], [u])\nreturn g:1", inputs)
                    .get("g:1");
            assertThat(Arrays.copyOfRange(doubles(whole), 6 * i, 6 * i + 6)).containsExactly(doubles(one), CLOSE);
        }
    }

    @Test
    void manyTangentsAreOneRequest() {
        String body = "x: float64[3]\nw: float64[2, 3]\nh = mv(w, x)\ny = tanh(h)\n";
        Map<String, Tensor> inputs = new HashMap<>(Map.of("x", random(1, 3), "w", random(2, 2, 3)));
        inputs.put("t", random(3, 4, 3));
        Tensor whole = run(
                        body + "t: float64[4, 3]\nj = jvp([y], [x], [t], is_tangents_batched=True)\nreturn j", inputs)
                .get("j");
        double[] all = doubles(inputs.get("t"));
        for (int i = 0; i < 4; i++) {
            inputs.put("t", vector(Arrays.copyOfRange(all, 3 * i, 3 * i + 3)));
            Tensor one = run(body + "t: float64[3]\nj = jvp([y], [x], [t])\nreturn j", inputs)
                    .get("j");
            assertThat(Arrays.copyOfRange(doubles(whole), 2 * i, 2 * i + 2)).containsExactly(doubles(one), CLOSE);
        }
    }

    @ParameterizedTest
    @CsvSource({"3, 5", "5, 3", "1, 4", "4, 1", "0, 2", "2, 0"})
    void jacobianIsAGradientForEachElement(int rows, int columns) {
        String text =
                "x: float64[%d]\nw: float64[%d, %d]\nh = mv(w, x)\ny = sin(h)\n".formatted(columns, rows, columns);
        Map<String, Tensor> inputs = Map.of("x", random(1, columns), "w", random(2, rows, columns));
        Tensor jacobian = run(text + "j = jacobian(y, [x])\nreturn j", inputs).get("j");
        assertThat(jacobian.type().shape()).isEqualTo(Shape.of(rows, columns));
        for (int i = 0; i < rows; i++) {
            Tensor row = run(text + "s = select(y, 0, " + i + ")\ng = grad([s], [x])\nreturn g", inputs)
                    .get("g");
            assertThat(Arrays.copyOfRange(doubles(jacobian), i * columns, (i + 1) * columns))
                    .containsExactly(doubles(row), CLOSE);
        }
    }

    @Test
    void jacobianOfDisconnectedIsZero() {
        Map<String, Tensor> values = run(
                "x: float64[2]\nz: float64[3]\ny = sin(x)\nj = jacobian(y, [x, z])\nreturn j, j:1",
                Map.of("x", vector(0, 0), "z", vector(1, 2, 3)));
        assertThat(doubles(values.get("j"))).containsExactly(1, 0, 0, 1);
        assertThat(doubles(values.get("j:1"))).containsOnly(0).hasSize(6);
    }

    /** Rosenbrock: H = [[1200 x² − 400 y + 2, −400 x], [−400 x, 200]]. */
    @Test
    void hessianOfRosenbrock() {
        Map<String, Tensor> values = run("""
                x: float64[2]
                v: float64[2]
                a = select(x, 0, 0)
                b = select(x, 0, 1)
                square = mul(a, a)
                gap = sub(b, square)
                one = rsub(a, 1.0)
                left = mul(one, one)
                right = mul(gap, gap)
                f = add(left, right, alpha=100)
                h = hessian(f, [x])
                p = hvp(f, [x], [v])
                return h, p
                """, Map.of("x", vector(0.5, -1.5), "v", vector(2, 3)));
        double[] h = {1200 * 0.25 + 600 + 2, -200, -200, 200};
        assertThat(doubles(values.get("h"))).containsExactly(h, CLOSE);
        assertThat(doubles(values.get("p")))
                .containsExactly(new double[] {2 * h[0] + 3 * h[1], 2 * h[2] + 3 * h[3]}, CLOSE);
    }

    private static final String NETWORK = """
            x: float64[4]
            w: float64[3, 4]
            b: float64[3]
            z = mv(w, x)
            h = add(z, b)
            t = tanh(h)
            e = exp(t)
            f = sum(e)
            """;

    private static Map<String, Tensor> network() {
        return new HashMap<>(Map.of("x", random(1, 4), "w", random(2, 3, 4), "b", random(3, 3)));
    }

    @Test
    void hessianIsAJacobianOfGradients() {
        Map<String, Tensor> values = run(
                NETWORK + "h2 = hessian(f, [w, b])\ng = grad([f], [w, b])\nj = jacobian(g, [w, b])\n"
                        + "k = jacobian(g:1, [w, b])\nreturn h2, h2:1, h2:2, h2:3, j, j:1, k, k:1",
                network());
        Map.of("h2", "j", "h2:1", "j:1", "h2:2", "k", "h2:3", "k:1").forEach((block, jacobian) -> {
            assertThat(values.get(block).type()).isEqualTo(values.get(jacobian).type());
            assertThat(doubles(values.get(block))).containsExactly(doubles(values.get(jacobian)), CLOSE);
        });
    }

    @Test
    void hvpIsTheHessianTimesAVector() {
        Map<String, Tensor> inputs = network();
        inputs.put("v", random(5, 3, 4));
        Map<String, Tensor> values = run(
                NETWORK + "v: float64[3, 4]\nm = hessian(f, [w])\np = hvp(f, [w], [v])\nrows = view(m, [12, 12])\n"
                        + "flat = view(v, [12])\nq = mv(rows, flat)\nreturn p, q",
                inputs);
        assertThat(doubles(values.get("p"))).containsExactly(doubles(values.get("q")), CLOSE);
    }

    @Test
    void derivativesOfJacobiansAndProducts() {
        Map<String, Tensor> values = run(
                "x: float64[]\ny = sin(x)\nj = jacobian(y, [x])\nk = jacobian(j, [x])\nh = hessian(y, [x])\n"
                        + "l = grad([h], [x])\nreturn k, h, l",
                Map.of("x", Tensor.scalar(DType.FLOAT64, 0.5)));
        assertThat(values.get("k").getDouble(0)).isCloseTo(-Math.sin(0.5), CLOSE);
        assertThat(values.get("h").getDouble(0)).isCloseTo(-Math.sin(0.5), CLOSE);
        assertThat(values.get("l").getDouble(0)).isCloseTo(-Math.cos(0.5), CLOSE);
    }

    @Test
    void nodesDoNotGrowWithTheNumberOfDirections() {
        assertThat(nodes(3)).isEqualTo(nodes(300));
    }

    private static int nodes(int size) {
        Graph graph = TextForm.parse(
                        "x: float64[%d]\ny = sin(x)\nz = cumsum(y, 0)\nj = jacobian(z, [x])\nreturn j".formatted(size),
                        Operators.all())
                .graph();
        return Differentiate.apply(graph, Operators.all(), 10_000)
                .graph()
                .nodes()
                .size();
    }

    @Test
    void theHessianIsNotFormedForAProduct() {
        Graph graph = TextForm.parse(
                        "x: float64[1000]\nv: float64[1000]\ny = sin(x)\nf = sum(y)\np = hvp(f, [x], [v])\nreturn p",
                        Operators.all())
                .graph();
        assertThat(Differentiate.apply(graph, Operators.all(), 10_000).graph().nodes())
                .allMatch(node -> node.result().type().shape().elements() <= 1000);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "g = grad([y], [x], is_grads_batched=True) | grad_outputs | has 0 entries for 1 outputs",
                "g = grad([y], [x], [None], is_grads_batched=True) | grad_outputs | but is missing",
                "g = jvp([y], [x], [x], is_tangents_batched=True) | tangents | but has shape [3]",
                "g = grad([y], [x], [x], is_grads_batched=True) | grad_outputs | but has shape [3]",
                "g = grad([y], [x], [u], is_grads_batched=True) | grad_outputs | has shape [2, 2], but must have shape [2, 3]",
                "g = grad([], [x], [], is_grads_batched=True) | outputs | must not be empty",
                "g = hessian(y, [x]) | output | must have one element, but has shape [3]",
                "g = hvp(s, [x], [u]) | v | has shape [2, 2], but must have shape [3]",
                "g = hvp(s, [x], []) | v | has 0 entries for 1 inputs",
                "g = jacobian(i, [x]) | output | only floating point",
                "g = jacobian(y, [i]) | inputs | only floating point"
            })
    void errorsNameTheArgument(String line, String argument, String text) {
        assertThatThrownBy(() -> TextForm.parse(
                        "x: float64[3]\nu: float64[2, 2]\ni: int64[3]\ny = sin(x)\ns = sum(y)\n" + line + "\nreturn g",
                        Operators.all()))
                .isInstanceOfSatisfying(GraphException.class, e -> {
                    assertThat(e.node()).isEqualTo("g");
                    assertThat(e.argument()).isEqualTo(argument);
                })
                .hasMessageContaining(text);
    }
}
