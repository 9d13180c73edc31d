package dev.gradwire.tensor;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How the layout of a view follows from its operand's: arithmetic on sizes and strides alone. Dimensions may be
 * counted from the end as in PyTorch. Each throws {@link IllegalArgumentException} for arguments that do not fit.
 */
public final class Layouts {
    private Layouts() {}

    public static Layout permute(Layout in, long[] dims) {
        if (dims.length != in.rank()) {
            throw new IllegalArgumentException("permute needs " + in.rank() + " dimensions, not " + dims.length);
        }
        long[] sizes = new long[dims.length];
        long[] strides = new long[dims.length];
        boolean[] seen = new boolean[dims.length];
        for (int i = 0; i < dims.length; i++) {
            int dim = dim(dims[i], in.rank());
            if (seen[dim]) {
                throw new IllegalArgumentException("dimension " + dim + " occurs twice");
            }
            seen[dim] = true;
            sizes[i] = in.size(dim);
            strides[i] = in.stride(dim);
        }
        return new Layout(sizes, strides, 0);
    }

    public static Layout transpose(Layout in, long first, long second) {
        if (in.rank() == 0) {
            dim(first, 1);
            dim(second, 1);
            return in;
        }
        long[] dims = identity(in.rank());
        int a = dim(first, in.rank());
        int b = dim(second, in.rank());
        dims[a] = b;
        dims[b] = a;
        return permute(in, dims);
    }

