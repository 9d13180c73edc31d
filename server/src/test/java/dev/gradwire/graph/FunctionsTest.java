package dev.gradwire.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.op.Operators;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Functions by name, their types, and what is told of wrong ones. */
final class FunctionsTest {
    private static Graph parse(String text) {
        Graph graph = TextForm.parse(text, Operators.all()).graph();
        GraphVerifier.verify(graph);
        return graph;
    }

    @Test
    void aCallIsItsFunctionsNodes() {
        String text = """
                def step(c, x: float32[2]):
                  d = mul(c, x)
                  e = call(@square, [d])
                  return e, d
                def square(x):
                  y = mul(x, x)
                  return y
                a: float32[2]
                b: float32[2]
                r = call(@step, [a, b])
                s = call(@step, [r, r:1])
                return r, s:1
                """;
        assertThat(parse(text)).hasToString("""
                a: float32[2]
                b: float32[2]
                r/d = mul.Tensor(a, b)
                r/e/y = mul.Tensor(r/d, r/d)
                s/d = mul.Tensor(r/e/y, r/d)
                s/e/y = mul.Tensor(s/d, s/d)
                return r/e/y, s/d
                """);
    }

    @Test
    void aFunctionMayReturnItsInputsAndNothing() {
        assertThat(
                        parse(
                                "def f(x, y):\n  return y, x, x\na: float32[]\nb: int64[2]\nr = call(@f, [a, b])\nreturn r, r:2"))
                .hasToString("a: float32[]\nb: int64[2]\nreturn b, a\n");
        assertThat(parse("def f(x):\n  return\na: float32[]\nr = call(@f, [a])\nreturn a"))
                .hasToString("a: float32[]\nreturn a\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            call(@g, [x])          | UNKNOWN_FUNCTION | node 'r' (call): argument 'function': there is no function 'g'
            call(@f, [x])          | INVALID_ARGUMENT | node 'r' (call): argument 'function': the function 'f' takes 2 tensors, but is given 1
            call(@f, [x, x])       | SHAPE_MISMATCH   | node 'r' (call): argument 'function': input 'b' of the function 'f' is float32[3], but is given float32[2]
            call(@h, [x])          | CYCLE            | function 'k': node 'n' (call): argument 'function': a function may not use itself: 'h' → 'k' → 'h'
            call(@k, [x])          | CYCLE            | function 'h': node 'n' (call): argument 'function': a function may not use itself: 'k' → 'h' → 'k'
            call(@outer, [x])      | SHAPE_MISMATCH   | function 'inner': node 'm' (mm): argument 'self': must have rank 2
            neg(@f)                | INVALID_ARGUMENT | node 'r' (neg): argument 'self': must be Tensor, but is a function
            call(x, [x])           | INVALID_ARGUMENT | node 'r' (call): argument 'function': must be Function, but is a tensor float32[2]
            """)
    void tellsWhatIsWrong(String call, Reason reason, String text) {
        String program = """
                def f(a, b: float32[3]):
                  return a
                def h(a):
                  n = call(@k, [a])
                  return n
                def k(a):
                  n = call(@h, [a])
                  return n
                def outer(a):
                  n = call(@inner, [a])
                  return n
                def inner(a):
                  m = mm(a, a)
                  return m
                x: float32[2]
                r = %s
                return r
                """.formatted(call);
        assertThatThrownBy(() -> parse(program)).isInstanceOfSatisfying(GraphException.class, e -> {
            assertThat(e).hasMessageStartingWith(text);
            assertThat(e.reason()).isEqualTo(reason);
        });
    }

    @Test
    void depthIsLimitedAndDoublingCountsItsValues() {
        StringBuilder text = new StringBuilder("def f0(x):\n  y = neg(x)\n  return y\n");
        for (int i = 1; i <= 40; i++) {
            text.append("def f%d(x):\n  y = call(@f%d, [x])\n  z = call(@f%d, [y])\n  return z\n"
                    .formatted(i, i - 1, i - 1));
        }
        GraphBuilder builder = new GraphBuilder(Operators.all());
        builder.limitValues(100_000);
        builder.functions().limitDepth(64);
        assertThatThrownBy(() -> new TextParser(text + "x: float32[2]\nr = call(@f40, [x])\nreturn r").read(builder))
                .isInstanceOfSatisfying(
                        GraphException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TOO_MANY_VALUES));
        GraphBuilder shallow = new GraphBuilder(Operators.all());
        shallow.functions().limitDepth(3);
        assertThatThrownBy(() -> new TextParser(text + "x: float32[2]\nr = call(@f3, [x])\nreturn r").read(shallow))
                .isInstanceOfSatisfying(
                        GraphException.class, e -> assertThat(e.reason()).isEqualTo(Reason.FUNCTIONS_TOO_DEEP));
    }
}
