package dev.gradwire.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How plans grow with the order of a derivative and with the graph. */
class GrowthTest {
    private static final int ORDERS = 4;
    /** Each order has the nodes of the one before it and a derivative of each, of a few nodes. */
    private static final int FACTOR = 4;

    private static Engine engine;

    @BeforeAll
    static void open() {
        engine = Engine.open(EngineSettings.DEFAULT);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static int steps(String text) {
        return TextRun.of(text).nodeByNode().steps().size();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            tanh chain    | a = tanh(x);b = tanh(a);c = tanh(b);d = tanh(c);y = sum(d)
            mlp loss      | h = addmm(b1, x, w1);a = tanh(h);o = addmm(b2, a, w2);y = cross_entropy_loss(o, t)
            softmax       | s = softmax(x, 1);l = mul(s, s);y = sum(l)
            norm          | n = norm(x);y = mul(n, n)
            product chain | p = mm(x, w1);q = mm(p, w3);r = mm(q, w3);e = mul(r, r);y = sum(e)
            """)
    void derivativesOfHighOrderStaySmall(String what, String nodes) {
        StringBuilder text =
                new StringBuilder("""
                x: float64[3, 4] requires_grad
                w1: float64[4, 5] requires_grad
                b1: float64[5] requires_grad
                w2: float64[5, 2] requires_grad
                b2: float64[2] requires_grad
                w3: float64[5, 5] requires_grad
                t: int64[3]
                """).append(nodes.replace(';', '\n')).append('\n');
        List<Integer> counts = new ArrayList<>();
        counts.add(steps(text + "return y"));
        String root = "y";
        for (int order = 1; order <= ORDERS; order++) {
            text.append("g%d = grad([%s], [x])%nq%d = mul(g%d, g%d)%ns%d = sum(q%d)%n"
                    .formatted(order, root, order, order, order, order, order));
            root = "s" + order;
            counts.add(steps(text + "return g" + order));
        }
        System.out.println("steps of " + what + " and its derivatives of order 1 to " + ORDERS + ": " + counts);
        for (int order = 1; order < counts.size(); order++) {
            assertThat(counts.get(order)).isLessThanOrEqualTo(FACTOR * (counts.get(order - 1) + 1));
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "3"})
    void stepsAreLinearInTheNodes(int order) {
        int small = steps(chain(50, order));
        int middle = steps(chain(100, order));
        int large = steps(chain(200, order));
        assertThat(large - middle).isEqualTo(2 * (middle - small));
    }

    private static String chain(int nodes, int order) {
        StringBuilder text = new StringBuilder("x: float64[3] requires_grad\n");
        String last = "x";
        for (int i = 0; i < nodes; i++) {
            String op = i % 2 == 0 ? "tanh(%s)" : "mul(%s, x)";
            text.append("n%d = ".formatted(i)).append(op.formatted(last)).append('\n');
            last = "n" + i;
        }
        for (int i = 1; i <= order; i++) {
            text.append("s%d = sum(%s)%ng%d = grad([s%d], [x])%n".formatted(i, last, i, i));
            last = "g" + i;
        }
        return text + "return " + last;
    }

    /** Depth costs no stack. */
    @Test
    void deepGraphsArePlanned() {
        assertThat(steps(chain(20_000, 1))).isBetween(60_000, 120_000);
    }
}