    /** Moves dimensions {@code from} to the places {@code to}; the others keep their order. */
    public static Layout movedim(Layout in, long[] from, long[] to) {
        if (from.length != to.length) {
            throw new IllegalArgumentException("movedim needs as many sources as destinations");
        }
        long[] dims = new long[in.rank()];
        Arrays.fill(dims, -1);
        boolean[] moved = new boolean[in.rank()];
        for (int i = 0; i < from.length; i++) {
            int source = dim(from[i], in.rank());
            int place = dim(to[i], in.rank());
            if (moved[source] || dims[place] >= 0) {
                throw new IllegalArgumentException("a dimension of movedim occurs twice");
            }
            moved[source] = true;
            dims[place] = source;
        }
        int next = 0;
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] < 0) {
                while (moved[next]) {
                    next++;
                }
                dims[i] = next++;
            }
        }
        return permute(in, dims);
    }

    /** A size of −1 keeps the operand's; new dimensions come first. */
    public static Layout expand(Layout in, long[] target) {
        int added = target.length - in.rank();
        if (added < 0) {
            throw new IllegalArgumentException("expand cannot drop dimensions");
        }
        long[] sizes = new long[target.length];
        long[] strides = new long[target.length];
        for (int i = 0; i < target.length; i++) {
            long old = i < added ? 1 : in.size(i - added);
            sizes[i] = target[i] == -1 && i >= added ? old : target[i];
            if (sizes[i] < 0 || old != 1 && old != sizes[i]) {
                throw new IllegalArgumentException("a dimension of size " + old + " cannot expand to " + target[i]);
            }
            strides[i] = i < added || old != sizes[i] ? 0 : in.stride(i - added);
        }
        return new Layout(sizes, strides, 0);
    }

    /** As Python's {@code [start:end:step]}: bounds count from the end when negative and are clamped. */
    public static Layout slice(Layout in, long dim, @Nullable Long start, @Nullable Long end, long step) {
        int d = dim(dim, in.rank());
        if (step <= 0) {
            throw new IllegalArgumentException("the step of a slice must be positive");
        }
        long size = in.size(d);
        long from = clamp(start == null ? 0 : start, size);
        long to = Math.max(from, clamp(end == null ? size : end, size));
        long count = (to - from + step - 1) / step;
        long[] sizes = in.sizesCopy();
        long[] strides = in.stridesCopy();
        sizes[d] = count;
        strides[d] *= step;
        return new Layout(sizes, strides, from * in.stride(d));
    }

    private static long clamp(long bound, long size) {
        return Math.clamp(bound < 0 ? bound + size : bound, 0, size);
    }

    public static Layout narrow(Layout in, long dim, long start, long length) {
        int d = dim(dim, in.rank());
        long from = start < 0 ? start + in.size(d) : start;
        if (from < 0 || length < 0 || length > in.size(d) - from) {
            throw new IllegalArgumentException("narrow goes beyond a dimension of size " + in.size(d));
        }
        return slice(in, dim, from, from + length, 1);
    }

    public static Layout select(Layout in, long dim, long index) {
        int d = dim(dim, in.rank());
        long at = index < 0 ? index + in.size(d) : index;
        if (at < 0 || at >= in.size(d)) {
            throw new IllegalArgumentException("index " + index + " is out of range for size " + in.size(d));
        }
        return new Layout(without(in.sizesCopy(), d), without(in.stridesCopy(), d), at * in.stride(d));
    }

    public static Layout unsqueeze(Layout in, long dim) {
        int d = dim(dim, in.rank() + 1);
        long stride = d < in.rank() ? Math.multiplyExact(in.size(d), in.stride(d)) : 1;
        return new Layout(with(in.sizesCopy(), d, 1), with(in.stridesCopy(), d, stride), 0);
    }

    /** Drops those of {@code dims} that have size 1. */
    public static Layout squeeze(Layout in, long[] dims) {
        boolean[] drop = new boolean[in.rank()];
        for (long dim : dims) {
            if (in.rank() == 0) {
                dim(dim, 1);
            } else {
                int d = dim(dim, in.rank());
                drop[d] = in.size(d) == 1;
            }
        }
        long[] sizes = in.sizesCopy();
        long[] strides = in.stridesCopy();
        for (int i = in.rank() - 1; i >= 0; i--) {
            if (drop[i]) {
                sizes = without(sizes, i);
                strides = without(strides, i);
            }
        }
        return new Layout(sizes, strides, 0);
    }

    public static Layout diagonal(Layout in, long offset, long dim1, long dim2) {
        int a = dim(dim1, in.rank());
        int b = dim(dim2, in.rank());
        if (a == b) {
            throw new IllegalArgumentException("diagonal needs two different dimensions");
        }
        long rows = in.size(a) + Math.min(offset, 0);
        long columns = in.size(b) - Math.max(offset, 0);
        long length = Math.max(0, Math.min(rows, columns));
        long start = length == 0 ? 0 : offset >= 0 ? offset * in.stride(b) : -offset * in.stride(a);
        long stride = in.stride(a) + in.stride(b);
        long[] sizes = without(without(in.sizesCopy(), Math.max(a, b)), Math.min(a, b));
        long[] strides = without(without(in.stridesCopy(), Math.max(a, b)), Math.min(a, b));
        return new Layout(with(sizes, sizes.length, length), with(strides, strides.length, stride), start);
    }

    /** Windows of {@code size} along a dimension, {@code step} apart, in a new last dimension. */
    public static Layout unfold(Layout in, long dim, long size, long step) {
        if (in.rank() == 0) {
            dim(dim, 1);
            if (size < 0 || size > 1 || step <= 0) {
                throw new IllegalArgumentException("unfold of a scalar takes a size of 0 or 1");
            }
            return new Layout(new long[] {size}, new long[] {1}, 0);
        }
        int d = dim(dim, in.rank());
        if (size < 0 || size > in.size(d) || step <= 0) {
            throw new IllegalArgumentException("windows of " + size + " do not fit size " + in.size(d));
        }
        long[] sizes = in.sizesCopy();
        long[] strides = in.stridesCopy();
        sizes[d] = (in.size(d) - size) / step + 1;
        strides[d] *= step;
        return new Layout(with(sizes, sizes.length, size), with(strides, strides.length, in.stride(d)), 0);
    }

    /** Over a contiguous operand's elements: every element must be one of them. */
    public static Layout asStrided(Layout in, long[] sizes, long[] strides, long offset) {
        if (sizes.length != strides.length) {
            throw new IllegalArgumentException("as_strided needs as many strides as sizes");
        }
        long last = offset;
        boolean empty = false;
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] < 0 || strides[i] < 0) {
                throw new IllegalArgumentException("as_strided takes no negative sizes or strides");
            }
            empty |= sizes[i] == 0;
            last = Math.addExact(last, Math.multiplyExact(Math.max(0, sizes[i] - 1), strides[i]));
        }
        if (offset < 0 || !empty && last >= in.elements() || offset > in.elements()) {
            throw new IllegalArgumentException("as_strided goes beyond the " + in.elements() + " elements there are");
        }
        return new Layout(sizes.clone(), strides.clone(), offset);
    }

    /** The shape that {@code view} makes; one size may be −1 and is found out. */
    public static Shape resolve(Shape from, long[] target) {
        long[] sizes = target.clone();
        int unknown = -1;
        long known = 1;
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] == -1 && unknown < 0) {
                unknown = i;
            } else if (sizes[i] < 0) {
                throw new IllegalArgumentException("a size is negative: " + sizes[i]);
            } else {
                known = Math.multiplyExact(known, sizes[i]);
            }
        }
        if (unknown >= 0) {
            if (known == 0 || from.elements() % known != 0) {
                throw new IllegalArgumentException(from + " cannot be viewed as " + Arrays.toString(target));
            }
            sizes[unknown] = from.elements() / known;
        }
        Shape shape = Shape.of(sizes);
        if (shape.elements() != from.elements()) {
            throw new IllegalArgumentException(from + " cannot be viewed as " + shape);
        }
        return shape;
    }

    /**
     * The same elements in row-major order under another shape; null when these strides do not allow it without a
     * copy. The method is PyTorch's {@code computeStride}: operand dimensions that follow each other without a gap form
     * a chunk, and each chunk has to be a product of consecutive target sizes.
     */
    public static @Nullable Layout view(Layout in, Shape target) {
        if (target.elements() == 0 || in.isContiguous()) {
            return Layout.contiguous(target);
        }
        long[] strides = new long[target.rank()];
        int next = target.rank() - 1;
        long chunkStride = in.stride(in.rank() - 1);
        long chunk = 1;
        for (int i = in.rank() - 1; i >= 0; i--) {
            chunk *= in.size(i);
            if (i == 0 || in.size(i - 1) != 1 && in.stride(i - 1) != chunk * chunkStride) {
                long filled = 1;
                while (next >= 0 && (filled < chunk || target.dim(next) == 1)) {
                    strides[next] = filled * chunkStride;
                    filled *= target.dim(next--);
                }
                if (filled != chunk) {
                    return null;
                }
                if (i > 0) {
                    chunk = 1;
                    chunkStride = in.stride(i - 1);
                }
            }
        }
        return next < 0 ? new Layout(target.dims(), strides, 0) : null;
    }

    /** Joins dimensions {@code start} to {@code end} into one. */
    public static Shape flatten(Shape shape, long start, long end) {
        if (shape.rank() == 0) {
            return Shape.of(1);
        }
        int from = dim(start, shape.rank());
        int to = dim(end, shape.rank());
        if (from > to) {
            throw new IllegalArgumentException("flatten ends before it starts");
        }
        long[] sizes = new long[shape.rank() - (to - from)];
        Arrays.fill(sizes, 1);
        for (int i = 0; i < shape.rank(); i++) {
            sizes[i <= from ? i : i <= to ? from : i - (to - from)] *= shape.dim(i);
        }
        return Shape.of(sizes);
    }

    public static int dim(long dim, int rank) {
        if (dim < -rank || dim >= rank) {
            throw new IllegalArgumentException("dimension " + dim + " is out of range for rank " + rank);
        }
        return (int) (dim < 0 ? dim + rank : dim);
    }

    private static long[] identity(int rank) {
        long[] dims = new long[rank];
        Arrays.setAll(dims, i -> i);
        return dims;
    }

    private static long[] without(long[] values, int index) {
        long[] fewer = Arrays.copyOf(values, values.length - 1);
        System.arraycopy(values, index + 1, fewer, index, fewer.length - index);
        return fewer;
    }

    private static long[] with(long[] values, int index, long value) {
        long[] more = Arrays.copyOf(values, values.length + 1);
        System.arraycopy(values, index, more, index + 1, values.length - index);
        more[index] = value;
        return more;
    }
}
