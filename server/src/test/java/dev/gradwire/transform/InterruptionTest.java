package dev.gradwire.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Interruption;
import dev.gradwire.graph.TextForm;
import dev.gradwire.op.Operators;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What makes a graph larger ends when it is told to, not when it is done. */
final class InterruptionTest {
    private static final int MANY = 10;

    /** Asks at least so often, and ends at once when it is told so in the middle. */
    private static void assertEnds(Supplier<?> work) {
        AtomicInteger asked = new AtomicInteger();
        Object unused = Interruption.during(work, asked::incrementAndGet);
        assertThat(unused).isNotNull();
        assertThat(asked).hasValueGreaterThan(MANY);
        asked.set(0);
        assertThatThrownBy(() -> Interruption.during(work, () -> {
                    if (asked.incrementAndGet() == MANY) {
                        throw new CancellationException();
                    }
                }))
                .isInstanceOf(CancellationException.class);
        assertThat(asked).hasValue(MANY);
    }

    private static Graph parse(String text) {
        return TextForm.parse(text, Operators.all()).graph();
    }

    @Test
    void callsOfFunctionsEnd() {
        StringBuilder text = new StringBuilder("def f0(a):\n  c = neg(a)\n  return c\n");
        for (int i = 1; i <= 12; i++) {
            text.append("def f%d(a):\n  b = call(@f%d, [a])\n  c = call(@f%d, [b])\n  return c\n"
                    .formatted(i, i - 1, i - 1));
        }
        assertEnds(() -> parse(text + "x: float32[]\ny = call(@f12, [x])\nreturn y\n"));
    }

    @Test
    void derivativesEnd() {
        StringBuilder text = new StringBuilder("x: float64[]\ng0 = tanh(x)\n");
        for (int i = 1; i <= 12; i++) {
            text.append("g%d = grad([g%d], [x])\n".formatted(i, i - 1));
        }
        Graph graph = parse(text + "return g12\n");
        assertEnds(() -> Differentiate.apply(graph, Operators.all(), 1 << 22));
    }

    @Test
    void pullbacksOfFunctionsEnd() {
        StringBuilder text = new StringBuilder("def f(a):\n  b0 = tanh(a)\n");
        for (int i = 1; i <= 2_000; i++) {
            text.append("  b%d = tanh(b%d)\n".formatted(i, i - 1));
        }
        Graph graph =
                parse(text + "  return b2000\nx: float64[]\ny = checkpoint(@f, [x])\ng = grad([y], [x])\nreturn g\n");
        assertEnds(() -> Differentiate.apply(graph, Operators.all(), 1 << 22));
    }
}
