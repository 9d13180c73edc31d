package dev.gradwire.graph;

import java.util.Map;

/**
 * The text form of a graph, which prints and parses back:
 *
 * <pre>{@code
 * a: float32[2, 2] requires_grad
 * b = add.Tensor(a, 2)
 * c = pow(b, exponent=2)
 * out = sum(c)
 * g = grad([out], [a])
 * return out, g
 * }</pre>
 *
 * A function comes before its use and is named with an {@code @}; its inputs may do without types:
 *
 * <pre>{@code
 * def step(c, x: float32[2]):
 *   d = mul(c, x)
 *   return d, d
 * s = scan(@step, [c], [xs])
 * }</pre>
 *
 * A statement a line, {@code #} begins a comment. The results of a node are {@code m}, {@code m:1}, …; tensor data
 * reads {@code tensor(int64[3], [0, 1, 2])}. Overloads may be left open as on the wire.
 */
public final class TextForm {
    private TextForm() {}

    /** @throws GraphException when the text or the graph is wrong */
    public static Recording parse(String text, OperatorTable operators) {
        return new TextParser(text).recording(operators);
    }

    /** One argument without references, e.g. {@code [1, 2]}. */
    public static Argument parseArgument(String text) {
        return new TextParser(text).argument(name -> {
            throw new GraphException(Reason.UNKNOWN_VALUE, "there is no value '" + name + "'");
        });
    }

    public static String print(Graph graph) {
        return new TextPrinter().print(graph);
    }

    /** An argument without references. */
    public static String print(Argument argument) {
        return new TextPrinter().print(argument, Map.of());
    }
}
