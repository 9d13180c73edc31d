package dev.gradwire.pass;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.graph.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Copies a graph node by node and lets a rule put something else in a node's place. */
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
        builder = new GraphBuilder(operators);
        map = new @Nullable Value[graph.valueCount()];
    }

    static Graph rewrite(Graph graph, OperatorTable operators, Rule rule) {
        return new Rewriter(graph, operators).run(graph, rule);
    }

    private Graph run(Graph graph, Rule rule) {
        for (Graph.Input input : graph.inputs()) {
            map[input.value().id()] = builder.copyInput(input);
        }
        for (Node node : graph.nodes()) {
            builder.setOrigin(node);
            List<Argument> args = node.args().stream()
                    .map(arg -> GraphBuilder.remap(arg, map))
                    .toList();
            Node moved = new Node(node.name(), node.backward(), node.op(), args, node.results());
            List<Value> results = rule.rewrite(moved, builder);
            define(node, results != null ? results : builder.repeat(moved));
        }
        for (Graph.Output output : graph.outputs()) {
            builder.output(output.name(), GraphBuilder.mapped(output.value(), map));
        }
        return builder.build();
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
