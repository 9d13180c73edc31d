package dev.gradwire.op;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Operator;
import dev.gradwire.graph.Parameter;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What a batching rule sees: one call, written for a single element of the batch, and its tensors for all of them.
 * Types, shapes, ranks and dimensions are those of a single element; the expressions of tensors are whole: a batched
 * one has the batch as an additional first dimension, one that is the same for all elements is as it is.
 */
public final class Batching extends Args {
    /**
     * A value of the batched graph for one of the graph that is batched.
     *
     * @param batched whether it has the batch as its first dimension
     */
    public record Whole(Value value, boolean batched) {}

    private final List<TensorType> results;
    private final long size;
    private final Function<Value, Whole> wholes;

    /**
     * @param node of the graph that is batched
     * @param wholes what its operands have become
     */
    public Batching(GraphBuilder builder, Node node, long size, Function<Value, Whole> wholes) {
        super(builder, node.call());
        this.results = node.results().stream().map(Value::type).toList();
        this.size = size;
        this.wholes = wholes;
    }

    /** How many elements the batch has. */
    public long size() {
        return size;
    }

    // The call for one element

    /** A result's type for one element. */
    public TensorType result(int index) {
        return results.get(index);
    }

    public int resultCount() {
        return results.size();
    }

    // Its tensors for all

    public boolean isBatched(String parameter) {
        return isBatched(call().arg(parameter));
    }

    private boolean isBatched(Argument argument) {
        return switch (argument) {
            case Value value -> wholes.apply(value).batched();
            case Argument.Items list -> list.items().stream().anyMatch(this::isBatched);
            default -> false;
        };
    }

    @Override
    public Argument raw(String parameter) {
        return whole(call().arg(parameter));
    }

    @Override
    public Expr arg(String parameter) {
        return Expr.of(builder(), raw(parameter));
    }

    @Override
    public List<Expr> list(String parameter) {
        return Expr.wrap(builder(), ((Argument.Items) raw(parameter)).items());
    }

    private Argument whole(Argument argument) {
        return switch (argument) {
            case Value value -> wholes.apply(value).value();
            case Argument.Items list ->
                new Argument.Items(list.items().stream().map(this::whole).toList());
            default -> argument;
        };
    }

    /** The tensor with the batch in front, repeated for each element where it is the same for all. */
    public Expr each(String parameter) {
        return each(call().arg(parameter));
    }

    /** The same for an item of a list: {@code item} as {@link #call} has it. */
    public Expr each(Argument item) {
        Expr whole = Expr.of(builder(), whole(item));
        return isBatched(item) ? whole : repeated(whole);
    }

    /** A tensor that is the same for all elements, repeated for each. */
    public Expr repeated(Expr tensor) {
        return Expr.of(builder(), tensor.value()).expand(withBatch(tensor.shape()));
    }

    /**
     * The tensor with dimensions of size 1 behind the batch, so that it broadcasts with others whose elements have
     * {@code rank} dimensions; one that is the same for all broadcasts as it is.
     */
    public Expr aligned(String parameter, int rank) {
        return aligned(call().arg(parameter), rank);
    }

    Expr aligned(Argument item, int rank) {
        Expr whole = Expr.of(builder(), whole(item));
        if (!isBatched(item)) {
            return whole;
        }
        Shape shape = whole.shape();
        List<Long> dims = new ArrayList<>(List.of(size));
        dims.addAll(Collections.nCopies(rank + 1 - shape.rank(), 1L));
        for (int i = 1; i < shape.rank(); i++) {
            dims.add(shape.dim(i));
        }
        return whole.reshape(Shape.of(dims));
    }

    /** The shape with the batch in front. */
    public Shape withBatch(Shape shape) {
        return shape.insertDim(0, size);
    }

    /** Gives a result of this many elements its shape, batch in front. */
    public Expr shaped(Expr tensor, int result) {
        return tensor.reshape(withBatch(result(result).shape()));
    }

    /** A batched constant. */
    public Expr fill(TensorType type, double fill) {
        return full(type.withShape(withBatch(type.shape())), fill);
    }

    /** Zeros for all results. */
    public List<Expr> zeros() {
        return results.stream().map(type -> fill(type, 0)).toList();
    }

    /** The number of each element of the batch, int64, shaped to broadcast before {@code rank} dimensions. */
    public Expr numbers(int rank) {
        Expr numbers = call("arange", 0, size);
        long[] dims = new long[rank + 1];
        Arrays.fill(dims, 1);
        dims[0] = size;
        return numbers.reshape(Shape.of(dims));
    }

    /** The same operator with other arguments for some parameters; tensors that are not named are whole. */
    public List<Expr> again(Map<String, ?> changed) {
        Operator op = call().op();
        List<Argument> args = new ArrayList<>();
        for (Parameter parameter : op.canonical().parameters()) {
            String name = parameter.name();
            args.add(changed.containsKey(name) ? Expr.argument(changed.get(name)) : raw(name));
        }
        boolean fits = changed.keySet().stream().allMatch(name -> op.schema().indexOf(name) >= 0);
        Operator called = fits ? op : ((Overload) op).declaration().overloads().getFirst();
        return Expr.wrap(builder(), builder().apply(called, args));
    }
}
