package dev.gradwire.kernel.torch;

import dev.gradwire.tensor.Shape;
import java.util.Arrays;

/**
 * Where the elements of a view stand: sizes and strides in elements, and an offset in elements from the first element
 * of the tensor it is a view of. Immutable; the arrays are never handed out.
 */
final class Layout {
    private final long[] sizes;
    private final long[] strides;
    private final long offset;

    /** Takes the arrays over. */
    Layout(long[] sizes, long[] strides, long offset) {
        if (sizes.length != strides.length || sizes.length > Scratch.MAX_RANK) {
            throw new IllegalArgumentException("a tensor has at most " + Scratch.MAX_RANK + " dimensions");
        }
        this.sizes = sizes;
        this.strides = strides;
        this.offset = offset;
    }

    static Layout contiguous(Shape shape) {
        return new Layout(shape.dims(), shape.contiguousStrides(), 0);
    }

    int rank() {
        return sizes.length;
    }

    long size(int dim) {
        return sizes[dim];
    }

    long stride(int dim) {
        return strides[dim];
    }

    long offset() {
        return offset;
    }

    Shape shape() {
        return Shape.of(sizes);
    }

    long elements() {
        return shape().elements();
    }

    long[] sizesCopy() {
        return sizes.clone();
    }

    long[] stridesCopy() {
        return strides.clone();
    }

    /** Whether the elements lie in row-major order without gaps; strides of dimensions of size 1 do not matter. */
    boolean isContiguous() {
        long step = 1;
        for (int i = sizes.length - 1; i >= 0; i--) {
            if (sizes[i] == 0) {
                return true;
            }
            if (sizes[i] != 1) {
                if (strides[i] != step) {
                    return false;
                }
                step *= sizes[i];
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return Arrays.toString(sizes) + " strides " + Arrays.toString(strides) + " offset " + offset;
    }
}
