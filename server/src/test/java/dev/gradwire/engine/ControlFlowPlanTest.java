package dev.gradwire.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.TextForm;
import dev.gradwire.op.Operators;
import dev.gradwire.pass.Plan;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.transform.Differentiate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What plans with functions cost: memory, operations, and how they grow with the order of a derivative. */
@SuppressWarnings("StringConcatToTextBlock") // a program a line
final class ControlFlowPlanTest {
    private static final int ELEMENTS = 1000;

    /** A chain of sines with its gradient, in so many parts, each of them in a call of {@code op}. */
    private static String chain(String op, int parts, int length) {
        StringBuilder text = new StringBuilder("def part(x):\n");
        String last = "x";
        for (int i = 0; i < length; i++) {
            text.append("  s%d = sin(%s)\n".formatted(i, last));
            last = "s" + i;
        }
        text.append("  return ")
                .append(last)
                .append("\na: float64[")
                .append(ELEMENTS)
                .append("]\n");
        last = "a";
        for (int i = 0; i < parts; i++) {
            text.append("p%d = %s(@part, [%s])\n".formatted(i, op, last));
            last = "p" + i;
        }
        return text + "l = sum(" + last + ")\ng = grad([l], [a])\nreturn l, g";
    }

    @Test
    void checkpointsKeepOnlyWhatStandsBetweenThem() {
        TextRun kept = TextRun.of(chain("call", 8, 8));
        TextRun again = TextRun.of(chain("checkpoint", 8, 8));
        long tensors = 8L * ELEMENTS;
        assertThat(kept.nodeByNode().price().peakBytes()).isBetween(64 * tensors, 70 * tensors);
        assertThat(again.nodeByNode().price().peakBytes()).isBetween(16 * tensors, 22 * tensors);
        long forward = 64L * ELEMENTS;
        assertThat(again.plan().price().flops() - kept.plan().price().flops()).isBetween(forward / 2, forward);
        // The last place of float64 functions may change when the Java machine compiles them.
        assertThat(again.values(RunOptions.DEFAULT).getLast())
                .containsExactly(kept.values(RunOptions.DEFAULT).getLast(), within(1e-15));
    }

    @Test
    void loopsArePricedByTheirIterations() {
        String scan = "def f(c, x):\n  d = mul(c, x)\n  return d, d\na: float64[100]\nxs: float64[%d, 100]\n"
                + "r = scan(@f, [a], [xs])\nreturn r, r:1";
        Plan.Price ten = TextRun.of(scan.formatted(10)).plan().price();
        Plan.Price twenty = TextRun.of(scan.formatted(20)).plan().price();
        assertThat(twenty.flops() - ten.flops()).isEqualTo(10 * 101);
        // xs and ys; a carry before and after, and the operands
        assertThat(ten.peakBytes()).isBetween(800L * (10 + 10 + 1 + 2), 800L * (10 + 10 + 1 + 4) + 512);
        String half = "def t(c):\n  d = exp(c)\n  e = exp(d)\n  return e\ndef f(c):\n  return c\np: bool[]\n"
                + "a: float64[100]\nr = cond(p, @t, @f, [a])\nreturn r";
        Plan.Price whole = TextRun.of(half).nodeByNode().price();
        assertThat(whole.flops()).isEqualTo(201);
        assertThat(whole.bytesMoved()).isEqualTo(3200);
        assertThat(whole.peakBytes()).isBetween(1L + 800 * 3, 1L + 800 * 3 + 64);
    }

    @Test
    void whatNobodyReadsIsNotComputed() {
        String text =
                "def f(c, x):\n  d = mul(c, x)\n  e = exp(d)\n  return d, e\na: float64[100]\nxs: float64[10, 100]\n"
                        + "r = scan(@f, [a], [xs])\nreturn r";
        Plan plan = TextRun.of(text).plan();
        assertThat(plan.withBodies()).flatExtracting(Plan::steps).hasSize(2);
        assertThat(plan.price().peakBytes()).isBetween(800L * (10 + 1 + 2), 800L * (10 + 1 + 4) + 512);
    }

