package dev.gradwire.transform;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Recording;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Batching.Whole;
import dev.gradwire.op.Expr;
import dev.gradwire.op.Operators;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/** A graph repeated for a batch, for tests of operators. */
public final class Batched {
    private Batched() {}

    /** Some inputs get the batch as first dimension, and so do all outputs. */
    public static Recording of(Graph graph, long size, Set<String> inputs) {
        Graph body = Differentiate.apply(graph, Operators.all(), 1 << 20).graph();
        GraphBuilder builder = new GraphBuilder(Operators.all());
        List<Whole> wholes = new ArrayList<>();
        for (Graph.Input input : body.inputs()) {
            boolean batched = inputs.contains(input.name());
            TensorType type = input.value().type();
            TensorType whole = batched ? type.withShape(type.shape().insertDim(0, size)) : type;
            wholes.add(new Whole(builder.input(input.name(), whole, false), batched));
        }
        List<Whole> results = Vectorize.function(builder, size, body, wholes, UnaryOperator.identity());
        for (int i = 0; i < results.size(); i++) {
            Value value = results.get(i).value();
            TensorType type = body.outputs().get(i).value().type();
            Value each = results.get(i).batched()
                    ? value
                    : Expr.of(builder, value)
                            .expand(type.shape().insertDim(0, size))
                            .value();
            builder.output(body.outputs().get(i).name(), each);
        }
        return builder.recording();
    }
}
