package dev.gradwire.pass;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Declaration;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.op.Expr;
import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code f(expand(a), expand(b))} becomes {@code expand(f(a, b))} for an elementwise f of single numbers a and b. */
record ExpandLast(OperatorTable operators) implements Pass {
    @Override
    public Graph apply(Graph graph) {
        return Rewriter.rewrite(graph, operators, ExpandLast::rewrite);
    }

    private static @Nullable List<Value> rewrite(Node node, GraphBuilder builder) {
        Declaration declaration = ((Overload) node.op()).declaration();
        if (node.results().size() != 1
                || node.result().type().shape().elements() <= 1
                || declaration.computeDtype(node.call()).isEmpty()) {
            return null;
        }
        List<Argument> args = new ArrayList<>(node.args());
        boolean any = false;
        for (int i = 0; i < args.size(); i++) {
            if (args.get(i) instanceof Value value) {
                Value single = single(value, builder);
                if (single == null) {
                    return null;
                }
                args.set(i, Expr.of(builder, single).reshape(Shape.SCALAR).value());
                any = true;
            }
        }
        if (!any) {
            return null;
        }
        Value result = builder.apply(node.op(), args).getFirst();
        return List.of(
                Expr.of(builder, result).expand(node.result().type().shape()).value());
    }

    /** The one element that a value repeats; null where it is made of more. */
    private static @Nullable Value single(Value value, GraphBuilder builder) {
        Value current = value;
        while (current.type().shape().elements() != 1) {
            Node producer = builder.producer(current);
            if (producer == null
                    || !((Overload) producer.op()).declaration().isView()
                    || !(producer.args().getFirst() instanceof Value viewed)) {
                return null;
            }
            current = viewed;
        }
        return current;
    }
}
