package dev.gradwire.client;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Draws a grad_fn graph as a tree of lines, without recursion: graphs may be deep. */
final class GradFnTree {
    private GradFnTree() {}

    private record Line(@Nullable GradFn function, String own, String below) {}

    static String print(GradFn root) {
        StringBuilder text = new StringBuilder();
        Set<GradFn> shown = new HashSet<>();
        Deque<Line> open = new ArrayDeque<>();
        open.push(new Line(root, "", ""));
        while (!open.isEmpty()) {
            Line line = open.pop();
            GradFn function = line.function;
            text.append(line.own);
            if (function == null) {
                text.append("None\n");
                continue;
            }
            boolean leaf = function.nextFunctions().isEmpty();
            boolean again = !shown.add(function) && !leaf;
            text.append(label(function)).append(again ? " (shown above)\n" : "\n");
            if (!again) {
                pushChildren(function.nextFunctions(), line.below, open);
            }
        }
        return text.toString();
    }

    private static void pushChildren(List<GradFn.Edge> edges, String below, Deque<Line> open) {
        for (int i = edges.size() - 1; i >= 0; i--) {
            boolean last = i == edges.size() - 1;
            open.push(
                    new Line(edges.get(i).function(), below + (last ? "└─ " : "├─ "), below + (last ? "   " : "│  ")));
        }
    }

    /** {@code MulBackward0 mul_1 float32[2]}. */
    static String label(GradFn function) {
        String type = function.output() < function.resultTypes().size()
                ? " " + function.resultTypes().get(function.output())
                : "";
        return function.name() + " " + function.node() + type;
    }
}
