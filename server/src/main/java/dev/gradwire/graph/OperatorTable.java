package dev.gradwire.graph;

import java.util.List;

/** Finds operators by name. */
@FunctionalInterface
public interface OperatorTable {
    /**
     * The overloads that a name may mean, in the order in which they are tried: {@code add} means all of {@code add},
     * {@code add.Tensor} just one; an {@code aten.} in front changes nothing. Empty when the name is unknown.
     */
    List<? extends Operator> overloads(String name);

    /**
     * The graph with ordinary operators in the place of those that stand for a rewrite, as far as the table knows how.
     *
     * @param maxValues of the result
     */
    default Graph ordinary(Graph graph, int maxValues) {
        return graph;
    }
}
