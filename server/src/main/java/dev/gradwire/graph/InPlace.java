package dev.gradwire.graph;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Lets in-place operators ({@code squeeze_}, {@code add_}) through where tracers write them but nobody can tell: the
 * graph is pure, so {@code y = add_(x, 1)} is {@code y = add(x, 1)} as long as no other node reads x, before or after,
 * and x is no view of something else.
 */
final class InPlace {
    /** By what was overwritten, the node that did it. */
    private final Map<Value, String> overwritten = new HashMap<>();

    /** By ids. */
    private final BitSet used = new BitSet();

    private final BitSet views = new BitSet();

    private static boolean isInPlace(String op) {
        String name = op.startsWith("aten.") ? op.substring("aten.".length()) : op;
        int dot = name.indexOf('.');
        String bare = dot < 0 ? name : name.substring(0, dot);
        return bare.endsWith("_") && !bare.endsWith("__"); // __radd__ is Python's, and pure
    }

    /** @throws GraphException when the node reads what was overwritten, or overwrites what others read */
    void beforeNode(String name, String op, List<Argument> positional, Map<String, Argument> keywords) {
        List<Value> operands = new ArrayList<>();
        collect(positional, operands);
        collect(keywords.values(), operands);
        operands.forEach(this::beforeRead);
        if (isInPlace(op) && !operands.isEmpty()) {
            overwrite(operands.getFirst(), name);
        }
        operands.forEach(operand -> used.set(operand.id()));
    }

    /** @throws GraphException when the value was overwritten */
    void beforeRead(Value value) {
        String by = overwritten.get(value);
        if (by != null) {
            throw new GraphException(
                    Reason.INVALID_ARGUMENT,
                    "reads a tensor that node '" + by + "' changed in place; a graph is pure: read '" + by + "'");
        }
    }

    private void overwrite(Value target, String name) {
        if (used.get(target.id()) || views.get(target.id())) {
            throw new GraphException(
                    Reason.INVALID_ARGUMENT,
                    "changes a tensor in place that another node reads or views; a graph is pure: use the operator"
                            + " without the underscore");
        }
        overwritten.put(target, name);
    }

    private static void collect(Collection<Argument> arguments, List<Value> operands) {
        for (Argument argument : arguments) {
            switch (argument) {
                case Value value -> operands.add(value);
                case Argument.Items list -> collect(list.items(), operands);
                default -> {}
            }
        }
    }

    /** What an in-place operator gives is the tensor itself, no view of another. */
    void afterNode(String op, List<Node> nodes, int first) {
        if (isInPlace(op)) {
            return;
        }
        for (Node node : nodes.subList(first, nodes.size())) {
            if (node.op().isView()) {
                node.results().forEach(result -> views.set(result.id()));
            }
        }
    }
}
