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
import dev.gradwire.graph.Recording;
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
import org.junit.jupiter.params.provider.ValueSource;

/** Functions mapped over a dimension against single calls. */
final class VmapTest {
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

    private static Graph transformed(String text) {
        Graph graph = TextForm.parse(text, Operators.all()).graph();
        return Differentiate.apply(graph, Operators.all(), 100_000).graph();
    }

    @Test
    void theFunctionStandsInThePlaceOfTheNode() {
        assertThat(transformed("""
                        def f(x, w):
                          p = mul(x, w)
                          s = sum(p)
                          e = exp(w)
                          return s, e
                        xs: float64[5, 3]
                        w: float64[3]
                        v = vmap(@f, [xs], additional_inputs=[w])
                        return v, v:1
                        """)).hasToString("""
                        xs: float64[5, 3]
                        w: float64[3]
                        v/p = mul.Tensor(xs, w)
                        v/s = sum.dim_IntList(v/p, [1])
                        v/e = exp(w)
                        v = expand(v/e, [5, 3])
                        return v/s, v
                        """);
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 0", "1, 0, 1", "-1, 1, -1", "-2, -1, 0"})
    void dimensionsInAndOut(int first, int second, int out) {
        int size = 4;
        Shape x = Shape.of(3, 2).insertDim(first < 0 ? first + 3 : first, size);
        Shape y = Shape.of(2).insertDim(second < 0 ? second + 2 : second, size);
        Map<String, Tensor> inputs = Map.of("x", random(1, x.dims()), "y", random(2, y.dims()));
        StringBuilder text = new StringBuilder("def f(a, b):\n  p = mv(a, b)\n  t = tanh(p)\n  return t\n");
        text.append("x: float64" + x + "\ny: float64" + y + "\n");
        text.append("v = vmap(@f, [x, y], in_dims=[%d, %d], out_dims=[%d])\n".formatted(first, second, out));
        StringBuilder parts = new StringBuilder("e = stack([");
        for (int i = 0; i < size; i++) {
            text.append("a%d = select(x, %d, %d)\nb%d = select(y, %d, %d)\np%d = mv(a%d, b%d)\nt%d = tanh(p%d)\n"
                    .formatted(i, first, i, i, second, i, i, i, i, i, i));
            parts.append(i == 0 ? "t" : ", t").append(i);
        }
        Map<String, Tensor> values = run(text.append(parts) + "], " + out + ")\nreturn v, e", inputs);
        assertThat(values.get("v").type()).isEqualTo(values.get("e").type());
        assertThat(doubles(values.get("v"))).containsExactly(doubles(values.get("e")), CLOSE);
    }

    private static final String NETWORK = """
            def loss(x, t, w, b, u):
              z = mv(w, x)
              h = add(z, b)
              a = tanh(h)
              o = dot(u, a)
              d = sub(o, t)
              l = mul(d, d)
              g = grad([l], [w, b, u])
              return l, g, g:1, g:2
            w: float64[4, 3]
            b: float64[4]
            u: float64[4]
            xs: float64[%1$d, 3]
            ts: float64[%1$d]
            v = vmap(@loss, [xs, ts], additional_inputs=[w, b, u])
            """;

    private static Map<String, Tensor> network(int samples) {
        return new HashMap<>(Map.of(
                "w",
                random(1, 4, 3),
                "b",
                random(2, 4),
                "u",
                random(3, 4),
                "xs",
                random(4, samples, 3),
                "ts",
                random(5, samples)));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7})
    void gradientsPerSample(int samples) {
        Map<String, Tensor> inputs = network(samples);
        Map<String, Tensor> whole = run(NETWORK.formatted(samples) + "return v:1, v:2, v:3", inputs);
        String one = NETWORK.formatted(samples)
                .replaceFirst(
                        "v = vmap.*",
                        "x = select(xs, 0, {i})\nt = select(ts, 0, {i})\nv = call(@loss, [x, t, w, b, u])");
        for (int i = 0; i < samples; i++) {
            Map<String, Tensor> single = run(one.replace("{i}", "" + i) + "return v:1, v:2, v:3", inputs);
            for (Map.Entry<String, Tensor> expected : single.entrySet()) {
                assertThat(row(whole.get(expected.getKey()), i)).containsExactly(doubles(expected.getValue()), CLOSE);
            }
        }
    }

