package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.Memory.ALL;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;

import dev.gradwire.kernel.GroupOp;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/** Loops over registers of float64 with vectors. */
final class DoubleVectors extends Primitives {
    /** At most 512 bits: {@link DoubleLanes} counts on four vectors having no more lanes than the order of reductions. */
    static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED.vectorBitSize() > 512
            ? DoubleVector.SPECIES_512
            : DoubleVector.SPECIES_PREFERRED;

    private static final int LANES = SPECIES.length();
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    /** As many bytes, for bools; null where no vector is so short. */
    private static final @Nullable VectorSpecies<Byte> BYTES =
            LANES < 8 ? null : VectorSpecies.of(byte.class, VectorShape.forBitSize(8 * LANES));

    private final @Nullable Loop[] functions = DoubleLoops.table();

    DoubleVectors() {
        super(Double.BYTES);
    }

    static DoubleVector load(long a, int i) {
        return DoubleVector.fromMemorySegment(SPECIES, ALL, a + 8L * i, ORDER);
    }

    static void store(DoubleVector x, long d, int i) {
        x.intoMemorySegment(ALL, d + 8L * i, ORDER);
    }

    @Override
    void run(int[] code, int from, int to, long[] at, int n) {
        for (int p = from; p < to; p += WIDTH) {
            long d = at[code[p + 1]];
            long a = at[code[p + 2]];
            long b = at[code[p + 3]];
            int op = code[p];
            switch (op) {
                case Opcode.ADD -> add(d, a, b, n);
                case Opcode.SUB -> subtract(d, a, b, n);
                case Opcode.MUL -> multiply(d, a, b, n);
                case Opcode.DIV -> divide(d, a, b, n);
                case Opcode.MAXIMUM -> maximum(d, a, b, n);
                case Opcode.MINIMUM -> minimum(d, a, b, n);
                case Opcode.ABS -> absolute(d, a, n);
                case Opcode.NEG -> negate(d, a, n);
                case Opcode.SQRT -> squareRoot(d, a, n);
                case Opcode.RECIPROCAL -> reciprocal(d, a, n);
                case Opcode.SIGN -> sign(d, a, n);
                case Opcode.FMA -> multiplyAdd(d, a, b, at[code[p + 4]], n);
                case Opcode.WHERE -> where(d, a, b, at[code[p + 4]], n);
                case Opcode.EQ -> equal(d, a, b, n);
                case Opcode.NE -> unequal(d, a, b, n);
                case Opcode.LT -> less(d, a, b, n);
                case Opcode.LE -> atMost(d, a, b, n);
                case Opcode.GT -> less(d, b, a, n);
                case Opcode.GE -> atMost(d, b, a, n);
                case Opcode.ISNAN -> unequal(d, a, a, n);
                default -> function(op).run(d, a, b, n);
            }
        }
    }

