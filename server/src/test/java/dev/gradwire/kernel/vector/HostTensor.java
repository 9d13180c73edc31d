package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;

/** A contiguous tensor over memory of the test's, which need not be aligned, with its end where an error would show. */
record HostTensor(DType dtype, long elements, MemorySegment memory, Layout layout) implements DeviceTensor {
    /** What stands before and after the elements. */
    private static final int GUARD_BYTES = 64;

    private static final byte GUARD = 0x5A;

    static HostTensor allocate(Arena arena, DType dtype, long elements) {
        long bytes = elements * dtype.sizeInBytes();
        MemorySegment all = arena.allocate(bytes + 2 * GUARD_BYTES, 8).fill(GUARD);
        return of(dtype, elements, all.asSlice(GUARD_BYTES, bytes));
    }

    static HostTensor onHeap(DType dtype, long elements) {
        return of(dtype, elements, MemorySegment.ofArray(new byte[(int) elements * dtype.sizeInBytes()]));
    }

    /** The same memory with elements of another dtype, as large. */
    HostTensor as(DType other) {
        return of(other, elements, memory);
    }

    private static HostTensor of(DType dtype, long elements, MemorySegment memory) {
        return new HostTensor(dtype, elements, memory, Layout.contiguous(Shape.of(elements)));
    }

    /** Whether nothing was written around the elements; of memory that was allocated here. */
    @SuppressWarnings("restricted")
    boolean isIntact() {
        MemorySegment after =
                MemorySegment.ofAddress(memory.address() + memory.byteSize()).reinterpret(GUARD_BYTES);
        MemorySegment before =
                MemorySegment.ofAddress(memory.address() - GUARD_BYTES).reinterpret(GUARD_BYTES);
        byte[] guard = new byte[GUARD_BYTES];
        Arrays.fill(guard, GUARD);
        return Arrays.equals(guard, after.toArray(ValueLayout.JAVA_BYTE))
                && Arrays.equals(guard, before.toArray(ValueLayout.JAVA_BYTE));
    }

    double real(long i) {
        return switch (dtype) {
            case FLOAT32 -> memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * i);
            case FLOAT64 -> memory.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8 * i);
            case FLOAT16 -> Float.float16ToFloat(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2 * i));
            case BFLOAT16 -> Float.intBitsToFloat(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2 * i) << 16);
            default -> throw new IllegalStateException();
        };
    }

    long whole(long i) {
        return switch (dtype) {
            case INT32 -> memory.get(ValueLayout.JAVA_INT_UNALIGNED, 4 * i);
            case INT64 -> memory.get(ValueLayout.JAVA_LONG_UNALIGNED, 8 * i);
            default -> memory.get(ValueLayout.JAVA_BYTE, i);
        };
    }

    void setReal(long i, double x) {
        switch (dtype) {
            case FLOAT32 -> memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * i, (float) x);
            case FLOAT64 -> memory.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8 * i, x);
            case FLOAT16 -> memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2 * i, Float.floatToFloat16((float) x));
            default ->
                memory.set(
                        ValueLayout.JAVA_SHORT_UNALIGNED, 2 * i, (short) (Float.floatToRawIntBits((float) x) >>> 16));
        }
    }

    void setWhole(long i, long x) {
        switch (dtype) {
            case INT32 -> memory.set(ValueLayout.JAVA_INT_UNALIGNED, 4 * i, (int) x);
            case INT64 -> memory.set(ValueLayout.JAVA_LONG_UNALIGNED, 8 * i, x);
            default -> memory.set(ValueLayout.JAVA_BYTE, i, (byte) x);
        }
    }

    /** Fills it with numbers of which a few are special. */
    HostTensor fill(Random random) {
        double[] special = {0.0, -0.0, 1, -1, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1e-40, 0.5
        };
        boolean specials = random.nextInt(4) == 0;
        for (long i = 0; i < elements; i++) {
            switch (dtype.category()) {
                case FLOATING ->
                    setReal(
                            i,
                            specials && random.nextInt(8) == 0
                                    ? special[random.nextInt(special.length)]
                                    : random.nextGaussian());
                case INTEGRAL -> setWhole(i, random.nextInt(8) == 0 ? random.nextLong() : random.nextInt(21) - 10);
                default -> setWhole(i, random.nextInt(2));
            }
        }
        return this;
    }

    @Override
    public void close() {}
}