    @Test
    void carriesKeepOnlyThemselvesAlive() {
        String text = "def f(c):\n  w = expand(c, [50, 100])\n  e = exp(w)\n  d = select(e, 0, 7)\n  return d\n"
                + "a: float64[100]\nr = scan(@f, [a], [], length=5)\nreturn r";
        // a, what is returned, two for the carry, and what is 50 times as large
        assertThat(TextRun.of(text).nodeByNode().price().peakBytes())
                .isBetween(800L * (1 + 1 + 2 + 50), 800L * (1 + 1 + 2 + 50) + 2048);
    }

    @Test
    void unusedGradientsAreKnownThroughFunctions() {
        String functions = "def f(c, x, w):\n  d = mul(c, w)\n  y = sin(x)\n  return d, y\n"
                + "def b(c, x):\n  z = floor(x)\n  d = mul(c, c)\n  return d, x\n";
        assertThat(unused(functions, "r = scan(@f, [a], [xs], [w])", "r")).containsExactly("g:1");
        assertThat(unused(functions, "r = scan(@f, [a], [xs], [w])", "r:1")).containsExactly("g", "g:2");
        assertThat(unused(functions, "p = lt(w, 0)\nr = cond(p, @b, @b, [a, w])", "r"))
                .containsExactly("g:1", "g:2");
        assertThat(unused(functions, "r = checkpoint(@b, [a, xs])", "r:1")).containsExactly("g", "g:2");
    }

    private static List<String> unused(String functions, String node, String root) {
        String text = functions + "a: float64[]\nxs: float64[4]\nw: float64[]\n" + node + "\ns = sum(" + root
                + ")\ng = grad([s], [a, xs, w])\nreturn g, g:1, g:2";
        Graph graph = TextForm.parse(text, Operators.all()).graph();
        Differentiate.Result result = Differentiate.apply(graph, Operators.all(), 10_000);
        return result.graph().outputs().stream()
                .filter(output -> result.unused().contains(output.value()))
                .map(Graph.Output::name)
                .toList();
    }

    /** Nodes of the graph and of all its functions. */
    private static int size(Graph graph, Set<Graph> known) {
        int size = graph.nodes().size();
        for (Node node : graph.nodes()) {
            List<Graph> bodies = new ArrayList<>();
            node.forEachBody(body -> bodies.add(body.graph()));
            for (Graph body : bodies) {
                size += known.add(body) ? size(body, known) : 0;
            }
        }
        return size;
    }

    @Test
    void derivativesGrowByAFactorAnOrder() {
        StringBuilder text = new StringBuilder("""
                def cell(h, x, w):
                  m = mul(h, w)
                  s = add(m, x)
                  n = tanh(s)
                  return n, n
                a: float64[2]
                xs: float64[50, 2]
                w: float64[2]
                r = scan(@cell, [a], [xs], [w])
                l0 = sum(r:1)
                """);
        int[] sizes = new int[4];
        int[] plans = new int[4];
        for (int order = 0; order < sizes.length; order++) {
            TextRun run = TextRun.of(text + "return l" + order);
            sizes[order] = size(run.graph(), new HashSet<>());
            plans[order] = run.plan().withBodies().stream()
                    .mapToInt(plan -> plan.steps().size())
                    .sum();
            text.append("g%d = grad([l%d], [w])\nl%d = sum(g%d)\n".formatted(order, order, order + 1, order));
        }
        System.out.println(
                "nodes of the derivatives of a scan: " + Arrays.toString(sizes) + ", steps: " + Arrays.toString(plans));
        for (int order = 1; order < sizes.length; order++) {
            assertThat(plans[order]).isLessThanOrEqualTo(4 * plans[order - 1] + 20);
        }
    }
}
