package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Indexing with a tensor for each of several dimensions, as {@code self[i, :, j]} does. */
final class Indices {
    private static final int MAX_SELECTED = 64;

    private Indices() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("index.Tensor(Tensor self, Tensor?[] indices) -> Tensor")
                        .doc("self[indices]: None keeps a dimension, tensors of indices broadcast against each other")
                        .samples(
                                "complex128[3, 4], [int64[2]{0..2}]",
                                "float64[3, 4], [int64[2]{0..2}]",
                                "float64[3, 2, 4], [int64[2, 1]{0..2}, None, int64[3]{-4..3}]",
                                "float64[2, 3], [None, int64[4]{0..2}]")
                        .gradFn("IndexBackward0")
                        .complex()
                        .types(one(call -> {
                            refuseMasks(call);
                            return call.type("self").withShape(indexed(call));
                        }))
                        .vjp("self", n -> n.full(n.type("self"), 0).call("index_put", n.raw("indices"), n.grad(), true))
                        .batch(IndexBatching::index)
                        .rewriteWhere(Masks::areConstant, n -> n.self().call("index", Masks.places(n)))
                        .kernel("index.Tensor"),
                operator("index_put(Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor")
                        .doc(
                                "self with values, or self plus values, at self[indices]; a mask that is data is possible alone")
                        .samples(
                                "complex128[3, 4], [int64[5]{0..2}], complex128[4], True",
                                "float64[3, 4], [int64[1]{0..2}], float64[1, 4]",
                                "float64[3, 4], [int64[5]{0..2}], float64[4], True",
                                "float64[3, 2], [bool[3]], float64[2]")
                        .gradFn("IndexPutBackward0")
                        .complex()
                        .types(one(Indices::put))
                        .vjp(
                                "self",
                                n -> n.bool("accumulate")
                                        ? n.grad()
                                        : n.grad().call("index_put", n.raw("indices"), n.full(values(n.call()), 0)))
                        .vjp(
                                "values",
                                n -> mask(n.call()) == null
                                        ? n.grad().call("index", n.raw("indices"))
                                        : valuesOfMask(n))
                        .batch(IndexBatching::indexPut)
                        .rewriteWhere(
                                Masks::areConstant,
                                n -> n.self().call("index_put", Masks.places(n), n.raw("values"), n.raw("accumulate")))
                        .kernel("index_put"),
                Reshapes.composite(
                                "combinations(Tensor self, int r=2, bool with_replacement=False)",
                                Indices::combinations)
                        .doc("all selections of r elements of a vector, in order, one a row")
                        .complex()
                        .samples("float64[4]", "float64[3], 2, True", "complex128[4]"));
    }

    /** {@code self[:, …, index]} with {@code dim} colons. */
    static Argument along(int dim, Expr index) {
        return new Argument.Items(
                Stream.concat(Stream.generate(() -> Argument.NONE).limit(dim), Stream.of(index.argument()))
                        .toList());
    }

    private static TensorType values(Call call) {
        return new TensorType(call.type("values").dtype(), Shape.SCALAR);
    }

    private static void refuseMasks(Call call) {
        for (TensorType type : call.types("indices")) {
            if (Masks.isMask(type.dtype())) {
                throw GraphException.argument(
                        Reason.NOT_CONSTANT,
                        "indices",
                        "a mask (" + type + ") must be a constant of the graph, as the shape of the result depends on"
                                + " it; where and masked_fill take any mask");
            }
        }
    }

    /** The shape of {@code self[indices]}. */
    static Shape indexed(Call call) {
        Shape self = call.shape("self");
        List<Argument> indices = call.items("indices");
        if (indices.size() > self.rank()) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    "indices",
                    indices.size() + " indices are too many for a tensor of shape " + self);
        }
        Shape joint = joint(call);
        List<Long> kept = new ArrayList<>();
        int place = -1;
        boolean adjacent = true;
        for (int i = 0; i < self.rank(); i++) {
            if (i >= indices.size() || indices.get(i) instanceof Argument.None) {
                kept.add(self.dim(i));
            } else {
                adjacent &= place < 0 || place == kept.size();
                place = place < 0 ? kept.size() : place;
            }
        }
        // Indices with something between them put their dimensions first.
        Shape result = Shape.of(kept);
        int first = adjacent ? Math.max(place, 0) : 0;
        for (int i = 0; i < joint.rank(); i++) {
            result = result.insertDim(first + i, joint.dim(i));
        }
        return result;
    }

    private static Shape joint(Call call) {
        Shape joint = Shape.SCALAR;
        boolean any = false;
        for (TensorType type : call.types("indices")) {
            if (type.dtype() != DType.INT64 && type.dtype() != DType.INT32) {
                throw GraphException.argument(
                        Reason.DTYPE_UNSUPPORTED,
                        "indices",
                        "must be int64 or int32, but one is " + type.dtype().label());
            }
            Shape before = joint;
            joint = Shape.broadcast(joint, type.shape())
                    .orElseThrow(() -> GraphException.argument(
                            Reason.SHAPE_MISMATCH,
                            "indices",
                            "shapes " + before + " and " + type.shape() + " do not broadcast"));
            any = true;
        }
        if (!any) {
            throw GraphException.argument(Reason.INVALID_ARGUMENT, "indices", "must hold at least one tensor");
        }
        return joint;
    }

    private static TensorType put(Call call) {
        TensorType self = call.type("self");
        if (call.type("values").dtype() != self.dtype()) {
            throw GraphException.argument(
                    Reason.DTYPE_MISMATCH,
                    "values",
                    "is " + call.type("values").dtype().label() + ", but self is "
                            + self.dtype().label());
        }
        TensorType mask = mask(call);
        Shape target = mask == null ? indexed(call) : maskedTarget(call, mask);
        Shape values = call.shape("values");
        if (!Shape.broadcast(values, target).filter(target::equals).isPresent()) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    "values",
                    "shape " + values + " does not expand to " + target
                            + (mask == null ? "" : ", where the first dimension stands for what the mask selects"));
        }
        return self;
    }

    /** The mask that is the only index, or null. */
    static @Nullable TensorType mask(Call call) {
        List<Argument> indices = call.items("indices");
        if (indices.size() == 1
                && indices.getFirst() instanceof Value value
                && Masks.isMask(value.type().dtype())) {
            return value.type();
        }
        refuseMasks(call);
        return null;
    }

    /** How many elements a mask selects is data, so values must be the same for all: 1 stands in its place. */
    static Shape maskedTarget(Call call, TensorType mask) {
        Shape self = call.shape("self");
        Shape covered = mask.shape();
        boolean fits = covered.rank() <= self.rank() && covered.rank() > 0;
        for (int i = 0; i < covered.rank() && fits; i++) {
            fits = covered.dim(i) == self.dim(i);
        }
        if (!fits) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH, "indices", "a mask of shape " + covered + " does not fit shape " + self);
        }
        List<Long> rest = new ArrayList<>(List.of(1L));
        for (int i = covered.rank(); i < self.rank(); i++) {
            rest.add(self.dim(i));
        }
        return Shape.of(rest);
    }

    /** The cotangent summed over what the mask selects. */
    private static Expr valuesOfMask(Backward n) {
        Expr mask = new Expr(n.builder(), n.call().items("indices").getFirst());
        Expr grad = n.grad();
        long[] covered = new long[mask.rank()];
        Shape spread = mask.shape();
        for (int i = 0; i < grad.rank(); i++) {
            if (i < covered.length) {
                covered[i] = i;
            } else {
                spread = spread.insertDim(i, 1);
            }
        }
        return grad.maskedBy(mask.to(DType.BOOL).reshape(spread)).sum(covered).unsqueeze(0);
    }

    private static Expr combinations(Args n) {
        Require.rank(n.call(), "self", 1);
        long r = n.integer("r");
        Require.that(r >= 0 && r <= MAX_SELECTED, "r", "must be from 0 to " + MAX_SELECTED + ", but is " + r);
        if (r == 0) {
            return n.full(n.type("self").withShape(Shape.of(0)), 0);
        }
        List<long[]> rows = new ArrayList<>();
        select(new long[(int) r], 0, 0, n.shape("self").dim(0), n.bool("with_replacement"), rows);
        double[] places =
                rows.stream().flatMapToLong(LongStream::of).asDoubleStream().toArray();
        Tensor index = Tensor.of(DType.INT64, Shape.of(rows.size(), r), places);
        Expr indices = Expr.of(n.builder(), n.builder().constant(index));
        return n.self().call("index", List.of(indices));
    }

    /** All increasing continuations of a row that is filled up to {@code filled}. */
    private static void select(long[] row, int filled, long from, long size, boolean repeat, List<long[]> rows) {
        if (filled == row.length) {
            rows.add(row.clone());
            Dims.count("r", (long) rows.size() * row.length);
            return;
        }
        long last = repeat ? size : size - (row.length - filled - 1);
        for (long place = from; place < last; place++) {
            row[filled] = place;
            select(row, filled + 1, repeat ? place : place + 1, size, repeat, rows);
        }
    }
}
