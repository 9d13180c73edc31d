package dev.gradwire.transform;

import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Batching.Whole;
import dev.gradwire.op.Calculus;
import dev.gradwire.op.Expr;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Derivatives in one direction or in many at once. A product with many vectors is recorded for one vector of ones and
 * then repeated for the batch of them, so that its nodes are as many as for one; the recording for ones is dead code.
 * Null stands for a derivative of something that does not depend on the input.
 */
final class Directions {
    private final GraphBuilder builder;
    private final Calculus calculus;

    Directions(GraphBuilder builder, Calculus calculus) {
        this.builder = builder;
        this.calculus = calculus;
    }

    /** Ones as a value of their own, which nothing else reads. */
    private Value ones(Value like) {
        return Expr.of(builder, like).onesLike().value();
    }

    private List<Expr> exprs(List<Value> values) {
        return values.stream().map(value -> Expr.of(builder, value)).toList();
    }

    // One direction

    /**
     * Forward mode from reverse mode: the vjp is linear in its cotangent u, so its own vjp with respect to u, for the
     * tangents, is the jvp. What depends on u is dropped afterwards as unused. It is ones, as rules may leave out what a
     * cotangent of zero would make of an infinite factor.
     */
    List<@Nullable Expr> jvp(List<Value> outputs, List<Value> inputs, List<Value> tangents) {
        List<Value> cotangents = outputs.stream().map(this::ones).toList();
        List<@Nullable Expr> gradients = new ReversePass(builder, inputs, calculus).run(outputs, exprs(cotangents));
        List<Value> connected = new ArrayList<>();
        List<Expr> given = new ArrayList<>();
        for (int i = 0; i < gradients.size(); i++) {
            Expr gradient = gradients.get(i);
            if (gradient != null) {
                connected.add(gradient.value());
                given.add(Expr.of(builder, tangents.get(i)));
            }
        }
        return new ReversePass(builder, cotangents, calculus).run(connected, given);
    }

    /** The Hessian of a scalar times a vector: the tangents of its gradients. */
    List<@Nullable Expr> hvp(Value output, List<Value> inputs, List<Value> vectors) {
        List<@Nullable Expr> gradients = gradients(output, inputs);
        return spread(gradients, jvp(connected(gradients), inputs, vectors));
    }

    private List<@Nullable Expr> gradients(Value output, List<Value> inputs) {
        return new ReversePass(builder, inputs, calculus).run(List.of(output), List.of(Expr.of(builder, ones(output))));
    }

    private static List<Value> connected(List<@Nullable Expr> gradients) {
        List<Value> connected = new ArrayList<>();
        for (Expr gradient : gradients) {
            if (gradient != null) {
                connected.add(gradient.value());
            }
        }
        return connected;
    }

    /** What belongs to the connected ones, each at its place among all. */
    private static List<@Nullable Expr> spread(List<@Nullable Expr> all, List<@Nullable Expr> ofConnected) {
        List<@Nullable Expr> spread = new ArrayList<>();
        int next = 0;
        for (Expr one : all) {
            spread.add(one == null ? null : ofConnected.get(next++));
        }
        return spread;
    }

    // Many directions

    /**
     * Vector-Jacobian products for {@code count} vectors.
     *
     * @param cotangents one for each output, [count, …]
     * @return one for each input, [count, …]
     */
    List<@Nullable Expr> vjps(List<Value> outputs, List<Value> inputs, List<Value> cotangents, long count) {
        List<Value> seeds = outputs.stream().map(this::ones).toList();
        int first = builder.nodes().size();
        List<@Nullable Expr> single = new ReversePass(builder, inputs, calculus).run(outputs, exprs(seeds));
        return repeated(first, seeds, cotangents, single, count);
    }

    /**
     * Jacobian-vector products for {@code count} vectors.
     *
     * @param tangents one for each input, [count, …]
     * @return one for each output, [count, …]
     */
    List<@Nullable Expr> jvps(List<Value> outputs, List<Value> inputs, List<Value> tangents, long count) {
        List<Value> seeds = inputs.stream().map(this::ones).toList();
        int first = builder.nodes().size();
        List<@Nullable Expr> single = jvp(outputs, inputs, seeds);
        return repeated(first, seeds, tangents, single, count);
    }

