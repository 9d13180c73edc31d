package dev.gradwire.tensor;

import java.util.Arrays;

/**
 * Where the elements of a view stand: sizes and strides in elements, and an offset in elements from the first element
 * of the tensor it is a view of. Immutable; the arrays are never handed out.
 */
public final class Layout {
    /** The most dimensions a tensor may have. */
    public static final int MAX_RANK = 64;

    private final long[] sizes;
    private final long[] strides;
    private final long offset;

    /** What {@link #isContiguous} found, 1 or −1; 0 before. Threads that find it at once find the same. */
    private byte contiguity;

    /** Takes the arrays over. */
    public Layout(long[] sizes, long[] strides, long offset) {
        if (sizes.length != strides.length || sizes.length > MAX_RANK) {
            throw new IllegalArgumentException("a tensor has at most " + MAX_RANK + " dimensions");
        }
        this.sizes = sizes;
        this.strides = strides;
        this.offset = offset;
    }

    public static Layout contiguous(Shape shape) {
        return new Layout(shape.dims(), shape.contiguousStrides(), 0);
    }

    public int rank() {
        return sizes.length;
    }

    public long size(int dim) {
        return sizes[dim];
    }

    public long stride(int dim) {
        return strides[dim];
    }

    public long offset() {
        return offset;
    }

    /** The same, so many elements later. */
    public Layout shifted(long elements) {
        return elements == 0 ? this : new Layout(sizes, strides, offset + elements);
    }

    public Shape shape() {
        return Shape.of(sizes);
    }

    public long elements() {
        return shape().elements();
    }

    /** How many elements lie from the first one to the last that is reached; strides are not negative. */
    public long reach() {
        long last = 1;
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] == 0) {
                return 0;
            }
            last += (sizes[i] - 1) * strides[i];
        }
        return last;
    }

    /** The same with an offset of 0. */
    public Layout fromStart() {
        return offset == 0 ? this : new Layout(sizes, strides, 0);
    }

    public long[] sizesCopy() {
        return sizes.clone();
    }

    public long[] stridesCopy() {
        return strides.clone();
    }

    /** Whether the elements lie in row-major order without gaps; strides of dimensions of size 1 do not matter. */
    public boolean isContiguous() {
        byte known = contiguity;
        if (known == 0) {
            known = (byte) (isInOrder() ? 1 : -1);
            contiguity = known;
        }
        return known > 0;
    }

    private boolean isInOrder() {
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