    private static double[] row(Tensor whole, int index) {
        int size = Math.toIntExact(whole.type().shape().withoutDim(0).elements());
        return Arrays.copyOfRange(doubles(whole), index * size, (index + 1) * size);
    }

    /** The mean of gradients for each sample is the gradient of the mean, which flows through vmap. */
    @Test
    void gradientThroughVmap() {
        Map<String, Tensor> values = run(
                NETWORK.formatted(6) + "m = mean(v)\ng = grad([m], [w])\ns = mean.dim(v:1, [0])\nreturn g, s",
                network(6));
        assertThat(doubles(values.get("g"))).containsExactly(doubles(values.get("s")), CLOSE);
    }

    @Test
    void whatAFunctionMakesOfALeafRequiresGrad() {
        Recording recording = TextForm.parse("""
                def f(x):
                  s = sin(x)
                  i = argmax(x)
                  return s, i
                x: float64[2, 3] requires_grad
                z: float64[2, 3]
                v = vmap(@f, [x])
                w = vmap(@f, [z])
                return v, w
                """, Operators.all());
        GradFns gradFns = new GradFns(recording, Map.of());
        assertThat(recording.names().entrySet())
                .filteredOn(entry -> gradFns.requiresGrad(entry.getValue()))
                .extracting(Map.Entry::getKey)
                .containsExactly("x", "v");
    }

    @Test
    void vmapOfVmap() {
        Map<String, Tensor> values = run("""
                def one(a, b):
                  d = sub(a, b)
                  q = mul(d, d)
                  s = sum(q)
                  e = exp(s)
                  return e
                def row(b, x):
                  r = vmap(@one, [x], additional_inputs=[b])
                  return r
                x: float64[3, 2]
                y: float64[5, 2]
                v = vmap(@row, [y], additional_inputs=[x], out_dims=[1])
                a = unsqueeze(x, 1)
                d = sub(a, y)
                q = mul(d, d)
                s = sum(q, [-1])
                e = exp(s)
                return v, e
                """, Map.of("x", random(1, 3, 2), "y", random(2, 5, 2)));
        assertThat(values.get("v").type().shape()).isEqualTo(Shape.of(3, 5));
        assertThat(doubles(values.get("v"))).containsExactly(doubles(values.get("e")), CLOSE);
    }

    @Test
    void nothingToMap() {
        Map<String, Tensor> values = run(NETWORK.formatted(0) + "return v, v:1", network(0));
        assertThat(values.get("v").type().shape()).isEqualTo(Shape.of(0));
        assertThat(values.get("v:1").type().shape()).isEqualTo(Shape.of(0, 4, 3));
    }

    @Test
    void nodesDoNotGrowWithTheBatch() {
        assertThat(transformed(NETWORK.formatted(2) + "return v:1").nodes())
                .hasSameSizeAs(
                        transformed(NETWORK.formatted(2000) + "return v:1").nodes());
    }

    /** A batch of 0-dimensional tensors has a dimension, but counts in promotion as one of them does. */
    @Test
    void promotionIsThatOfOneElement() {
        Map<String, Tensor> values =
                run("""
                def f(s, x):
                  p = mul(x, s)
                  i = mul(s, 2)
                  return p, i
                x: float32[3]
                s: float64[2]
                v = vmap(@f, [s], additional_inputs=[x])
                return v, v:1
                """, Map.of("x", Tensor.of(DType.FLOAT32, Shape.of(3), 1, 2, 3), "s", random(1, 2)));
        assertThat(values.get("v").type().dtype()).isEqualTo(DType.FLOAT32);
        assertThat(values.get("v:1").type().dtype()).isEqualTo(DType.FLOAT64);
    }