    private List<@Nullable Expr> repeated(
            int firstNode, List<Value> seeds, List<Value> wholes, List<@Nullable Expr> single, long count) {
        List<Node> nodes = builder.nodes().subList(firstNode, builder.nodes().size());
        Map<Value, Value> batched = new HashMap<>();
        IntStream.range(0, seeds.size()).forEach(i -> batched.put(seeds.get(i), wholes.get(i)));
        List<Whole> results = Vectorize.nodes(builder, count, nodes, batched, connected(single));
        List<@Nullable Expr> each = new ArrayList<>();
        for (Whole result : results) {
            Expr whole = Expr.of(builder, result.value());
            each.add(result.batched() ? whole : whole.expand(whole.shape().insertDim(0, count)));
        }
        return spread(single, each);
    }

    // All directions

    /**
     * The Jacobian for each input, [output…, input…], of the input's dtype. By reverse mode, a vector for each element of
     * the output, unless the inputs together have fewer elements; then by forward mode, a vector for each of theirs.
     */
    List<@Nullable Expr> jacobian(Value output, List<Value> inputs) {
        long rows = output.type().shape().elements();
        long columns = inputs.stream()
                .mapToLong(input -> input.type().shape().elements())
                .reduce(0, Math::addExact);
        return columns < rows ? byColumns(output, inputs) : byRows(output, inputs);
    }

    private List<@Nullable Expr> byRows(Value output, List<Value> inputs) {
        long rows = output.type().shape().elements();
        List<Value> basis = List.of(basis(output.type()).value());
        List<@Nullable Expr> products = vjps(List.of(output), inputs, basis, rows);
        List<@Nullable Expr> jacobians = new ArrayList<>();
        for (int i = 0; i < products.size(); i++) {
            Expr product = products.get(i);
            jacobians.add(
                    product == null
                            ? null
                            : product.reshape(
                                    joined(output.type(), inputs.get(i).type())));
        }
        return jacobians;
    }

    private List<@Nullable Expr> byColumns(Value output, List<Value> inputs) {
        List<@Nullable Expr> jacobians = new ArrayList<>();
        for (Value input : inputs) {
            jacobians.addAll(columns(List.of(output), input));
        }
        return jacobians;
    }

    /** The Jacobian of each output for one input, [output…, input…], a column at a time. */
    private List<@Nullable Expr> columns(List<Value> outputs, Value input) {
        long columns = input.type().shape().elements();
        List<Value> basis = List.of(basis(input.type()).value());
        List<@Nullable Expr> products = jvps(outputs, List.of(input), basis, columns);
        List<@Nullable Expr> jacobians = new ArrayList<>();
        for (int i = 0; i < products.size(); i++) {
            Expr product = products.get(i);
            TensorType output = outputs.get(i).type();
            jacobians.add(
                    product == null
                            ? null
                            : product.reshape(columns, output.shape().elements())
                                    .transpose(0, 1)
                                    .reshape(joined(output, input.type()))
                                    .to(input.type().dtype()));
        }
        return jacobians;
    }

    /** The Hessian of a scalar: for each pair of inputs, in row-major order, [first…, second…]. */
    List<@Nullable Expr> hessian(Value output, List<Value> inputs) {
        List<@Nullable Expr> gradients = gradients(output, inputs);
        List<Value> connected = connected(gradients);
        List<List<@Nullable Expr>> byColumn = new ArrayList<>();
        for (Value input : inputs) {
            byColumn.add(spread(gradients, columns(connected, input)));
        }
        List<@Nullable Expr> blocks = new ArrayList<>();
        for (int row = 0; row < inputs.size(); row++) {
            for (List<@Nullable Expr> column : byColumn) {
                blocks.add(column.get(row));
            }
        }
        return blocks;
    }

    private static Shape joined(TensorType output, TensorType input) {
        Shape shape = output.shape();
        for (long dim : input.shape().dims()) {
            shape = shape.insertDim(shape.rank(), dim);
        }
        return shape;
    }

    /** All unit vectors of a shape, [elements, …]. */
    private Expr basis(TensorType type) {
        long elements = type.shape().elements();
        DType dtype = type.dtype();
        List<Value> eye = builder.call(
                "eye",
                List.of(Expr.argument(elements), Expr.argument(elements)),
                Map.of("dtype", Expr.argument(dtype)));
        return Expr.of(builder, eye.getFirst()).reshape(type.shape().insertDim(0, elements));
    }
}
