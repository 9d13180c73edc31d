package dev.gradwire.op;

import dev.gradwire.tensor.Shape;
import java.util.Arrays;
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
        Expr rows = left.permute(concat(freeA, dimsA));
        Expr columns = right.permute(concat(dimsB, freeB));
        if (free.elements() == 1) {
            return total(rows, columns).call("view", free);
        }
        return reshape(rows, sizes(left, freeA).reduce(1, Math::multiplyExact), contracted)
                .mm(reshape(columns, contracted, sizes(right, freeB).reduce(1, Math::multiplyExact)))
                .call("view", free);
    }

    private static long[] concat(long[] first, long[] second) {
        return LongStream.concat(LongStream.of(first), LongStream.of(second)).toArray();
    }

    private static Expr reshape(Expr tensor, long... sizes) {
        return tensor.call("reshape", sizes);
    }

    /** Everything is summed over: PyTorch takes a dot product where both lie in one piece. */
    private static Expr total(Expr a, Expr b) {
        long elements = a.shape().elements();
        return EagerLayout.of(a).isContiguous() && EagerLayout.of(b).isContiguous()
                ? reshape(a, elements).call("dot", reshape(b, elements))
                : a.call("squeeze").mul(b.call("squeeze")).callNamed("sum", Map.of("dtype", a.dtype()));
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
