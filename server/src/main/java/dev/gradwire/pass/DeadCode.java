package dev.gradwire.pass;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.graph.Value;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** Drops nodes that no output depends on. Inputs stay: they are part of the graph's signature. */
record DeadCode(OperatorTable operators) implements Pass {
    @Override
    public Graph apply(Graph graph) {
        BitSet live = live(graph);
        GraphBuilder builder = new GraphBuilder(operators);
        @Nullable Value[] map = new @Nullable Value[graph.valueCount()];
        graph.inputs().forEach(input -> map[input.value().id()] = builder.copyInput(input));
        for (Node node : graph.nodes()) {
            if (isLive(node, live)) {
                builder.copy(node, map);
            }
        }
        graph.outputs().forEach(output -> builder.output(output.name(), GraphBuilder.mapped(output.value(), map)));
        return builder.build();
    }

    private static BitSet live(Graph graph) {
        BitSet live = new BitSet();
        graph.outputs().forEach(output -> live.set(output.value().id()));
        for (int i = graph.nodes().size() - 1; i >= 0; i--) {
            Node node = graph.nodes().get(i);
            if (isLive(node, live)) {
                node.forEachOperand(operand -> live.set(operand.id()));
            }
        }
        return live;
    }

    private static boolean isLive(Node node, BitSet live) {
        for (Value result : node.results()) {
            if (live.get(result.id())) {
                return true;
            }
        }
        return false;
    }
}
