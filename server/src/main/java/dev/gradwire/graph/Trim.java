package dev.gradwire.graph;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Drops nodes that no output depends on, but for checks. Inputs stay: they are part of the graph's signature. */
public final class Trim {
    private Trim() {}

    public static Graph apply(Graph graph) {
        BitSet live = live(graph);
        List<Node> nodes = new ArrayList<>();
        for (Node node : graph.nodes()) {
            if (isLive(node, live)) {
                nodes.add(node);
            }
        }
        return new Graph(graph.inputs(), nodes, graph.outputs(), graph.valueCount());
    }

    /** The ids of all values that an output depends on, the outputs included. */
    public static BitSet live(Graph graph) {
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
        return node.op().isCheck();
    }
}