    private static final String LOOPS = """
            def grow(x, k):
              y = mul(x, k)
              return y
            def small(x, k):
              s = sum(x)
              c = lt(s, 20.0)
              return c
            def cell(h, x, w):
              m = mul(h, w)
              s = add(m, x)
              t = tanh(s)
              return t, t
            def yes(x):
              y = sin(x)
              return y
            def no(x):
              y = mul(x, x)
              return y
            def f(x, k, w):
              o = exp(x)
              l = while_loop(@small, @grow, [o], [k], max_iterations=9)
              h = select(x, 0, 0)
              r = scan(@cell, [h], [x], [w])
              s = sum(x)
              p = gt(s, 0.0)
              c = cond(p, @yes, @no, [x])
              a = sum(l)
              b = sum(r:1)
              d = sum(c)
              e = add(a, b)
              t = add(e, d)
              g = grad([t], [x, w])
              return l, r, r:1, c, g, g:1
            x: float64[4, 3]
            k: float64[]
            w: float64[4]
            """;

    /** Loops and branches whose way depends on the element. */
    @Test
    void controlFlowInAFunction() {
        Map<String, Tensor> inputs =
                Map.of("x", random(1, 4, 3), "k", Tensor.scalar(DType.FLOAT64, 1.7), "w", random(2, 4));
        String results = "return v, v:1, v:2, v:3, v:4, v:5";
        Map<String, Tensor> whole = run(LOOPS + "ks = expand(k, [4])\nv = vmap(@f, [x, ks, w])\n" + results, inputs);
        for (int i = 0; i < 4; i++) {
            Map<String, Tensor> one = run(
                    LOOPS + "a = select(x, 0, " + i + ")\nb = select(w, 0, " + i + ")\nv = call(@f, [a, k, b])\n"
                            + results,
                    inputs);
            for (Map.Entry<String, Tensor> expected : one.entrySet()) {
                assertThat(row(whole.get(expected.getKey()), i))
                        .as(expected.getKey())
                        .containsExactly(doubles(expected.getValue()), CLOSE);
            }
        }
    }

    /** An operator without a rule is run for one element after another, and derivatives flow through that too. */
    @Test
    void operatorsWithoutARule() {
        Map<String, Tensor> values = run(
                """
                def f(r, x):
                  i = repeat_interleave(r, output_size=3)
                  y = index_select(x, 0, i)
                  q = mul(y, y)
                  return q
                r: int64[2, 2]
                x: float64[2, 2]
                v = vmap(@f, [r, x])
                s = sum(v)
                g = grad([s], [x])
                return v, g
                """,
                Map.of(
                        "r",
                        Tensor.of(DType.INT64, Shape.of(2, 2), 1, 2, 3, 0),
                        "x",
                        Tensor.of(DType.FLOAT64, Shape.of(2, 2), 1, 2, 3, 4)));
        assertThat(doubles(values.get("v"))).containsExactly(1, 4, 4, 9, 9, 9);
        assertThat(doubles(values.get("g"))).containsExactly(2, 8, 18, 0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "vmap(@f, []) | operands | must hold a tensor",
                "vmap(@f, [x, s]) | operands | entry 1 is a scalar",
                "vmap(@f, [x, y]) | operands | entry 1 of shape [3, 2] has 3 elements along dimension 0, but entry 0 of shape [2, 3] has 2",
                "vmap(@f, [x, y], in_dims=[0]) | in_dims | has 1 entries for 2 operands",
                "vmap(@f, [x, y], in_dims=[0, 2]) | in_dims | dimension 2 is out of range",
                "vmap(@f, [x, y], in_dims=[1, 0], out_dims=[3]) | out_dims | dimension 3 is out of range",
                "vmap(@f, [x, y], in_dims=[1, 0], out_dims=[0, 0]) | out_dims | has 2 entries for 1 results",
                "vmap(@f, [x]) | func | takes 2 tensors, but is given 1",
                "vmap(@none, [x]) | func | there is no function 'none'"
            })
    void errorsNameTheArgument(String call, String argument, String text) {
        String program =
                "def f(a, b):\n  p = mul(a, b)\n  return p\nx: float64[2, 3]\ny: float64[3, 2]\ns: float64[]\nv = "
                        + call + "\nreturn v";
        assertThatThrownBy(() -> TextForm.parse(program, Operators.all()))
                .isInstanceOfSatisfying(GraphException.class, e -> {
                    assertThat(e.node()).isEqualTo("v");
                    assertThat(e.argument()).isEqualTo(argument);
                })
                .hasMessageContaining(text);
    }
}
