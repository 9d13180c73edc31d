package dev.gradwire.op;

import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Sums of products over chosen dimensions, by one matrix product. */
final class Contraction {
    private Contraction() {}

    static Expr inner(Args n) {
        Expr a = n.arg("self");
        Expr b = n.arg("other");
        if (a.rank() == 0 || b.rank() == 0) {
            return a.mul(b);
        }
        if (a.size(-1) != b.size(-1)) {
            throw Require.shape(
                    "other",
                    "has shape " + b.shape() + ", but its last size must be that of self, of shape " + a.shape());
        }
        return contract(a, b, new long[] {a.rank() - 1}, new long[] {b.rank() - 1});
    }

    static Expr tensordot(Args n) {
        Require.sameDtype(n.call(), "self", "other");
        long[] dimsA = Dims.listed(n.call(), "dims_self", n.rank("self"));
        long[] dimsB = Dims.listed(n.call(), "dims_other", n.rank("other"));
        Require.that(
                dimsA.length == dimsB.length,
                "dims_other",
                "names " + dimsB.length + " dimensions, but dims_self " + dimsA.length);
        return contract(n.arg("self"), n.arg("other"), dimsA, dimsB);
    }

    private static Expr contract(Expr a, Expr b, long[] dimsA, long[] dimsB) {
        Expr left = a;
        Expr right = b;
        long contracted = 1;
        for (int i = 0; i < dimsA.length; i++) {
            long sizeA = a.size((int) dimsA[i]);
            long sizeB = b.size((int) dimsB[i]);
            if (sizeB == 1) {
                left = sumOf(left, dimsA[i]);
            } else if (sizeA == 1) {
                right = sumOf(right, dimsB[i]);
            } else if (sizeA == sizeB) {
                contracted = Math.multiplyExact(contracted, sizeA);
            } else {
                throw Require.shape(
                        "dims_other",
                        "sizes of contracted dimensions differ: shape " + a.shape() + " at " + dimsA[i] + ", shape "
                                + b.shape() + " at " + dimsB[i]);
            }
        }
        long[] freeA = others(left, dimsA);
        long[] freeB = others(right, dimsB);
        Shape free = Shape.of(
                LongStream.concat(sizes(left, freeA), sizes(right, freeB)).toArray());
        Permuted rows = Permuted.of(left, LongStream.concat(LongStream.of(freeA), LongStream.of(dimsA)));
        Permuted columns = Permuted.of(right, LongStream.concat(LongStream.of(dimsB), LongStream.of(freeB)));
        if (free.elements() == 1) {
            return total(rows, columns).call("view", free);
        }
        Expr product = rows.reshape(sizes(left, freeA).reduce(1, Math::multiplyExact), contracted)
                .mm(columns.reshape(contracted, sizes(right, freeB).reduce(1, Math::multiplyExact)));
        return product.call("view", free);
    }

    /** Everything is summed over: PyTorch takes a dot product where both lie in one piece. */
    private static Expr total(Permuted a, Permuted b) {
        long elements = a.tensor.shape().elements();
        return a.isContiguous() && b.isContiguous()
                ? a.reshape(elements).call("dot", b.reshape(elements))
                : a.tensor
                        .call("squeeze")
                        .mul(b.tensor.call("squeeze"))
                        .callNamed("sum", Map.of("dtype", a.tensor.dtype()));
    }

    /** Integers stay what they are. */
    private static Expr sumOf(Expr tensor, long dim) {
        return tensor.callNamed("sum", Map.of("dtype", tensor.dtype()), new long[] {dim}, true);
    }

    private static long[] others(Expr tensor, long[] dims) {
        return LongStream.range(0, tensor.rank())
                .filter(dim -> Arrays.stream(dims).noneMatch(taken -> taken == dim))
                .toArray();
    }

    private static LongStream sizes(Expr tensor, long[] dims) {
        return LongStream.of(dims).map(dim -> tensor.size((int) dim));
    }

    /** A permutation of a tensor that lay in one piece, with what its strides are. */
    record Permuted(Expr tensor, List<Long> strides) {
        static Permuted of(Expr tensor, LongStream order) {
            long[] dims = order.toArray();
            long[] strides = tensor.shape().contiguousStrides();
            return new Permuted(
                    tensor.permute(dims),
                    LongStream.of(dims).mapToObj(dim -> strides[(int) dim]).toList());
        }

        boolean isContiguous() {
            return viewable(tensor.shape().elements());
        }

        Expr reshape(long... sizes) {
            return Matmul.reshape(tensor, Shape.of(sizes), viewable(sizes));
        }

        /** Whether the sizes can be had without a copy: runs of dimensions merge where their strides meet. */
        private boolean viewable(long... sizes) {
            if (tensor.shape().elements() == 0) {
                return true;
            }
            List<Long> runs = new ArrayList<>();
            long run = 1;
            long expected = -1;
            for (int dim = strides.size() - 1; dim >= 0; dim--) {
                long size = tensor.size(dim);
                if (size == 1) {
                    continue;
                }
                if (expected >= 0 && strides.get(dim) != expected) {
                    runs.add(run);
                    run = 1;
                }
                run *= size;
                expected = strides.get(dim) * size;
            }
            runs.add(run);
            return divides(runs, sizes);
        }

        /** Whether the sizes, from the last, fill the runs one after the other. */
        private static boolean divides(List<Long> runs, long[] sizes) {
            int index = 0;
            long left = runs.getFirst();
            for (int dim = sizes.length - 1; dim >= 0; dim--) {
                if (left == 1 && sizes[dim] != 1 && index + 1 < runs.size()) {
                    left = runs.get(++index);
                }
                if (left % sizes[dim] != 0) {
                    return false;
                }
                left /= sizes[dim];
            }
            return true;
        }
    }

    static Expr kron(Expr a, Expr b) {
        int rank = Math.max(a.rank(), b.rank());
        long[] spreadA = new long[2 * rank];
        long[] spreadB = new long[2 * rank];
        long[] joint = new long[rank];
        for (int i = 0; i < rank; i++) {
            long sizeA = sizeFromEnd(a, rank - i);
            long sizeB = sizeFromEnd(b, rank - i);
            spreadA[2 * i] = sizeA;
            spreadA[2 * i + 1] = 1;
            spreadB[2 * i] = 1;
            spreadB[2 * i + 1] = sizeB;
            joint[i] = Math.multiplyExact(sizeA, sizeB);
        }
        return a.call("_unsafe_view", spreadA)
                .mul(b.call("_unsafe_view", spreadB))
                .call("_unsafe_view", joint);
    }

    private static long sizeFromEnd(Expr tensor, int fromEnd) {
        return fromEnd <= tensor.rank() ? tensor.size(-fromEnd) : 1;
    }
}
