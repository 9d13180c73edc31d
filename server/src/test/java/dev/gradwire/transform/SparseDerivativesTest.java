package dev.gradwire.transform;

import static dev.gradwire.TextProgram.doubles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradwire.TextProgram;
import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.graph.Argument;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Recording;
import dev.gradwire.graph.TextForm;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Patterns and entries against dense Jacobians, and how many products they take. */
final class SparseDerivativesTest {
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

    /** Functions with the number of entries and of products that they should take; 0 for no matter how many. */
    static Stream<Arguments> functions() {
        return Stream.of(
                Arguments.of("elementwise", "x: float64[7]\ny = sin(x)", 7, 1),
                Arguments.of("broadcast", "x: float64[3, 1]\nw: float64[4]\ny = mul(x, w)", 12, 1),
                Arguments.of(
                        "three-point stencil",
                        "x: float64[9]\na = slice(x, 0, 0, 7)\nb = slice(x, 0, 1, 8)\nc = slice(x, 0, 2, 9)\n"
                                + "s = sin(a)\nq = mul(b, b)\nt = mul(s, c)\ny = sub(t, q)",
                        21,
                        3),
                Arguments.of(
                        "periodic",
                        "x: float64[12]\na = roll(x, 1)\nb = roll(x, [-1], [0])\np = mul(a, b)\ny = add(p, x)",
                        36,
                        3),
                Arguments.of("five-point stencil", """
                        x: float64[5, 6]
                        p = constant_pad_nd(x, [1, 1, 1, 1])
                        n = slice(p, 0, 0, 5)
                        s = slice(p, 0, 2, 7)
                        w = slice(p, 1, 0, 6)
                        e = slice(p, 1, 2, 8)
                        no = slice(n, 1, 1, 7)
                        so = slice(s, 1, 1, 7)
                        we = slice(w, 0, 1, 6)
                        ea = slice(e, 0, 1, 6)
                        v = mul(no, so)
                        h = mul(we, ea)
                        b = add(v, h)
                        y = sub(b, x, alpha=4)
                        """, 5 * 30 - 2 * 5 - 2 * 6, 0),
                Arguments.of("blocks", "x: float64[4, 3]\ns = _softmax(x, 1, False)\ny = sum(s, [1])", 12, 0),
                Arguments.of("one row", "x: float64[5]\ny = prod(x)", 5, 1),
                Arguments.of("lower triangle", "x: float64[4]\ny = cumprod(x, 0)", 10, 0),
                Arguments.of(
                        "arrow",
                        "x: float64[6]\nf = slice(x, 0, 0, 1)\nr = slice(x, 0, 1, 6)\np = mul(r, f)\ny = cat([f, p])",
                        11,
                        2),
                Arguments.of(
                        "joined parts",
                        "x: float64[4]\nr = flip(x, [0])\ns = stack([x, r], 1)\nt = transpose(s, 0, 1)\ny = exp(t)",
                        8,
                        1),
                Arguments.of(
                        "constant indices",
                        "x: float64[5]\ni = constant(tensor(int64[4], [4, 0, 0, -2]))\ng = index(x, [i])\ny = mul(g, g)",
                        4,
                        1),
                Arguments.of("indices of the run", "x: float64[3, 2]\ni: int64[2, 2]\ny = gather(x, 0, i)", 12, 0),
                Arguments.of("product", "x: float64[3, 2]\nw: float64[2, 4]\np = mm(x, w)\ny = tanh(p)", 24, 2),
                Arguments.of(
                        "linear layer",
                        "x: float64[3, 2]\nw: float64[4, 2]\nb: float64[4]\ny = linear(x, w, b)",
                        24,
                        2),
                Arguments.of("unknown operator", "x: float64[2, 2]\ny = linalg_inv(x)", 16, 4),
                Arguments.of("mixed dtypes", "x: float32[3]\nw: float64[3]\ny = mul(x, w)", 3, 1),
                Arguments.of("through a gradient", "x: float64[4]\ns = sin(x)\nl = sum(s)\ny = grad([l], [x])", 4, 1),
                Arguments.of("constants only", "x: float64[4]\nz: float64[3]\ny = sin(z)", 0, 0),
                Arguments.of("detached", "x: float64[4]\nd = detach(x)\ny = mul(d, x)", 4, 1));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("functions")
    void entriesAreThoseOfTheJacobian(String name, String function, int entries, int products) {
        Recording recording = TextForm.parse(
                function + "\nj = jacobian(y, [x])\nm = sparse_jacobian(y, x)\nreturn j, m, m:1", Rewrites.all());
        Map<String, Tensor> values = TextProgram.of(engine, recording).run(inputs(recording));
        check(values.get("j"), recording, values);
        assertThat(values.get("m:1").type().shape()).isEqualTo(Shape.of(entries));
        if (products > 0) {
            assertThat(products(recording)).isEqualTo(products);
        }
    }

    private static Map<String, Tensor> inputs(Recording recording) {
        SplittableRandom random = new SplittableRandom(7);
        Map<String, Tensor> inputs = new HashMap<>();
        recording.graph().inputs().forEach(input -> {
            Shape shape = input.value().type().shape();
            DType dtype = input.value().type().dtype();
            double[] elements = random.doubles(shape.elements(), -1, 1).toArray();
            inputs.put(
                    input.name(),
                    dtype.isFloating()
                            ? Tensor.of(dtype, shape, elements)
                            : Tensor.of(dtype, shape, new double[elements.length]));
        });
        return inputs;
    }

    /** Every entry is the Jacobian's, what is no entry is zero, and entries are in order. */
    private static void check(Tensor jacobian, Recording recording, Map<String, Tensor> values) {
        Value input = recording.names().get("x");
        assertThat(input).isNotNull();
        long width = input.type().shape().elements();
        Map<Long, Double> left = new LinkedHashMap<>();
        double[] dense = doubles(jacobian);
        for (int i = 0; i < dense.length; i++) {
            if (dense[i] != 0) {
                left.put((long) i, dense[i]);
            }
        }
        Tensor indices = values.get("m");
        double[] entries = doubles(values.get("m:1"));
        long before = -1;
        for (int i = 0; i < entries.length; i++) {
            long place = indices.getLong(i) * width + indices.getLong(entries.length + i);
            assertThat(place).isGreaterThan(before);
            assertThat(entries[i]).isCloseTo(dense[(int) place], CLOSE);
            left.remove(place);
            before = place;
        }
        assertThat(left).isEmpty();
    }

    /** How many vectors the products of the sparse Jacobian are made with. */
    private static long products(Recording recording) {
        for (Node node : recording.graph().nodes()) {
            boolean batched = node.args().contains(new Argument.Bool(true));
            if (node.name().startsWith("m/") && batched) {
                return node.result().type().shape().dim(0);
            }
        }
        return 0;
    }

    /** Σ (x[i + 1] − x[i]²)² has a tridiagonal Hessian. */
    @Test
    void hessianOfAChain() {
        Recording recording = TextForm.parse("""
                x: float64[200]
                a = slice(x, 0, 0, 199)
                b = slice(x, 0, 1, 200)
                q = mul(a, a)
                d = sub(b, q)
                s = mul(d, d)
                f = sum(s)
                j = hessian(f, [x])
                m = sparse_hessian(f, x)
                return j, m, m:1
                """, Rewrites.all());
        Map<String, Tensor> values = TextProgram.of(engine, recording).run(inputs(recording));
        check(values.get("j"), recording, values);
        assertThat(values.get("m:1").type().shape()).isEqualTo(Shape.of(3 * 200 - 2));
        assertThat(products(recording)).isEqualTo(3);
    }

    @Test
    void derivativesOfEntries() {
        Recording recording = TextForm.parse("""
                x: float64[3]
                y = sin(x)
                m = sparse_jacobian(y, x)
                t = sum(m:1)
                g = grad([t], [x])
                s = sin(x)
                e = neg(s)
                return g, e
                """, Rewrites.all());
        Map<String, Tensor> values = TextProgram.of(engine, recording).run(inputs(recording));
        assertThat(doubles(values.get("g"))).containsExactly(doubles(values.get("e")), CLOSE);
    }

    @Test
    void errorsNameTheArgument() {
        assertThatThrownBy(() -> TextForm.parse("x: float64[3]\nm = sparse_hessian(x, x)\nreturn m", Rewrites.all()))
                .isInstanceOfSatisfying(
                        GraphException.class, e -> assertThat(e.argument()).isEqualTo("output"));
        assertThatThrownBy(() -> TextForm.parse(
                        "x: float64[70000]\ny = flip(x, [0])\ns = cumsum(y, 0)\nm = sparse_jacobian(s, x)\nreturn m",
                        Rewrites.all()))
                .isInstanceOfSatisfying(
                        GraphException.class, e -> assertThat(e.argument()).isEqualTo("output"))
                .hasMessageContaining("entries to find");
    }
}
