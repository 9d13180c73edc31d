package dev.gradwire.transform;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.op.Operators;
import java.util.List;

/** All operators, and what those that stand for a rewrite become: the table for graphs that clients record. */
public final class Rewrites implements OperatorTable {
    private static final Rewrites ALL = new Rewrites();

    private Rewrites() {}

    public static OperatorTable all() {
        return ALL;
    }

    @Override
    public List<Overload> overloads(String name) {
        return Operators.all().overloads(name);
    }

    @Override
    public Graph ordinary(Graph graph, int maxValues) {
        return Differentiate.apply(graph, this, maxValues).graph();
    }
}
