package dev.gradwire.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.TextProgram;
import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.TextForm;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.transform.GradFn;
import dev.gradwire.transform.GradFns;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What samples and reference cases do not show: layouts, higher derivatives at zeros, texts of errors. */
final class ShapeOperatorsTest {
    private static final Engine engine = Engine.open(new EngineSettings(1, 1000));

    @AfterAll
    static void close() {
        engine.close();
    }

    /** Reshape is a view, a view of other strides or a copy, as in PyTorch. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            mul(x, x)             | [24]     | ViewBackward0
            transpose(x, 1, 2)    | [2, 12]  | CloneBackward0, UnsafeViewBackward0
            transpose(x, 1, 2)    | [2, 4, 3, 1] | ReshapeAliasBackward0
            slice(x, 2, 0, 2)     | [6, 2]   | ReshapeAliasBackward0
            slice(x, 2, 0, 2)     | [12]     | CloneBackward0, UnsafeViewBackward0
            slice(x, 0, 1, 2)     | [12]     | ViewBackward0
            select(x, 1, 0)       | [8]      | CloneBackward0, UnsafeViewBackward0
            expand(sum(x), [3, 4]) | [12]    | ReshapeAliasBackward0
            permute(x, [0, 1, 2]) | [24]     | ViewBackward0
            """)
    void reshapeCopiesWherePyTorchDoes(String view, String shape, String expected) {
        String source = view.startsWith("expand(sum") ? "s = sum(x)\nv = expand(s, [3, 4])" : "v = " + view;
        String text = "x: float64[2, 3, 4] requires_grad\n" + source + "\ny = reshape(v, " + shape + ")\nreturn y";
        List<GradFn> all = new GradFns(TextForm.parse(text, Operators.all()), Map.of()).all();
        assertThat(all.stream().filter(gradFn -> gradFn.node().startsWith("y")).map(GradFn::name))
                .containsExactly(expected.split(", "));
    }

    /** Of a · b · c with a = b = 0 only the derivatives by both a and b are not 0. */
    @Test
    void derivativesOfProductsAreRightAtZerosToAnyOrder() {
        Map<String, Tensor> values =
                TextProgram.of(engine, """
                        x: float64[4]
                        p = prod(x)
                        g = grad([p], [x])
                        gb = select(g, 0, 1)
                        h = grad([gb], [x])
                        ha = select(h, 0, 0)
                        t = grad([ha], [x])
                        return p, g, h, t
                        """).run(Map.of("x", Tensor.of(DType.FLOAT64, Shape.of(4), 0, 0, 3, 5)));
        assertThat(doubles(values.get("p"))).containsExactly(0);
        assertThat(doubles(values.get("g"))).containsExactly(0, 0, 0, 0);
        assertThat(doubles(values.get("h"))).containsExactly(15, 0, 0, 0);
        assertThat(doubles(values.get("t"))).containsExactly(0, 0, 5, 3);
    }

    @Test
    void runningProductsToo() {
        Map<String, Tensor> values =
                TextProgram.of(engine, """
                        x: float64[5]
                        c = cumprod(x, 0)
                        s = sum(c)
                        g = grad([s], [x])
                        ga = select(g, 0, 1)
                        h = grad([ga], [x])
                        return g, h
                        """).run(Map.of("x", Tensor.of(DType.FLOAT64, Shape.of(5), 2, 0, 3, 0, 5)));
        assertThat(doubles(values.get("g"))).containsExactly(1, 8, 0, 0, 0);
        // The cotangent of the second element is x0 (1 + x2 (1 + x3 (1 + x4))).
        assertThat(doubles(values.get("h"))).containsExactly(4, 0, 2, 36, 0);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            cat([x, z])               | argument 'tensors': shapes [2, 3] and [3, 5] differ in more than dimension 0
            view(x, [4, -1])          | argument 'size': shape [4, -1] does not fit the 6 elements of a tensor of shape [2, 3]
            expand(x, [2, 4])         | argument 'size': a tensor of shape [2, 3] does not expand to [2, 4]
            select(x, 1, 3)           | argument 'index': index 3 is out of range for dimension 1 of shape [2, 3]
            permute(x, [0, 0])        | argument 'dims': names dimension 0 twice
            sum(x, [2])               | argument 'dim': dimension 2 is out of range for a tensor of rank 2
            index(x, [b])             | argument 'indices': a mask (bool[2]) must be a constant of the graph
            gather(x, 0, i)           | argument 'index': shape [4] does not fit self of shape [2, 3]
            topk(x, 4)                | argument 'k': 4 is out of range for dimension 1 of shape [2, 3]
            full([2], 300, dtype=torch.int8) | argument 'fill_value': 300.0 does not fit int8
            zeros([-1])               | argument 'size': has the negative size -1
            arange(0, 5, -1)          | argument 'step': -1.0 does not lead from 0.0 to 5.0
            mean(i)                   | argument 'self': must be of a floating point dtype, but is int64
            unbind(w)                 | argument 'dim': makes 100000 results, but at most 65536 are possible
            """)
    void errorsNameTheArgumentAndTheShapes(String call, String expected) {
        String text = "x: float64[2, 3]\nz: float64[3, 5]\nb: bool[2]\ni: int64[4]\nw: float64[100000]\ny = " + call
                + "\nreturn y";
        assertThatThrownBy(() -> TextForm.parse(text, Operators.all()))
                .isInstanceOf(GraphException.class)
                .hasMessageContaining(expected);
    }

    private static double[] doubles(Tensor tensor) {
        double[] elements = new double[(int) tensor.type().shape().elements()];
        for (int i = 0; i < elements.length; i++) {
            elements[i] = tensor.getDouble(i);
        }
        return elements;
    }
}
