package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.Group;
import dev.gradwire.tensor.DType;

/** How an operand's elements come into registers: one for each place, or one for each row where it is read so. */
final class Source {
    /** To how many elements registers are filled up, repeating the last: computing on them costs no more than on others. */
    static final int PADDING = 16;

    private final DType dtype;
    private final long[] sizes;
    private final long[] strides;
    private final long offset;

    Source(Group group, Group.Read read) {
        dtype = read.dtype();
        Group.Places places = read.layout();
        offset = places.offset();
        long[] sizes = places.sizes().stream().mapToLong(Long::longValue).toArray();
        long[] strides = places.strides().stream().mapToLong(Long::longValue).toArray();
        int last = sizes.length - 1;
        if (read.perRow() && last >= 0 && strides[last] == 0) {
            // The columns of a row are the innermost elements, all at one place.
            sizes[last] /= group.columns();
        }
        this.sizes = sizes;
        this.strides = strides;
    }

    DType dtype() {
        return dtype;
    }

    int elementBytes() {
        return dtype.sizeInBytes();
    }

    /** Whether it is one number. */
    boolean isSingle() {
        return sizes.length == 0;
    }

    boolean isContiguous() {
        return sizes.length == 1 && strides[0] == 1;
    }

    /** Whether an element of place p depends on p modulo this number alone. */
    boolean repeatsEvery(long places) {
        if (isSingle()) {
            return true;
        }
        long period = 1;
        for (int i = 1; i < sizes.length; i++) {
            period *= sizes[i];
        }
        return strides[0] == 0 && places % period == 0;
    }

    /** Where a contiguous element stands. */
    long address(long memory, long element) {
        return memory + (offset + element) * elementBytes();
    }

    /** Fills a register with n elements from one on. */
    void load(long memory, long start, long register, int n) {
        int bytes = Tile.registerBytes(dtype);
        if (isSingle()) {
            copy(memory, offset, 1, register, 1);
            Memory.fill(register, bytes, Memory.bits(register, bytes), padded(n));
            return;
        }
        if (isContiguous()) {
            copy(memory, offset + start, 1, register, n);
        } else {
            loadRuns(memory, start, register, n);
        }
        if (n % PADDING != 0) {
            Tile.pad(register, bytes, n);
        }
    }

    /** Fills a register by runs along the innermost dimension. */
    private void loadRuns(long memory, long start, long register, int n) {
        int bytes = Tile.registerBytes(dtype);
        int inner = sizes.length - 1;
        long size = sizes[inner];
        long stride = strides[inner];
        long outer = start / size;
        long first = start - outer * size;
        int done = 0;
        while (done < n) {
            int run = (int) Math.min(n - done, size - first);
            copy(memory, offset + outerOffset(outer) + first * stride, stride, register + (long) done * bytes, run);
            done += run;
            first = 0;
            outer++;
        }
    }

    /** Up to whole vectors. */
    static int padded(int n) {
        return (n + PADDING - 1) / PADDING * PADDING;
    }

    private long outerOffset(long outer) {
        long rest = outer;
        long sum = 0;
        for (int i = sizes.length - 2; i > 0; i--) {
            long above = rest / sizes[i];
            sum += (rest - above * sizes[i]) * strides[i];
            rest = above;
        }
        return sizes.length > 1 ? sum + rest * strides[0] : 0;
    }

    private void copy(long memory, long from, long stride, long register, int n) {
        if (Halves.is(dtype)) {
            Halves.widen(dtype, memory + 2 * from, stride, register, n);
            return;
        }
        int bytes = elementBytes();
        long address = memory + from * bytes;
        if (stride == 1) {
            Memory.copy(address, register, (long) n * bytes);
        } else if (stride == 0) {
            Memory.fill(register, bytes, Memory.bits(address, bytes), n);
        } else {
            gather(address, stride * bytes, register, bytes, n);
        }
    }

    private static void gather(long address, long step, long register, int bytes, int n) {
        switch (bytes) {
            case 1 -> {
                for (int i = 0; i < n; i++) {
                    Memory.putByte(register + i, Memory.getByte(address + i * step));
                }
            }
            case 4 -> {
                for (int i = 0; i < n; i++) {
                    Memory.putInt(register + 4L * i, Memory.getInt(address + i * step));
                }
            }
            default -> {
                for (int i = 0; i < n; i++) {
                    Memory.putLong(register + 8L * i, Memory.getLong(address + i * step));
                }
            }
        }
    }
}
