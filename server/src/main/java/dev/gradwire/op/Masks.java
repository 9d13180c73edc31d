package dev.gradwire.op;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** Masks that are constants of the graph, as the places where they are true: how many these are makes a shape. */
final class Masks {
    /** So many places are looked at while a graph is recorded. */
    private static final long MAX_ELEMENTS = 1 << 22;

    private Masks() {}

    static boolean isMask(DType dtype) {
        return dtype == DType.BOOL || dtype == DType.UINT8;
    }

    private static boolean isMask(Argument index) {
        return index instanceof Value value && isMask(value.type().dtype());
    }

    /** Whether there are masks among {@code indices}, all of them constants. */
    static boolean areConstant(Args n) {
        List<Argument> masks =
                n.call().items("indices").stream().filter(Masks::isMask).toList();
        return !masks.isEmpty() && masks.stream().allMatch(mask -> n.constantOrNull(mask) != null);
    }

    /** {@code indices} with an index for each dimension of a mask in its place. */
    static List<Argument> places(Args n) {
        Shape self = n.shape("self");
        List<Argument> indices = new ArrayList<>();
        for (Argument index : n.call().items("indices")) {
            Tensor mask = isMask(index) ? n.constantOrNull(index) : null;
            if (mask == null) {
                indices.add(index);
                continue;
            }
            Shape shape = mask.type().shape();
            int first = indices.size();
            boolean fits = first + shape.rank() <= self.rank() && shape.rank() > 0;
            for (int i = 0; i < shape.rank() && fits; i++) {
                fits = shape.dim(i) == self.dim(first + i);
            }
            if (!fits) {
                throw Require.shape(
                        "indices", "a mask of shape " + shape + " does not fit shape " + self + " at " + first);
            }
            indices.addAll(coordinates(n, mask));
        }
        return indices;
    }

    private static List<Argument> coordinates(Args n, Tensor mask) {
        Shape shape = mask.type().shape();
        long[] places = places("indices", mask, shape);
        List<Argument> coordinates = new ArrayList<>();
        long inner = shape.elements();
        for (int dim = 0; dim < shape.rank(); dim++) {
            long size = shape.dim(dim);
            inner = size == 0 ? 0 : inner / size;
            long stride = inner;
            coordinates.add(constant(n, LongStream.of(places).map(place -> place / stride % size))
                    .argument());
        }
        return coordinates;
    }

    /** {@code masked_select}: the elements of {@code self} where {@code mask} is true. */
    static Expr select(Args n) {
        Elementwise.requireBool(n.call(), "mask");
        Shape joint = Elementwise.broadcast(n.call(), List.of("self", "mask"));
        Expr places = constant(n, LongStream.of(places("mask", n.constant("mask"), joint)));
        return n.self().call("_masked_select", places, joint);
    }

    /** Where a mask is true when it is expanded to a shape, in row-major order. */
    private static long[] places(String parameter, Tensor mask, Shape shape) {
        Require.that(
                shape.elements() <= MAX_ELEMENTS,
                parameter,
                "of " + shape.elements() + " elements is too large for a mask that makes a shape");
        Shape own = mask.type().shape();
        int count = (int) shape.elements();
        long[] places = new long[count];
        int found = 0;
        for (int place = 0; place < count; place++) {
            long rest = place;
            long source = 0;
            long stride = 1;
            for (int dim = shape.rank() - 1; dim >= 0; dim--) {
                long coordinate = rest % shape.dim(dim);
                rest /= shape.dim(dim);
                int ownDim = dim - (shape.rank() - own.rank());
                if (ownDim >= 0) {
                    source += own.dim(ownDim) == 1 ? 0 : coordinate * stride;
                    stride *= own.dim(ownDim);
                }
            }
            if (mask.getLong(source) != 0) {
                places[found++] = place;
            }
        }
        return Arrays.copyOf(places, found);
    }

    private static Expr constant(Args n, LongStream numbers) {
        double[] values = numbers.asDoubleStream().toArray();
        return Expr.of(n.builder(), n.builder().constant(Tensor.of(DType.INT64, Shape.of(values.length), values)));
    }
}
