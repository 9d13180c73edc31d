package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.FloatVectors.load;
import static dev.gradwire.kernel.vector.FloatVectors.store;

import dev.gradwire.kernel.GroupOp;
import org.jspecify.annotations.Nullable;

/** The functions of {@link FloatMath} as loops. */
final class FloatLoops {
    private static final int LANES = FloatVectors.SPECIES.length();

    private FloatLoops() {}

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
            case FLOOR -> FloatLoops::floor;
            case CEIL -> FloatLoops::ceil;
            case TRUNC -> FloatLoops::trunc;
            case ROUND -> FloatLoops::rint;
            case RSQRT -> FloatLoops::rsqrt;
            case EXP -> FloatLoops::exp;
            case EXP2 -> FloatLoops::exp2;
            case EXPM1 -> FloatLoops::expm1;
            case LOG -> FloatLoops::log;
            case LOG2 -> FloatLoops::log2;
            case LOG10 -> FloatLoops::log10;
            case LOG1P -> FloatLoops::log1p;
            case SIN -> FloatLoops::sin;
            case COS -> FloatLoops::cos;
            case TAN -> FloatLoops::tan;
            case ASIN -> FloatLoops::asin;
            case ACOS -> FloatLoops::acos;
            case ATAN -> FloatLoops::atan;
            case SINH -> FloatLoops::sinh;
            case COSH -> FloatLoops::cosh;
            case TANH -> FloatLoops::tanh;
            case ASINH -> FloatLoops::asinh;
            case ACOSH -> FloatLoops::acosh;
            case ATANH -> FloatLoops::atanh;
            case SIGMOID -> FloatLoops::sigmoid;
            case ERF -> FloatLoops::erf;
            case ERFC -> FloatLoops::erfc;
            case LGAMMA -> FloatLoops::lgamma;
            case DIGAMMA -> FloatLoops::digamma;
            case POW -> FloatLoops::pow;
            case FMOD -> FloatLoops::fmod;
            case REMAINDER -> FloatLoops::remainder;
            case ATAN2 -> FloatLoops::atan2;
            default -> null;
        };
    }

    private static void floor(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.floor(load(a, i)), d, i);
        }
    }

    private static void ceil(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.ceil(load(a, i)), d, i);
        }
    }

    private static void trunc(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.trunc(load(a, i)), d, i);
        }
    }

    private static void rint(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.rint(load(a, i)), d, i);
        }
    }

    private static void rsqrt(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.rsqrt(load(a, i)), d, i);
        }
    }

    private static void exp(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.exp(load(a, i)), d, i);
        }
    }

    private static void exp2(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.exp2(load(a, i)), d, i);
        }
    }

    private static void expm1(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.expm1(load(a, i)), d, i);
        }
    }

    private static void log(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.log(load(a, i)), d, i);
        }
    }

    private static void log2(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.log2(load(a, i)), d, i);
        }
    }

    private static void log10(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.log10(load(a, i)), d, i);
        }
    }

    private static void log1p(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.log1p(load(a, i)), d, i);
        }
    }

    private static void sin(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.sin(load(a, i)), d, i);
        }
    }

    private static void cos(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.cos(load(a, i)), d, i);
        }
    }

    private static void tan(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.tan(load(a, i)), d, i);
        }
    }

    private static void asin(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.asin(load(a, i)), d, i);
        }
    }

    private static void acos(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.acos(load(a, i)), d, i);
        }
    }

    private static void atan(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.atan(load(a, i)), d, i);
        }
    }

    private static void sinh(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.sinh(load(a, i)), d, i);
        }
    }

    private static void cosh(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.cosh(load(a, i)), d, i);
        }
    }

    private static void tanh(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.tanh(load(a, i)), d, i);
        }
    }

    private static void asinh(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.asinh(load(a, i)), d, i);
        }
    }

    private static void acosh(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.acosh(load(a, i)), d, i);
        }
    }

    private static void atanh(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.atanh(load(a, i)), d, i);
        }
    }

    private static void sigmoid(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.sigmoid(load(a, i)), d, i);
        }
    }

    private static void erf(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.erf(load(a, i)), d, i);
        }
    }

    private static void erfc(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.erfc(load(a, i)), d, i);
        }
    }

    private static void lgamma(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.lgamma(load(a, i)), d, i);
        }
    }

    private static void digamma(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.digamma(load(a, i)), d, i);
        }
    }

    private static void pow(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.pow(load(a, i), load(b, i)), d, i);
        }
    }

    private static void fmod(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.fmod(load(a, i), load(b, i)), d, i);
        }
    }

    private static void remainder(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.remainder(load(a, i), load(b, i)), d, i);
        }
    }

    private static void atan2(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(FloatMath.atan2(load(a, i), load(b, i)), d, i);
        }
    }
}
