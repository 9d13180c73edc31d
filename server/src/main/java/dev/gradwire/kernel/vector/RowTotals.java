package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.GroupOp;
import dev.gradwire.tensor.DType;
import java.util.Arrays;

/** The end of reductions over rows, element by element, as {@link ReductionOrder} says: little work beside the rows'. */
final class RowTotals {
    private final GroupOp op;
    private final DType dtype;
    private final int bytes;
    private final int opcode;
    private final long identity;

    RowTotals(GroupOp op, DType dtype) {
        this.op = op;
        this.dtype = dtype;
        bytes = dtype.sizeInBytes();
        opcode = Opcode.ofReduction(op);
        identity = LoopSupport.identity(op, dtype);
    }

    /** Writes the identity to elements. */
    void start(long at, long elements) {
        put(at, identity);
        Memory.fill(at, bytes, Memory.bits(at, bytes), Math.toIntExact(elements));
    }

    /** Combines as many elements into those of a total. */
    void combine(long total, long at, long elements) {
        int whole = 0;
        if (elements <= Integer.MAX_VALUE) {
            // nothing is written beyond the elements: whole vectors only
            whole = (int) elements & -ReductionOrder.LANES;
            switch (dtype) {
                case FLOAT32 -> FloatLanes.combineRows(opcode, total, at, 1, whole, 0);
                case FLOAT64 -> DoubleLanes.combineRows(opcode, total, at, 1, whole, 0);
                default -> whole = 0;
            }
        }
        for (long i = whole; i < elements; i++) {
            put(total + i * bytes, combined(get(total + i * bytes), get(at + i * bytes)));
        }
    }

    /** Reduces at most a chunk of elements to one number; memory is read up to the next multiple of 64 bytes. */
    void reduce(long result, long at, int elements) {
        switch (dtype) {
            case FLOAT32 ->
                FloatLanes.reduce(opcode, result, at, 1, elements, Scratch.OF_LOOP.get(4L * ReductionOrder.LANES));
            case FLOAT64 ->
                DoubleLanes.reduce(opcode, result, at, 1, elements, Scratch.OF_LOOP.get(8L * ReductionOrder.LANES));
            default -> reduceOneByOne(result, at, elements);
        }
    }

    private void reduceOneByOne(long result, long at, int elements) {
        long[] lanes = new long[ReductionOrder.LANES];
        Arrays.fill(lanes, identity);
        for (int i = 0; i < elements; i++) {
            int lane = i % ReductionOrder.LANES;
            lanes[lane] = combined(lanes[lane], get(at + (long) i * bytes));
        }
        for (int half = ReductionOrder.LANES / 2; half > 0; half /= 2) {
            for (int i = 0; i < half; i++) {
                lanes[i] = combined(lanes[i], lanes[i + half]);
            }
        }
        put(result, lanes[0]);
    }

    private long combined(long a, long b) {
        if (!dtype.isFloating()) {
            long c = switch (op) {
                case SUM -> a + b;
                case PROD -> a * b;
                case MAX, ANY -> Math.max(a, b);
                default -> Math.min(a, b);
            };
            return dtype == DType.INT32 ? (int) c : c;
        }
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        double z = switch (op) {
            case SUM -> x + y;
            case PROD -> x * y;
            case MAX -> Math.max(x, y);
            default -> Math.min(x, y);
        };
        // sums and products of two floats are rounded as by float arithmetic: a double has more than twice the bits
        return Double.doubleToRawLongBits(dtype == DType.FLOAT32 ? (float) z : z);
    }

    private long get(long at) {
        return switch (dtype) {
            case FLOAT32 -> Double.doubleToRawLongBits(LoopOps.ALL.get(LoopOps.F32, at));
            case FLOAT64, INT64 -> LoopOps.ALL.get(LoopOps.I64, at);
            case INT32 -> LoopOps.ALL.get(LoopOps.I32, at);
            default -> LoopOps.ALL.get(LoopOps.I8, at);
        };
    }

    private void put(long at, long bits) {
        switch (dtype) {
            case FLOAT32 -> LoopOps.ALL.set(LoopOps.F32, at, (float) Double.longBitsToDouble(bits));
            case FLOAT64, INT64 -> LoopOps.ALL.set(LoopOps.I64, at, bits);
            case INT32 -> LoopOps.ALL.set(LoopOps.I32, at, (int) bits);
            default -> LoopOps.ALL.set(LoopOps.I8, at, (byte) bits);
        }
    }
}
