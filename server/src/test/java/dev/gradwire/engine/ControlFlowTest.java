package dev.gradwire.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Operators with functions against the same graph without them: values, and derivatives up to the third, which are
 * appended to both.
 */
@SuppressWarnings("StringConcatToTextBlock") // a program a line, beside what it is compared with
final class ControlFlowTest {
    /**
     * @param functions definitions
     * @param inputs of the graph
     * @param nodes with operators under test; {@code r} is what is differentiated with respect to {@code a}
     * @param unrolled the same without
     */
    record Case(String name, String functions, String inputs, String nodes, String unrolled) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final String CELL = """
            def cell(h, x, w):
              m = mul(h, w)
              s = add(m, x)
              n = tanh(s)
              y = mul(n, h)
              return n, y
            """;
    private static final String POWERS = """
            def small(x, k):
              s = sum(x)
              c = lt(s, 9.0)
              return c
            def grow(x, k):
              m = mul(x, x)
              n = add(m, k)
              return n
            """;

    static List<Case> cases() {
        return List.of(
                new Case(
                        "checkpoint",
                        "def f(x, y):\n  s = sin(x)\n  m = mul(s, y)\n  e = exp(m)\n  return e, s\n",
                        "a: float64[3]\nb: float64[3]\n",
                        "c = checkpoint(@f, [a, b])\nr = mul(c, c:1)\n",
                        "s = sin(a)\nm = mul(s, b)\ne = exp(m)\nr = mul(e, s)\n"),
                new Case(
                        "checkpoint in checkpoint",
                        "def g(x):\n  s = sin(x)\n  return s\ndef f(x, y):\n  s = checkpoint(@g, [x])\n  m = mul(s, y)\n"
                                + "  return m\n",
                        "a: float64[3]\nb: float64[3]\n",
                        "r = checkpoint(@f, [a, b])\n",
                        "s = sin(a)\nr = mul(s, b)\n"),
                new Case(
                        "custom_gradient, true",
                        "def f(x, k):\n  y = pow(x, 3)\n  z = mul(y, k)\n  return z\n"
                                + "def v(x, k, y, g):\n  p = pow(x, 2)\n  q = mul(p, 3.0)\n  s = mul(q, g)\n"
                                + "  t = mul(s, k)\n  return t\n",
                        "a: float64[3]\nb: float64[3]\n",
                        "r = custom_gradient(@f, @v, [a], [b])\n",
                        "y = pow(a, 3)\nr = mul(y, b)\n"),
                new Case(
                        "cond, true",
                        "def t(x, y):\n  m = mul(x, y)\n  s = sin(m)\n  return s\ndef f(x, y):\n  e = exp(x)\n  return e\n",
                        "a: float64[3]\nb: float64[3]\n",
                        "q = sum(b)\np = gt(q, 0)\nr = cond(p, @t, @f, [a, b])\n",
                        "m = mul(a, b)\nr = sin(m)\n"),
                new Case(
                        "cond, false",
                        "def t(x, y):\n  m = mul(x, y)\n  s = sin(m)\n  return s\ndef f(x, y):\n  e = exp(x)\n  return e\n",
                        "a: float64[3]\nb: float64[3]\n",
                        "q = sum(b)\np = lt(q, 0)\nr = cond(p, @t, @f, [a, b])\n",
                        "r = exp(a)\n"),
                new Case(
                        "cond on a number, without operands in one branch",
                        "def t(x):\n  m = mul(x, x)\n  return m\ndef f(x):\n  z = mul(x, 0.0)\n  return z\n",
                        "a: float64[3]\n",
                        "r = cond(True, @t, @f, [a])\n",
                        "r = mul(a, a)\n"),
                new Case(
                        "scan",
                        CELL,
                        "a: float64[2]\nb: float64[3, 2]\nw: float64[2]\n",
                        "c = scan(@cell, [a], [b], [w])\nz = sum(c:1, [0])\nr = add(c, z)\n",
                        unrolledCell(0, 1, 2)),
                new Case(
                        "scan, reverse",
                        CELL,
                        "a: float64[2]\nb: float64[3, 2]\nw: float64[2]\n",
                        "c = scan(@cell, [a], [b], [w], reverse=True)\nz = sum(c:1, [0])\nr = add(c, z)\n",
                        unrolledCell(2, 1, 0)),
                new Case(
                        "scan along another dimension, with respect to its slices",
                        CELL,
                        "b: float64[2]\na: float64[2, 3]\nw: float64[2]\n",
                        "c = scan(@cell, [b], [a], [w], dim=-1)\nz = sum(c:1, [0])\nr = add(c, z)\n",
                        unrolledCell(0, 1, 2)
                                .replace("(a, ", "(b, ")
                                .replace("select(b, 0", "select(a, 1")
                                .replace("y0 = mul(n0, a)", "y0 = mul(n0, b)")),
                new Case(
                        "scan, with respect to what is the same",
                        CELL,
                        "w: float64[2]\nb: float64[3, 2]\na: float64[2]\n",
                        "c = scan(@cell, [w], [b], [a])\nz = sum(c:1, [0])\nr = add(c, z)\n",
                        unrolledCell(0, 1, 2)
                                .replace("(a, w)", "(q, v)")
                                .replace(", w)", ", a)")
                                .replace("(q, v)", "(w, a)")
                                .replace("y0 = mul(n0, a)", "y0 = mul(n0, w)")),
                new Case(
                        "scan of the ys alone",
                        CELL,
                        "a: float64[2]\nb: float64[3, 2]\nw: float64[2]\n",
                        "c = scan(@cell, [a], [b], [w])\nr = sum(c:1, [0])\n",
                        unrolledCell(0, 1, 2).replace("r = add(n2, z)", "r = mul(z, 1)")),
                new Case(
                        "scan without slices",
                        "def f(x):\n  m = mul(x, x)\n  s = sin(m)\n  return s\n",
                        "a: float64[2]\n",
                        "r = scan(@f, [a], [], length=2)\n",
                        "m = mul(a, a)\ns = sin(m)\nn = mul(s, s)\nr = sin(n)\n"),
                new Case(
                        "scan of no slices",
                        CELL,
                        "a: float64[2]\nb: float64[0, 2]\nw: float64[2]\n",
                        "c = scan(@cell, [a], [b], [w])\nz = sum(c:1, [0])\ny = add(c, z)\nr = mul(y, a)\n",
                        "r = mul(a, a)\n"),
                new Case(
                        "scan with a carry of integers",
                        "def f(i, x):\n  j = add(i, 1)\n  p = pow(x, j)\n  return j, p\n",
                        "a: float64[2]\n",
                        "i = constant(tensor(int64[], [1]))\nc = scan(@f, [i, a], [], length=2)\nr = mul(c:1, 1)\n",
                        "p = pow(a, 2)\nr = pow(p, 3)\n"),
                new Case(
                        "while_loop",
                        POWERS,
                        "a: float64[2]\nk: float64[2]\n",
                        "r = while_loop(@small, @grow, [a], [k], max_iterations=9)\n",
                        "m = mul(a, a)\nn = add(m, k)\nm1 = mul(n, n)\nn1 = add(m1, k)\n"
                                + "m2 = mul(n1, n1)\nr = add(m2, k)\n"),
                new Case(
                        "while_loop that never begins",
                        POWERS,
                        "a: float64[20]\nk: float64[20]\n",
                        "w = while_loop(@small, @grow, [a], [k], max_iterations=9)\nr = mul(w, w)\n",
                        "r = mul(a, a)\n"),
                new Case(
                        "scan of scans",
                        CELL
                                + "def row(h, x, w):\n  c = scan(@cell, [h], [x], [w])\n  s = sum(c:1, [0])\n  return c, s\n",
                        "a: float64[2]\nb: float64[2, 1, 2]\nw: float64[2]\n",
                        "c = scan(@row, [a], [b], [w])\nz = sum(c:1, [0])\nr = add(c, z)\n",
                        "e = view(b, [2, 2])\n" + unrolledCell(0, 1).replace("select(b,", "select(e,")),
                new Case(
                        "loops in cond in checkpoint",
                        CELL
                                + "def t(h, x, w):\n  c = scan(@cell, [h], [x], [w])\n  return c\n"
                                + "def f(h, x, w):\n  n = neg(h)\n  return n\n"
                                + "def k(h, x, w):\n  s = sum(h)\n  p = gt(s, 0)\n  c = cond(p, @t, @f, [h, x, w])\n  return c\n",
                        "a: float64[2]\nb: float64[2, 2]\nw: float64[2]\n",
                        "r = checkpoint(@k, [a, b, w])\n",
                        unrolledCell(0, 1).replace("r = add(n1, z)", "r = mul(n1, 1)")),
                new Case(
                        "grad inside a scan",
                        "def f(x):\n  s = sin(x)\n  y = mul(s, x)\n  t = sum(y)\n  g = grad([t], [x])\n  return g\n",
                        "a: float64[2]\n",
                        "r = scan(@f, [a], [], length=2)\n",
                        "s = sin(a)\nc = cos(a)\nm = mul(c, a)\nx = add(m, s)\ns2 = sin(x)\nc2 = cos(x)\n"
                                + "m2 = mul(c2, x)\nr = add(m2, s2)\n"));
    }

