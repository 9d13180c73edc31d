package dev.gradwire.client;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes a grad_fn graph for Graphviz: boxes for functions, ellipses for leaves, arrows as gradients flow. */
final class GradFnDot {
    private final Map<GradFn, String> ids = new LinkedHashMap<>();
    private final StringBuilder edges = new StringBuilder();

    private GradFnDot() {}

    static String print(GradFn root) {
        GradFnDot dot = new GradFnDot();
        dot.walk(root);
        StringBuilder text = new StringBuilder("digraph grad_fn {\n  node [shape=box fontname=\"Helvetica\"];\n");
        dot.ids.forEach((function, id) -> text.append("  ")
                .append(id)
                .append(" [label=\"")
                .append(escape(function.name()))
                .append("\\n")
                .append(escape(
                        GradFnTree.label(function).substring(function.name().length() + 1)))
                .append('"')
                .append(function.nextFunctions().isEmpty() ? " shape=ellipse];\n" : "];\n"));
        return text.append(dot.edges).append("}\n").toString();
    }

    private void walk(GradFn root) {
        Deque<GradFn> open = new ArrayDeque<>();
        id(root, open);
        while (!open.isEmpty()) {
            GradFn function = open.pop();
            for (GradFn.Edge edge : function.nextFunctions()) {
                GradFn next = edge.function();
                if (next != null) {
                    edges.append("  ")
                            .append(ids.get(function))
                            .append(" -> ")
                            .append(id(next, open))
                            .append(";\n");
                }
            }
        }
    }

    private String id(GradFn function, Deque<GradFn> open) {
        String known = ids.get(function);
        if (known != null) {
            return known;
        }
        String id = "n" + ids.size();
        ids.put(function, id);
        open.push(function);
        return id;
    }

    private static String escape(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"");
    }
}
