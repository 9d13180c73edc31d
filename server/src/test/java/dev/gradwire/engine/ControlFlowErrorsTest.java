package dev.gradwire.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.runtime.AnomalyException;
import dev.gradwire.runtime.CancelledException;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.runtime.StepException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is told of wrong functions, before and while they run. */
@SuppressWarnings("StringConcatToTextBlock") // a program a line
final class ControlFlowErrorsTest {
    private static final String FUNCTIONS = """
            def same(x):
              return x
            def both(x, y):
              return x, y
            def twice(x):
              return x, x
            def wide(x):
              y = reshape(x, [1, 3])
              return y
            def whole(x):
              y = to(x, torch.int64)
              return y
            def total(x):
              s = sum(x)
              return s
            def small(x):
              s = sum(x)
              c = lt(s, 100.0)
              return c
            def each(x):
              c = lt(x, 1.0)
              return c
            def grow(x):
              y = mul(x, 2.0)
              return y
            def log(x):
              y = sub(x, 1.0)
              z = log(y)
              return z
            """;
    private static final String INPUTS =
            "x: float64[3] requires_grad\np: bool[]\nxs: float64[4, 3]\nys: float64[5, 3]\n";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            cond(x, @same, @same, [x])           | DTYPE_MISMATCH   | node 'r' (cond): argument 'pred': must be bool, but is float64
            cond(p, @same, @twice, [x])          | INVALID_ARGUMENT | node 'r' (cond): argument 'false_fn': the function 'twice' returns 2 tensors, but 'same' returns 1
            cond(p, @same, @wide, [x])           | SHAPE_MISMATCH   | node 'r' (cond): argument 'false_fn': result 0 of the function 'wide' is float64[1, 3], but must be float64[3]
            cond(p, @same, @whole, [x])          | DTYPE_MISMATCH   | node 'r' (cond): argument 'false_fn': result 0 of the function 'whole' is int64[3], but must be float64[3]
            cond(p, @same, @both, [x])           | INVALID_ARGUMENT | node 'r' (cond): argument 'false_fn': the function 'both' takes 2 tensors, but is given 1
            while_loop(@total, @same, [x])       | DTYPE_MISMATCH   | node 'r' (while_loop): argument 'cond_fn': the result of the function 'total' must be bool, but is float64
            while_loop(@each, @same, [x])        | SHAPE_MISMATCH   | node 'r' (while_loop): argument 'cond_fn': the result of the function 'each' must have one element, but has shape [3]
            while_loop(@twice, @same, [x])       | INVALID_ARGUMENT | node 'r' (while_loop): argument 'cond_fn': the function 'twice' must return one tensor, but returns 2
            while_loop(@small, @twice, [x])      | INVALID_ARGUMENT | node 'r' (while_loop): argument 'body_fn': the function 'twice' must return as many tensors as are carried, 1, but returns 2
            while_loop(@small, @wide, [x])       | SHAPE_MISMATCH   | node 'r' (while_loop): argument 'body_fn': result 0 of the function 'wide' is float64[1, 3], but must be float64[3]
            while_loop(@small, @grow, [x], max_iterations=-1) | INVALID_ARGUMENT | node 'r' (while_loop): argument 'max_iterations': must not be negative, but is -1
            scan(@same, [x], [])                 | MISSING_ARGUMENT | node 'r' (scan): argument 'length': must be given where there are no xs
            scan(@same, [x], [], length=-2)      | INVALID_ARGUMENT | node 'r' (scan): argument 'length': must not be negative, but is -2
            scan(@both, [x], [xs, ys])           | SHAPE_MISMATCH   | node 'r' (scan): argument 'xs': entry 1 has 5 slices along dimension 0, but must have 4
            scan(@both, [x], [xs], length=3)     | SHAPE_MISMATCH   | node 'r' (scan): argument 'xs': entry 0 has 4 slices along dimension 0, but must have 3
            scan(@both, [x], [xs], dim=2)        | SHAPE_MISMATCH   | node 'r' (scan): argument 'dim'
            scan(@same, [x], [xs])               | INVALID_ARGUMENT | node 'r' (scan): argument 'combine_fn': the function 'same' takes 1 tensors, but is given 2
            scan(@same, [x, x], [], [], length=1) | INVALID_ARGUMENT | node 'r' (scan): argument 'combine_fn': the function 'same' takes 1 tensors, but is given 2
            scan(@wide, [x], [], length=1)       | SHAPE_MISMATCH   | node 'r' (scan): argument 'combine_fn': result 0 of the function 'wide' is float64[1, 3], but must be float64[3]
            custom_gradient(@same, @both, [x])   | INVALID_ARGUMENT | node 'r' (custom_gradient): argument 'vjp': the function 'both' takes 2 tensors, but is given 3
            """)
    void typesAreTold(String call, Reason reason, String text) {
        assertThatThrownBy(() -> TextRun.of(FUNCTIONS + INPUTS + "r = " + call + "\nreturn r"))
                .isInstanceOfSatisfying(GraphException.class, e -> {
                    assertThat(e).hasMessageStartingWith(text);
                    assertThat(e.reason()).isEqualTo(reason);
                });
    }

    @Test
    void reverseModeOfWhileNeedsABound() {
        String loop = FUNCTIONS + INPUTS + "r = while_loop(@small, @grow, [x])\ns = sum(r)\n";
        assertThat(TextRun.values(loop + "return s")).hasSize(1);
        assertThatThrownBy(() -> TextRun.of(loop + "g = grad([s], [x])\nreturn g"))
                .isInstanceOfSatisfying(
                        GraphException.class, e -> assertThat(e.reason()).isEqualTo(Reason.NOT_DIFFERENTIABLE))
                .hasMessageStartingWith(
                        "node 'r' (while_loop): argument 'max_iterations': must be given for derivatives");
    }

    @Test
    void moreIterationsThanAllowedEndTheRun() {
        TextRun bounded =
                TextRun.of(FUNCTIONS + INPUTS + "r = while_loop(@small, @grow, [x], max_iterations=2)\nreturn r");
        assertThatThrownBy(() -> bounded.values(RunOptions.DEFAULT))
                .isInstanceOfSatisfying(
                        StepException.class, e -> assertThat(e.node()).isEqualTo("r"))
                .hasMessage("the condition still holds after max_iterations = 2 iterations");
        TextRun open = TextRun.of(FUNCTIONS + INPUTS + "r = while_loop(@small, @same, [x])\nreturn r");
        RunOptions few = new RunOptions(() -> false, false, false, false, 0, 1000, false);
        assertThatThrownBy(() -> open.values(few))
                .isInstanceOfSatisfying(
                        StepException.class, e -> assertThat(e.node()).isEqualTo("r"))
                .hasMessageContaining("1000 iterations, which is the limit max_loop_iterations");
    }

    @Test
    void anEndlessLoopCanBeCancelled() {
        TextRun open = TextRun.of(FUNCTIONS + INPUTS + "r = while_loop(@small, @same, [x])\nreturn r");
        int[] polls = {0};
        RunOptions cancelled = new RunOptions(() -> ++polls[0] > 100, false, false, false, 0);
        assertThatThrownBy(() -> open.values(cancelled)).isInstanceOf(CancelledException.class);
    }

    @Test
    void anomaliesNameTheNodeInside() {
        RunOptions detecting = new RunOptions(() -> false, true, false, false, 0);
        TextRun loop = TextRun.of(FUNCTIONS + INPUTS + "r = scan(@log, [x], [], length=3)\nreturn r");
        assertThatThrownBy(() -> loop.values(detecting)).isInstanceOfSatisfying(AnomalyException.class, e -> {
            assertThat(e.anomaly().node()).isEqualTo("r/z");
            assertThat(e.anomaly().backward()).isFalse();
            assertThat(e.anomaly().operands()).extracting("name").containsExactly("r/y");
        });
    }

    @Test
    void errorsInDerivativesNameTheFunction() {
        String loop = "def f(x):\n  n = while_loop(@small, @grow, [x])\n  return n\n";
        assertThatThrownBy(() -> TextRun.of(FUNCTIONS + loop + INPUTS
                        + "r = checkpoint(@f, [x])\ns = sum(r)\ng = grad([s], [x])\nreturn g"))
                .isInstanceOf(GraphException.class)
                .hasMessageStartingWith(
                        "function 'f': node 'n' (while_loop): argument 'max_iterations': must be given");
    }
}