    /** The cell, over the rows of b in this order; r is the last carry and the sum of the ys. */
    private static String unrolledCell(int... rows) {
        StringBuilder text = new StringBuilder();
        String h = "a";
        for (int i = 0; i < rows.length; i++) {
            text.append(
                    "x%d = select(b, 0, %d)\nm%d = mul(%s, w)\ns%d = add(m%d, x%d)\nn%d = tanh(s%d)\ny%d = mul(n%d, %s)\n"
                            .formatted(i, rows[i], i, h, i, i, i, i, i, i, i, h));
            h = "n" + i;
        }
        String z = "y0";
        for (int i = 1; i < rows.length; i++) {
            text.append("z%d = add(%s, y%d)\n".formatted(i, z, i));
            z = "z" + i;
        }
        return text + "z = mul(" + z + ", 1)\nr = add(" + h + ", z)\n";
    }

    /** First, second and third derivatives, and a tangent. */
    private static final String DERIVATIVES = """
            o = mul(r, r)
            l = sum(o)
            g = grad([l], [a])
            g2 = mul(g, g)
            l2 = sum(g2)
            h = grad([l2], [a])
            h2 = mul(h, h)
            l3 = sum(h2)
            t = grad([l3], [a])
            j = jvp([r], [a], [g])
            return r, g, h, t, j
            """;

