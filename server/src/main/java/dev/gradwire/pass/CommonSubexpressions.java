package dev.gradwire.pass;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.graph.Schema;
import dev.gradwire.graph.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** {@code x = f(a); y = f(a)} becomes {@code x = f(a); y = x}: operators are pure. */
record CommonSubexpressions(OperatorTable operators) implements Pass {
    private record Expression(Schema op, List<Argument> args) {}

    @Override
    public Graph apply(Graph graph) {
        Map<Expression, List<Value>> known = new HashMap<>();
        return Rewriter.rewrite(graph, operators, (node, builder) -> {
            // The canonical schema is one object for all overloads.
            Expression expression = new Expression(node.op().canonical(), node.args());
            return known.putIfAbsent(expression, node.results());
        });
    }
}
