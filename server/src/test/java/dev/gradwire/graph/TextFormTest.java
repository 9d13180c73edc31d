package dev.gradwire.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.op.Operators;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TextFormTest {
    private static Graph parse(String text) {
        return TextForm.parse(text, Operators.all()).graph();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a: float32[2, 2] requires_grad\nb = add.Tensor(a, 2)\nout = sum(b)\nreturn out\n",
                "x: float64[3]\nm = sort(x, dim=0, descending=True)\nreturn m, m:1\n",
                "x: float64[2, 3]\ny: float64[2, 1]\nj = cat([x, y], dim=1)\nreturn j, x\n",
                "k = constant(tensor(int64[3], [0, 1, 2]))\nreturn k\n",
                "k = constant(tensor(float64[3], [nan, inf, -inf]))\nreturn k\n",
                "k = constant(tensor(bool[0, 2], []))\nreturn k\n",
                "x: bfloat16[0]\ny = mul.Tensor(x, inf)\nreturn y\n",
                "x: float64[]\ng = grad([x], [x], grad_outputs=[None])\nreturn g\n",
                "x: int64[1]\ny = sum(x, dtype=torch.float64)\nreturn y\n"
            })
    void printsWhatItParsed(String text) {
        assertThat(TextForm.print(parse(text))).isEqualTo(text);
    }

    @Test
    void overloadsCommentsAndKeywordsMayBeLeftOpen() {
        String text = "x: float64[2, 3] # two rows\ny = aten.sum(x, [0], keepdim=True)\nreturn y";
        assertThat(parse(text)).hasToString("x: float64[2, 3]\ny = sum.dim_IntList(x, [0], keepdim=True)\nreturn y\n");
    }

    @Test
    void parsedGraphsKeepTheRules() {
        GraphVerifier.verify(parse("x: float64[2, 3] requires_grad\ny = mul(x, x)\nreturn y"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x: float64[2, 3",
                "x: float63[2]",
                "x: float64[2]\ny = mul(x, x\nreturn y",
                "x: float64[2]\nreturn y",
                "x: float64[2]\nreturn x\ny = mul(x, x)",
                "x: float64[2]\ny = mul(x, ?)"
            })
    void refusesWhatIsNoProgram(String text) {
        assertThatThrownBy(() -> parse(text)).isInstanceOf(GraphException.class);
    }
}
