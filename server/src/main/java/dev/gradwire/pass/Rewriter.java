package dev.gradwire.pass;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.graph.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Goes over a graph node by node and lets a rule put something else in a node's place. What no rule touches stays as it
 * is, object and all, so that a pass costs little where there is nothing to do.
 */
final class Rewriter {
    /** What stands for a node; its operands are values of the new graph already. */
    @FunctionalInterface
    interface Rule {
        /** The new results, or null to keep the node. */
        @Nullable
        List<Value> rewrite(Node node, GraphBuilder builder);
    }

    private final GraphBuilder builder;
    private final @Nullable Value[] map;

    private Rewriter(Graph graph, OperatorTable operators) {
        builder = GraphBuilder.rewriting(graph, operators);
        map = new @Nullable Value[graph.valueCount()];
    }

    /** The graph itself where no rule puts anything in a node's place. */
    static Graph rewrite(Graph graph, OperatorTable operators, Rule rule) {
        return new Rewriter(graph, operators).run(graph, rule);
    }

    private Graph run(Graph graph, Rule rule) {
        for (Graph.Input input : graph.inputs()) {
            map[input.value().id()] = input.value();
        }
        boolean changed = false;
        for (Node node : graph.nodes()) {
            builder.setOrigin(node);
            Node moved = changed ? node.withArgs(GraphBuilder.remap(node.args(), map)) : node;
            List<Value> results = rewrite(rule, moved);
            changed |= results != null;
            define(node, results != null ? results : builder.keep(moved));
        }
        if (!changed && builder.nodes().size() == graph.nodes().size()) {
            return graph;
        }
        for (Graph.Output output : graph.outputs()) {
            builder.output(output.name(), GraphBuilder.mapped(output.value(), map));
        }
        return builder.build();
    }

    /** What types do not decide until a call is taken apart is still an error of the client's node. */
    private @Nullable List<Value> rewrite(Rule rule, Node node) {
        try {
            return rule.rewrite(node, builder);
        } catch (GraphException e) {
            throw e.at(node.name(), node.op().schema().key());
        } catch (ArithmeticException e) {
            throw GraphException.overflow().at(node.name(), node.op().schema().key());
        }
    }

    private void define(Node node, List<Value> results) {
        for (int i = 0; i < results.size(); i++) {
            Value old = node.results().get(i);
            if (!results.get(i).type().equals(old.type())) {
                throw new IllegalStateException("what stands for " + node.op().schema() + " has type "
                        + results.get(i).type() + " in place of " + old.type());
            }
            map[old.id()] = results.get(i);
        }
    }
}
