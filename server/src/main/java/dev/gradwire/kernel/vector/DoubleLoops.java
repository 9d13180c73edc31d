package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.DoubleVectors.load;
import static dev.gradwire.kernel.vector.DoubleVectors.store;

import dev.gradwire.kernel.GroupOp;
import jdk.incubator.vector.DoubleVector;
import org.jspecify.annotations.Nullable;

/** Functions of float64 as loops. */
final class DoubleLoops {
    private static final int LANES = DoubleVectors.SPECIES.length();

    private DoubleLoops() {}

    /** The loops by {@link Opcode#number}; null for what is no such function. */
    static @Nullable Loop[] table() {
        GroupOp[] ops = GroupOp.values();
        @Nullable Loop[] table = new @Nullable Loop[ops.length];
        for (GroupOp op : ops) {
            table[Opcode.number(op)] = of(op);
        }
        return table;
    }

    private static @Nullable Loop of(GroupOp op) {
        return switch (op) {
            case FLOOR -> DoubleLoops::floor;
            case CEIL -> DoubleLoops::ceil;
            case TRUNC -> DoubleLoops::trunc;
            case ROUND -> DoubleLoops::rint;
            case RSQRT -> DoubleLoops::rsqrt;
            default -> null;
        };
    }

    private static void floor(long d, long a, long b, int n) {
        for (int i = 0; i < n; i++) {
            double x = Memory.getDouble(a + 8L * i);
            Memory.putDouble(d + 8L * i, Math.floor(x));
        }
    }

    private static void ceil(long d, long a, long b, int n) {
        for (int i = 0; i < n; i++) {
            double x = Memory.getDouble(a + 8L * i);
            Memory.putDouble(d + 8L * i, Math.ceil(x));
        }
    }

    private static void trunc(long d, long a, long b, int n) {
        for (int i = 0; i < n; i++) {
            double x = Memory.getDouble(a + 8L * i);
            Memory.putDouble(d + 8L * i, x < 0 ? Math.ceil(x) : Math.floor(x));
        }
    }

    private static void rint(long d, long a, long b, int n) {
        for (int i = 0; i < n; i++) {
            double x = Memory.getDouble(a + 8L * i);
            Memory.putDouble(d + 8L * i, Math.rint(x));
        }
    }

    private static void rsqrt(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(
                    DoubleVector.broadcast(DoubleVectors.SPECIES, 1d)
                            .div(load(a, i).sqrt()),
                    d,
                    i);
        }
    }
}
