package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.DoubleScalars.load;
import static dev.gradwire.kernel.vector.DoubleScalars.store;

import dev.gradwire.kernel.GroupOp;
import org.jspecify.annotations.Nullable;

/** The functions of {@link ScalarMath} as loops over float64. */
final class DoubleScalarLoops {
    private DoubleScalarLoops() {}

    @FunctionalInterface
    private interface Unary {
        double of(double x);
    }

    @FunctionalInterface
    private interface Binary {
        double of(double x, double y);
    }

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
            case FLOOR -> unary(x -> Math.floor(x));
            case CEIL -> unary(x -> Math.ceil(x));
            case TRUNC -> unary(x -> x < 0 ? Math.ceil(x) : Math.floor(x));
            case ROUND -> unary(x -> Math.rint(x));
            case RSQRT -> unary(x -> 1 / Math.sqrt(x));
            case FMOD -> binary((x, y) -> x % y);
            case REMAINDER -> binary(DoubleScalarLoops::remainder);
            default -> null;
        };
    }

    private static double remainder(double x, double y) {
        double r = x % y;
        return r != 0 && r < 0 != y < 0 ? r + y : r;
    }

    private static Loop unary(Unary function) {
        return (d, a, b, n) -> {
            for (int i = 0; i < n; i++) {
                store(function.of(load(a, i)), d, i);
            }
        };
    }

    private static Loop binary(Binary function) {
        return (d, a, b, n) -> {
            for (int i = 0; i < n; i++) {
                store(function.of(load(a, i), load(b, i)), d, i);
            }
        };
    }
}