    @ParameterizedTest
    @MethodSource("cases")
    void equalsTheUnrolledGraph(Case each) {
        List<double[]> found = TextRun.values(each.functions + each.inputs + each.nodes + DERIVATIVES);
        List<double[]> expected = TextRun.values(each.inputs + each.unrolled + DERIVATIVES);
        List<String> names = List.of("value", "grad", "second", "third", "tangent");
        for (int i = 0; i < names.size(); i++) {
            double scale = 1;
            for (double element : expected.get(i)) {
                scale = Math.max(scale, Math.abs(element));
            }
            assertThat(found.get(i)).as(names.get(i)).containsExactly(expected.get(i), offset(1e-9 * scale));
        }
    }

    /** The functions multiply by what they draw, so the gradient times the input is the result. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "r = scan(@f, [a], [], length=3)\nd = mul(r:1, 1)",
                "r = while_loop(@few, @g, [i, a], max_iterations=5)\nd = mul(r:1, 1)\nr = mul(r:1, 1)",
                "r = checkpoint(@f, [a])\ns = checkpoint(@f, [r])\nd = stack([r:1, s:1])\nr = mul(s, 1)",
                "r = scan(@h, [a], [], length=3)\nd = mul(r:1, 1)"
            })
    void derivativesDrawWhatTheirFunctionsDrew(String nodes) {
        String functions = """
                def f(c):
                  u = rand_like(c)
                  m = mul(c, u)
                  return m, u
                def g(i, c):
                  u = rand_like(c)
                  m = mul(c, u)
                  j = add(i, 1)
                  return j, m
                def few(i, c):
                  p = lt(i, 3)
                  return p
                def h(c):
                  m = checkpoint(@f, [c])
                  return m, m:1
                a: float64[2]
                i = constant(tensor(int64[], [0]))
                """;
        String named = nodes.replaceFirst("\nr = ", "\nlast = ");
        String last = named.contains("\nlast = ") ? "last" : "r";
        List<double[]> values = TextRun.values(functions + named + "\nl = sum(" + last + ")\ng = grad([l], [a])\n"
                + "e = mul(g, a)\nreturn " + last + ", e, d");
        assertThat(values.get(1)).containsExactly(values.get(0), offset(1e-12));
        assertThat(values.get(2)).doesNotHaveDuplicates();
    }
}
