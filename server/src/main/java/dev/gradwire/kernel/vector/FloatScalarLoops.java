package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.FloatScalars.load;
import static dev.gradwire.kernel.vector.FloatScalars.store;

import dev.gradwire.kernel.GroupOp;
import org.jspecify.annotations.Nullable;

/** The functions of {@link ScalarMath} as loops over float32. */
final class FloatScalarLoops {
    private FloatScalarLoops() {}

    @FunctionalInterface
    private interface Unary {
        float of(float x);
    }

    @FunctionalInterface
    private interface Binary {
        float of(float x, float y);
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
            case FLOOR -> unary(x -> (float) Math.floor(x));
            case CEIL -> unary(x -> (float) Math.ceil(x));
            case TRUNC -> unary(x -> (float) (x < 0 ? Math.ceil(x) : Math.floor(x)));
            case ROUND -> unary(x -> (float) Math.rint(x));
            case RSQRT -> unary(x -> 1 / (float) Math.sqrt(x));
            case FMOD -> binary((x, y) -> x % y);
            case REMAINDER -> binary(FloatScalarLoops::remainder);
            default -> null;
        };
    }

    private static float remainder(float x, float y) {
        float r = x % y;
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
