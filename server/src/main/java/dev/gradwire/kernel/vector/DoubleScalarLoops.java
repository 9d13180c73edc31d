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
            case FLOOR -> unary(ScalarMath::floor);
            case CEIL -> unary(ScalarMath::ceil);
            case TRUNC -> unary(ScalarMath::trunc);
            case ROUND -> unary(ScalarMath::rint);
            case RSQRT -> unary(ScalarMath::rsqrt);
            case EXP -> unary(ScalarMath::exp);
            case EXP2 -> unary(ScalarMath::exp2);
            case EXPM1 -> unary(ScalarMath::expm1);
            case LOG -> unary(ScalarMath::log);
            case LOG2 -> unary(ScalarMath::log2);
            case LOG10 -> unary(ScalarMath::log10);
            case LOG1P -> unary(ScalarMath::log1p);
            case SIN -> unary(ScalarMath::sin);
            case COS -> unary(ScalarMath::cos);
            case TAN -> unary(ScalarMath::tan);
            case ASIN -> unary(ScalarMath::asin);
            case ACOS -> unary(ScalarMath::acos);
            case ATAN -> unary(ScalarMath::atan);
            case SINH -> unary(ScalarMath::sinh);
            case COSH -> unary(ScalarMath::cosh);
            case TANH -> unary(ScalarMath::tanh);
            case ASINH -> unary(ScalarMath::asinh);
            case ACOSH -> unary(ScalarMath::acosh);
            case ATANH -> unary(ScalarMath::atanh);
            case SIGMOID -> unary(ScalarMath::sigmoid);
            case ERF -> unary(ScalarMath::erf);
            case ERFC -> unary(ScalarMath::erfc);
            case LGAMMA -> unary(ScalarMath::lgamma);
            case DIGAMMA -> unary(ScalarMath::digamma);
            case POW -> binary(ScalarMath::pow);
            case ATAN2 -> binary(ScalarMath::atan2);
            case FMOD -> binary(ScalarMath::fmod);
            case REMAINDER -> binary(ScalarMath::remainder);
            default -> null;
        };
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
