package dev.gradwire.op;

import static dev.gradwire.TextProgram.doubles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.TextProgram;
import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.TextForm;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Shapes that follow from constants of the graph: masks, numbers of repeats, places to split at. */
final class ConstantShapesTest {
    private static final Engine engine = Engine.open(new EngineSettings(1, 1000));

    @AfterAll
    static void close() {
        engine.close();
    }

    /** Of x = [[1, 2, 3], [4, 5, 6]]: the value, its shape, and the gradient of its sum of squares over two. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            bool[2, 3], [1, 0, 1, 0, 0, 1] | masked_select(x, k)   | [3]    | 1 3 6       | 1 0 3 0 0 6
            bool[3], [0, 1, 1]             | masked_select(x, k)   | [4]    | 2 3 5 6     | 0 2 3 0 5 6
            bool[2, 1], [0, 0]             | masked_select(x, k)   | [0]    |             | 0 0 0 0 0 0
            bool[2], [0, 1]                | index(x, [k])         | [1, 3] | 4 5 6       | 0 0 0 4 5 6
            bool[3], [1, 0, 1]             | index(x, [None, k])   | [2, 2] | 1 3 4 6     | 1 0 3 4 0 6
            bool[2, 3], [0, 0, 0, 1, 1, 0] | index(x, [k])         | [2]    | 4 5         | 0 0 0 4 5 0
            int64[3], [2, 0, 1]            | repeat_interleave(x, k, 1) | [2, 3] | 1 1 3 4 4 6 | 2 0 3 8 0 6
            int64[], [1]                   | narrow(x, 1, k, 2)    | [2, 2] | 2 3 5 6     | 0 2 3 0 5 6
            int32[2], [1, 6]               | view(x, k)            | [1, 6] | 1 2 3 4 5 6 | 1 2 3 4 5 6
            """)
    void followFromConstants(String constant, String call, String shape, String value, String gradient) {
        Map<String, Tensor> values = TextProgram.of(engine, """
                        x: float64[2, 3]
                        k = constant(tensor(%s))
                        y = %s
                        q = mul(y, y)
                        s = sum(q)
                        h = mul(s, 0.5)
                        g = grad([h], [x])
                        return y, g
                        """.formatted(constant, call))
                .run(Map.of("x", Tensor.of(DType.FLOAT64, Shape.of(2, 3), 1, 2, 3, 4, 5, 6)));
        assertThat(values.get("y").type().shape().toString()).isEqualTo(shape);
        assertThat(doubles(values.get("y"))).containsExactly(numbers(value));
        assertThat(doubles(values.get("g"))).containsExactly(numbers(gradient));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            masked_select(x, c)           | NOT_CONSTANT   | argument 'mask': must be a constant of the graph
            index(x, [b])                 | NOT_CONSTANT   | argument 'indices': a mask (bool[2]) must be a constant
            index(x, [None, k])           | SHAPE_MISMATCH | argument 'indices': a mask of shape [2] does not fit shape [2, 3] at 1
            repeat_interleave(x, i, 1)    | NOT_CONSTANT   | argument 'repeats'
            tensor_split(x, i)            | NOT_CONSTANT   | argument
            view(x, i)                    | NOT_CONSTANT   | argument 'size': must be int[] or a constant of the graph, but is a tensor int64[3]
            """)
    void dataIsToldFromConstants(String call, Reason reason, String expected) {
        String text =
                "x: float64[2, 3]\nb: bool[2]\nc: bool[3]\ni: int64[3]\nk = constant(tensor(bool[2], [1, 0]))\ny = "
                        + call + "\nreturn y";
        assertThatThrownBy(() -> TextForm.parse(text, Operators.all()))
                .isInstanceOfSatisfying(
                        GraphException.class, e -> assertThat(e.reason()).isEqualTo(reason))
                .hasMessageContaining(expected);
    }

    private static double[] numbers(String text) {
        return text == null
                ? new double[0]
                : Arrays.stream(text.split(" "))
                        .mapToDouble(Double::parseDouble)
                        .toArray();
    }
}
