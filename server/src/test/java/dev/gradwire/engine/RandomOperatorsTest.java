package dev.gradwire.engine;

import static dev.gradwire.TextProgram.doubles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradwire.TextProgram;
import dev.gradwire.graph.GraphException;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RandomOperatorsTest {
    private static final int SIZE = 4097;

    private static Engine engine;

    @BeforeAll
    static void open() {
        engine = Engine.open(new EngineSettings(1, 1000));
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static Tensor ramp(double from, double to) {
        double[] elements = new double[SIZE];
        Arrays.setAll(elements, i -> from + (to - from) * i / SIZE);
        return Tensor.of(DType.FLOAT64, Shape.of(SIZE), elements);
    }

    /** Runs nodes y0, y1, … on p, which goes from 0.05 to 0.95, and x, from −1 to 1, and returns what is asked for. */
    private static List<double[]> run(Engine on, long seed, String results, String... nodes) {
        StringBuilder text = new StringBuilder("p: float64[4097]\nx: float64[4097] requires_grad\n");
        for (int i = 0; i < nodes.length; i++) {
            text.append("y").append(i).append(" = ").append(nodes[i]).append('\n');
        }
        text.append("return ").append(results).append('\n');
        Map<String, Tensor> inputs = Map.of("p", ramp(0.05, 0.95), "x", ramp(-1, 1));
        Map<String, Tensor> values = TextProgram.of(on, text.toString()).run(inputs, RunOptions.DEFAULT.withSeed(seed));
        return Arrays.stream(results.split(", "))
                .map(name -> doubles(values.get(name)))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rand([4097])",
                "randn([4097], dtype=torch.float16)",
                "rand_like(x)",
                "randn_like(x)",
                "randint(10, [4097])",
                "randint.low(-5, 10, [4097], dtype=torch.int32)",
                "randint_like(x, 100)",
                "randperm(4097)",
                "bernoulli(p)",
                "bernoulli.p(p, 0.3)",
                "bernoulli.Tensor(p, p)",
                "native_dropout(x, 0.5, True)",
                "dropout(x, 0.5, True)",
                "alpha_dropout(x, 0.5, True)",
                "normal.Tensor_float(x, 0.5)",
                "normal.float_Tensor(0.5, p)",
                "normal.Tensor_Tensor(p, p)",
                "normal.float_float(1.0, 2.0, [4097])",
                "normal_functional(x, 1.0, 2.0)",
                "uniform(x, -1.0, 1.0)",
                "exponential(x, 2.0)",
                "log_normal(x)",
                "cauchy(x)",
                "geometric(p, 0.3)",
                "multinomial(p, 50)",
                "multinomial(p, 50, True)",
                "rrelu(x, 0.1, 0.3, True)"
            })
    void aDrawIsAFunctionOfSeedAndNode(String node) {
        List<double[]> two = run(engine, 5, "y0, y1", node, node);
        assertThat(two.get(0)).isNotEqualTo(two.get(1));
        assertThat(run(engine, 5, "y0, y1", node, node))
                .usingRecursiveComparison()
                .isEqualTo(two);
        assertThat(run(engine, 6, "y0", node).getFirst()).isNotEqualTo(two.getFirst());
        // What else is in the graph, what is asked for, and a plan of its own on another engine change nothing.
        try (Engine other = Engine.open(new EngineSettings(2, 0))) {
            assertThat(run(other, 5, "y2", "neg(x)", node, node, "randn([3])").getFirst())
                    .containsExactly(two.get(1));
        }
    }

    /** Mean and variance; NaN where there is none. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "rand([4097]);                                0.5;     0.08333",
                "randn([4097], dtype=torch.float64);          0;       1",
                "randint(10, [4097]);                         4.5;     8.25",
                "randint.low(-5, 5, [4097]);                  -0.5;    8.25",
                "randperm(4097);                              2048;    1398784",
                "bernoulli.p(x, 0.3);                         0.3;     0.21",
                "bernoulli(p);                                0.5;     0.25",
                "dropout(ones_like(x), 0.25, True);           1;       0.33333",
                "normal.float_float(1.0, 2.0, [4097]);        1;       4",
                "normal.Tensor_float(zeros_like(x), 3.0);     0;       9",
                "uniform(x, -1.0, 3.0);                       1;       1.33333",
                "exponential(x, 2.0);                         0.5;     0.25",
                "geometric(x, 0.5);                           2;       2"
            })
    void drawsHaveTheirMoments(String node, double mean, double variance) {
        int nested = node.indexOf("_like(x)");
        String inner = nested < 0 ? "neg(x)" : node.substring(node.lastIndexOf('(', nested) + 1, nested + 8);
        double[] drawn = run(engine, 1, "y1", inner, node.replace(inner, "y0")).getFirst();
        double average = DoubleStream.of(drawn).average().orElseThrow();
        double spread = DoubleStream.of(drawn)
                .map(x -> (x - average) * (x - average))
                .average()
                .orElseThrow();
        assertThat(average).isEqualTo(mean, within(4 * Math.sqrt(variance / SIZE)));
        assertThat(spread).isEqualTo(variance, within(0.15 * variance));
    }

    @ParameterizedTest
    @ValueSource(strings = {"dropout(x, 0.4, True)", "native_dropout(x, 0.4, True)", "rrelu(x, 0.1, 0.3, True)"})
    void gradientsSeeWhatTheForwardPassDrew(String node) {
        List<double[]> values = run(engine, 3, "y0, y2", node, "sum(y0)", "grad([y1], [x])");
        double[] x = doubles(ramp(-1, 1));
        double[] y = values.get(0);
        double[] product = values.get(1);
        Arrays.setAll(product, i -> product[i] * x[i]);
        assertThat(product).containsExactly(y, within(1e-12));
        assertThat(DoubleStream.of(y).distinct().count()).isGreaterThan(2);
    }

    @Test
    void eachCallOfAFunctionDrawsForItself() {
        String text = """
                def noisy(a):
                  n = randn_like(a)
                  return n
                x: float64[13]
                y = randn_like(x)
                u = call(@noisy, [x])
                v = call(@noisy, [x])
                return y, u, v
                """;
        Map<String, Tensor> values =
                TextProgram.of(engine, text).run(Map.of("x", Tensor.of(DType.FLOAT64, Shape.of(13), new double[13])));
        List<double[]> drawn = List.of(doubles(values.get("y")), doubles(values.get("u")), doubles(values.get("v")));
        assertThat(drawn.stream().flatMapToDouble(DoubleStream::of).distinct().count())
                .isEqualTo(39);
    }

    @Test
    void alphaDropoutKeepsMeanAndVariance() {
        double[] y = run(engine, 3, "y1", "randn([4097], dtype=torch.float64)", "alpha_dropout(y0, 0.4, True)")
                .getFirst();
        double average = DoubleStream.of(y).average().orElseThrow();
        double square = DoubleStream.of(y).map(v -> v * v).average().orElseThrow();
        assertThat(average).isEqualTo(0, within(0.06));
        assertThat(square).isEqualTo(1, within(0.1));
    }

    @Test
    void featureDropoutDropsWholeChannels() {
        double[] y = run(engine, 3, "y1", "ones([16, 8, 4])", "feature_dropout(y0, 0.5, True)")
                .getFirst();
        long whole = IntStream.range(0, 128)
                .filter(c -> Arrays.stream(y, 4 * c, 4 * c + 4).distinct().count() == 1)
                .count();
        assertThat(whole).isEqualTo(128);
        assertThat(DoubleStream.of(y).sum()).isBetween(256.0, 768.0);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void multinomialFollowsItsWeights(boolean replacement) {
        String draw = "multinomial(y2, 1, " + (replacement ? "True" : "False") + ")";
        List<double[]> values = run(
                engine, 9, "y3", "arange(4, dtype=torch.float64)", "view(y0, [1, 4])", "expand(y1, [3000, 4])", draw);
        double[] counts = new double[4];
        DoubleStream.of(values.getFirst()).forEach(category -> counts[(int) category]++);
        assertThat(counts).containsExactly(new double[] {0, 500, 1000, 1500}, within(110.0));
        assertThat(counts[0]).isZero();
    }

    @Test
    void withoutReplacementNothingComesTwice() {
        double[] drawn = run(engine, 9, "y0", "multinomial(p, 4097)").getFirst();
        assertThat(DoubleStream.of(drawn).distinct().count()).isEqualTo(SIZE);
        double[] order = run(engine, 9, "y0", "randperm(4097)").getFirst();
        assertThat(DoubleStream.of(order).sorted().toArray())
                .containsExactly(IntStream.range(0, SIZE).asDoubleStream().toArray());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "randint(0, [2]); high",
                "randint.low(3, 3, [2]); high",
                "randint(300, [2], dtype=torch.int8); high",
                "rand([-1]); size",
                "rand([2], dtype=torch.int64); dtype",
                "bernoulli.p(x, 1.5); p",
                "dropout(x, -0.1, True); p",
                "feature_dropout(x, 0.5, True); input",
                "native_dropout(x, 2.0, True); p",
                "normal.Tensor_float(x, -1.0); std",
                "uniform(x, 2.0, 1.0); to",
                "exponential(x, 0.0); lambd",
                "geometric(x, 1.0); p",
                "multinomial(x, 0); num_samples",
                "multinomial(x, 4098); num_samples",
                "randperm(-1); n",
                "rrelu(x, 0.5, 0.1, True); upper"
            })
    void badArgumentsAreNamed(String node, String argument) {
        assertThatThrownBy(() -> run(engine, 0, "y0", node))
                .isInstanceOfSatisfying(
                        GraphException.class, e -> assertThat(e.argument()).isEqualTo(argument));
    }
}
