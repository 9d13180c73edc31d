package dev.gradwire.pass;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Args;
import dev.gradwire.op.Declaration;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.op.Expr;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts simpler operators in the place of calls without a kernel, until all have one. */
record Decompose(OperatorTable operators) implements Pass {
    @Override
    public Graph apply(Graph graph) {
        Graph current = graph;
        while (current.nodes().stream().anyMatch(Decompose::isDecomposable)) {
            current = Rewriter.rewrite(current, operators, Decompose::expand);
        }
        return current;
    }

    private static boolean isDecomposable(Node node) {
        Declaration declaration = ((Overload) node.op()).declaration();
        return declaration.decomposition().isPresent()
                && !declaration
                        .kernel()
                        .map(kernel -> kernel.takes().test(node.call()))
                        .orElse(false);
    }

    private static @Nullable List<Value> expand(Node node, GraphBuilder builder) {
        if (!isDecomposable(node)) {
            return null;
        }
        return ((Overload) node.op())
                .declaration().decomposition().orElseThrow().apply(new Args(builder, node.call())).stream()
                        .map(Expr::value)
                        .toList();
    }
}
