package dev.gradwire.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The sizes of a tensor, outermost first; rank 0 is a scalar. Sizes are never negative and the number of elements
 * always fits a {@code long}: every overflow is found here, before anything is allocated.
 */
public final class Shape {
    public static final Shape SCALAR = new Shape(new long[0], 1);

    private final long[] dims;
    private final long elements;

    private Shape(long[] dims, long elements) {
        this.dims = dims;
        this.elements = elements;
    }

    /**
     * @throws IllegalArgumentException when a size is negative
     * @throws ArithmeticException when the number of elements does not fit a {@code long}
     */
    public static Shape of(long... dims) {
        return dims.length == 0 ? SCALAR : new Shape(dims.clone(), countElements(dims));
    }

    public static Shape of(List<Long> dims) {
        return of(dims.stream().mapToLong(Long::longValue).toArray());
    }

    /** Multiplies all non-zero sizes exactly, so that a zero cannot hide an overflow elsewhere. */
    private static long countElements(long[] dims) {
        long product = 1;
        boolean empty = false;
        for (long dim : dims) {
            if (dim < 0) {
                throw new IllegalArgumentException("a size is negative: " + dim);
            }
            if (dim == 0) {
                empty = true;
            } else {
                product = Math.multiplyExact(product, dim);
            }
        }
        return empty ? 0 : product;
    }

    public int rank() {
        return dims.length;
    }

    public long elements() {
        return elements;
    }

    /** The size of dimension {@code index}, which must lie in {@code [0, rank)}. */
    public long dim(int index) {
        return dims[index];
    }

    public long[] dims() {
        return dims.clone();
    }

    /** Row-major strides in elements; a dimension of size 0 counts as 1, as in PyTorch. */
    public long[] contiguousStrides() {
        long[] strides = new long[dims.length];
        long step = 1;
        for (int i = dims.length - 1; i >= 0; i--) {
            strides[i] = step;
            step *= Math.max(dims[i], 1);
        }
        return strides;
    }

    public Shape withDim(int index, long size) {
        long[] changed = dims.clone();
        changed[index] = size;
        return of(changed);
    }

    public Shape withoutDim(int index) {
        long[] fewer = new long[dims.length - 1];
        System.arraycopy(dims, 0, fewer, 0, index);
        System.arraycopy(dims, index + 1, fewer, index, fewer.length - index);
        return of(fewer);
    }

    public Shape insertDim(int index, long size) {
        long[] more = new long[dims.length + 1];
        System.arraycopy(dims, 0, more, 0, index);
        more[index] = size;
        System.arraycopy(dims, index, more, index + 1, dims.length - index);
        return of(more);
    }

    /** The shape both broadcast to, aligned at the right; empty when they do not fit. */
    public static Optional<Shape> broadcast(Shape a, Shape b) {
        if (b.rank() == 0 || a.equals(b)) {
            return Optional.of(a);
        }
        int rank = Math.max(a.rank(), b.rank());
        long[] joint = new long[rank];
        for (int i = 1; i <= rank; i++) {
            long x = i <= a.rank() ? a.dims[a.rank() - i] : 1;
            long y = i <= b.rank() ? b.dims[b.rank() - i] : 1;
            if (x != y && x != 1 && y != 1) {
                return Optional.empty();
            }
            joint[rank - i] = x == 1 ? y : x;
        }
        return Optional.of(of(joint));
    }

    @Override
    public boolean equals(Object other) {
        return other == this || other instanceof Shape shape && Arrays.equals(dims, shape.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    /** As PyTorch prints it: {@code [2, 3]}. */
    @Override
    public String toString() {
        return Arrays.toString(dims);
    }
}