    private static void add(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(a, i).add(load(b, i)), d, i);
        }
    }

    private static void subtract(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(a, i).sub(load(b, i)), d, i);
        }
    }

    private static void multiply(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(a, i).mul(load(b, i)), d, i);
        }
    }

    private static void divide(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(a, i).div(load(b, i)), d, i);
        }
    }

    private static void maximum(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(a, i).max(load(b, i)), d, i);
        }
    }

    private static void minimum(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(a, i).min(load(b, i)), d, i);
        }
    }

    private static void absolute(long d, long a, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(a, i).abs(), d, i);
        }
    }

    private static void negate(long d, long a, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(a, i).neg(), d, i);
        }
    }

    private static void squareRoot(long d, long a, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(a, i).sqrt(), d, i);
        }
    }

    private static void reciprocal(long d, long a, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleVector.broadcast(SPECIES, 1d).div(load(a, i)), d, i);
        }
    }

    private static void sign(long d, long a, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.sign(load(a, i)), d, i);
        }
    }

    private static void multiplyAdd(long d, long a, long b, long c, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(a, i).fma(load(b, i), load(c, i)), d, i);
        }
    }

    private static void where(long d, long a, long b, long c, int n) {
        if (BYTES == null) {
            for (int i = 0; i < n; i++) {
                long from = Memory.getBoolean(a + i) ? b : c;
                Memory.putDouble(d + 8L * i, Memory.getDouble(from + 8L * i));
            }
            return;
        }
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Double> which = ByteVector.fromMemorySegment(BYTES, ALL, a + i, ORDER)
                    .compare(NE, (byte) 0)
                    .cast(SPECIES);
            store(load(c, i).blend(load(b, i), which), d, i);
        }
    }

    private static void storeBools(VectorMask<Byte> mask, long address) {
        ByteVector.zero(BYTES).blend((byte) 1, mask).intoMemorySegment(ALL, address, ORDER);
    }

    private static void equal(long d, long a, long b, int n) {
        if (BYTES == null) {
            for (int i = 0; i < n; i++) {
                Memory.putBoolean(d + i, Memory.getDouble(a + 8L * i) == Memory.getDouble(b + 8L * i));
            }
            return;
        }
        for (int i = 0; i < n; i += LANES) {
            storeBools(load(a, i).compare(EQ, load(b, i)).cast(BYTES), d + i);
        }
    }

    private static void unequal(long d, long a, long b, int n) {
        if (BYTES == null) {
            for (int i = 0; i < n; i++) {
                Memory.putBoolean(d + i, Memory.getDouble(a + 8L * i) != Memory.getDouble(b + 8L * i));
            }
            return;
        }
        for (int i = 0; i < n; i += LANES) {
            storeBools(load(a, i).compare(NE, load(b, i)).cast(BYTES), d + i);
        }
    }

    private static void less(long d, long a, long b, int n) {
        if (BYTES == null) {
            for (int i = 0; i < n; i++) {
                Memory.putBoolean(d + i, Memory.getDouble(a + 8L * i) < Memory.getDouble(b + 8L * i));
            }
            return;
        }
        for (int i = 0; i < n; i += LANES) {
            storeBools(load(a, i).compare(LT, load(b, i)).cast(BYTES), d + i);
        }
    }

    private static void atMost(long d, long a, long b, int n) {
        if (BYTES == null) {
            for (int i = 0; i < n; i++) {
                Memory.putBoolean(d + i, Memory.getDouble(a + 8L * i) <= Memory.getDouble(b + 8L * i));
            }
            return;
        }
        for (int i = 0; i < n; i += LANES) {
            storeBools(load(a, i).compare(LE, load(b, i)).cast(BYTES), d + i);
        }
    }

    private Loop function(int op) {
        Loop function = functions[op - Opcode.FUNCTION];
        if (function == null) {
            throw new IllegalStateException("no function of floating point: " + op);
        }
        return function;
    }

    @Override
    boolean takes(GroupOp op) {
        return switch (op) {
            case DIV, SQRT, RECIPROCAL, FMA -> true;
            default -> functions[Opcode.number(op)] != null || super.takes(op);
        };
    }

    @Override
    long identity(int op) {
        return Double.doubleToRawLongBits(DoubleLanes.identity(op));
    }

    @Override
    void combine(int op, long d, long a) {
        double x = Memory.getDouble(d);
        double y = Memory.getDouble(a);
        double both = switch (op) {
            case Opcode.SUM -> x + y;
            case Opcode.PROD -> x * y;
            case Opcode.MAX -> Math.max(x, y);
            default -> Math.min(x, y);
        };
        Memory.putDouble(d, both);
    }

    @Override
    void accumulate(int op, long lanes, long a, int n) {
        DoubleLanes.accumulate(op, lanes, a, n);
    }

    @Override
    void fold(int op, long lanes, long d) {
        Memory.putDouble(d, DoubleLanes.fold(op, lanes, ReductionOrder.LANES));
    }

    @Override
    void reduce(int op, long d, long a, int rows, int columns, long lanes) {
        DoubleLanes.reduce(op, d, a, rows, columns, lanes);
    }

    @Override
    void combineRows(int op, long d, long a, int rows, int columns, long rowBytes) {
        DoubleLanes.combineRows(op, d, a, rows, columns, rowBytes);
    }
}
