package dev.gradwire.pass;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.op.Expr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code return view(x)} becomes {@code return clone(view(x))} in a function, where x is made there and larger: what
 * comes out of a function lives on, as a carry for one, and must not keep more alive than it is priced for.
 */
record OwnOutputs(OperatorTable operators) implements Pass {
    @Override
    public Graph apply(Graph graph) {
        Map<Value, Node> producers = new HashMap<>();
        graph.nodes().forEach(node -> node.results().forEach(result -> producers.put(result, node)));
        GraphBuilder builder = GraphBuilder.rewriting(graph, operators);
        graph.nodes().forEach(builder::keep);
        boolean changed = false;
        for (Graph.Output output : graph.outputs()) {
            Value value = output.value();
            Node producer = producers.get(value);
            if (producer != null && keepsMore(value, producers)) {
                builder.setOrigin(producer);
                value = Expr.of(builder, value).call("clone").value();
                changed = true;
            }
            builder.output(output.name(), value);
        }
        return changed ? builder.build() : graph;
    }

    private static boolean keepsMore(Value value, Map<Value, Node> producers) {
        Value root = value;
        Node node = producers.get(root);
        while (node != null && ((Overload) node.op()).declaration().isView()) {
            List<Value> operands = new ArrayList<>();
            node.forEachOperand(operands::add);
            root = operands.getFirst();
            node = producers.get(root);
        }
        return node != null && root.type().lengthInBytes() > value.type().lengthInBytes();
    }
}
