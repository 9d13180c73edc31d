package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.DoubleVectors.load;
import static dev.gradwire.kernel.vector.DoubleVectors.store;

import dev.gradwire.kernel.GroupOp;
import org.jspecify.annotations.Nullable;

/** The functions of {@link DoubleMath} as loops. */
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
            case EXP -> DoubleLoops::exp;
            case EXP2 -> DoubleLoops::exp2;
            case EXPM1 -> DoubleLoops::expm1;
            case LOG -> DoubleLoops::log;
            case LOG2 -> DoubleLoops::log2;
            case LOG10 -> DoubleLoops::log10;
            case LOG1P -> DoubleLoops::log1p;
            case SIN -> DoubleLoops::sin;
            case COS -> DoubleLoops::cos;
            case TAN -> DoubleLoops::tan;
            case ASIN -> DoubleLoops::asin;
            case ACOS -> DoubleLoops::acos;
            case ATAN -> DoubleLoops::atan;
            case SINH -> DoubleLoops::sinh;
            case COSH -> DoubleLoops::cosh;
            case TANH -> DoubleLoops::tanh;
            case ASINH -> DoubleLoops::asinh;
            case ACOSH -> DoubleLoops::acosh;
            case ATANH -> DoubleLoops::atanh;
            case SIGMOID -> DoubleLoops::sigmoid;
            case ERF -> DoubleLoops::erf;
            case ERFC -> DoubleLoops::erfc;
            case LGAMMA -> DoubleLoops::lgamma;
            case DIGAMMA -> DoubleLoops::digamma;
            case POW -> DoubleLoops::pow;
            case FMOD -> DoubleLoops::fmod;
            case REMAINDER -> DoubleLoops::remainder;
            case ATAN2 -> DoubleLoops::atan2;
            default -> null;
        };
    }

    private static void floor(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.floor(load(a, i)), d, i);
        }
    }

    private static void ceil(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.ceil(load(a, i)), d, i);
        }
    }

    private static void trunc(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.trunc(load(a, i)), d, i);
        }
    }

    private static void rint(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.rint(load(a, i)), d, i);
        }
    }

    private static void rsqrt(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.rsqrt(load(a, i)), d, i);
        }
    }

    private static void exp(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.exp(load(a, i)), d, i);
        }
    }

    private static void exp2(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.exp2(load(a, i)), d, i);
        }
    }

    private static void expm1(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.expm1(load(a, i)), d, i);
        }
    }

    private static void log(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.log(load(a, i)), d, i);
        }
    }

    private static void log2(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.log2(load(a, i)), d, i);
        }
    }

    private static void log10(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.log10(load(a, i)), d, i);
        }
    }

    private static void log1p(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.log1p(load(a, i)), d, i);
        }
    }

    private static void sin(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.sin(load(a, i)), d, i);
        }
    }

    private static void cos(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.cos(load(a, i)), d, i);
        }
    }

    private static void tan(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.tan(load(a, i)), d, i);
        }
    }

    private static void asin(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.asin(load(a, i)), d, i);
        }
    }

    private static void acos(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.acos(load(a, i)), d, i);
        }
    }

    private static void atan(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.atan(load(a, i)), d, i);
        }
    }

    private static void sinh(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.sinh(load(a, i)), d, i);
        }
    }

    private static void cosh(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.cosh(load(a, i)), d, i);
        }
    }

    private static void tanh(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.tanh(load(a, i)), d, i);
        }
    }

    private static void asinh(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.asinh(load(a, i)), d, i);
        }
    }

    private static void acosh(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.acosh(load(a, i)), d, i);
        }
    }

    private static void atanh(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.atanh(load(a, i)), d, i);
        }
    }

    private static void sigmoid(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.sigmoid(load(a, i)), d, i);
        }
    }

    private static void erf(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.erf(load(a, i)), d, i);
        }
    }

    private static void erfc(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.erfc(load(a, i)), d, i);
        }
    }

    private static void lgamma(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.lgamma(load(a, i)), d, i);
        }
    }

    private static void digamma(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.digamma(load(a, i)), d, i);
        }
    }

    private static void pow(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.pow(load(a, i), load(b, i)), d, i);
        }
    }

    private static void fmod(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.fmod(load(a, i), load(b, i)), d, i);
        }
    }

    private static void remainder(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.remainder(load(a, i), load(b, i)), d, i);
        }
    }

    private static void atan2(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(DoubleMath.atan2(load(a, i), load(b, i)), d, i);
        }
    }
}
