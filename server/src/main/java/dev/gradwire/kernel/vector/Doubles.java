package dev.gradwire.kernel.vector;

import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;

import java.util.function.DoubleUnaryOperator;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;

/** What the functions of {@link DoubleMath} are made of; see {@link Floats} for how they must be written. */
final class Doubles {
    /** Added to a number below 2^51 it leaves the nearest integer (half to even) in the lowest bits. */
    static final double ROUNDER = 0x1.8p52;

    static final long ROUNDER_BITS = 0x4338000000000000L;
    static final double INFINITY = Double.POSITIVE_INFINITY;
    private static final long SIGN = Long.MIN_VALUE;
    private static final long MANTISSA = 0xFFFFFFFFFFFFFL;

    /** The bits of √½, where {@link #fraction} begins. */
    private static final long LEAST_FRACTION = 0x3FE6A09E667F3BCDL;

    private static final double TWO_TO_52 = 0x1p52;

    private Doubles() {}

    /** The sign bit alone. */
    static LongVector sign(DoubleVector x) {
        return x.reinterpretAsLongs().and(SIGN);
    }

    /** A number of no sign with the sign of another. */
    static DoubleVector withSign(DoubleVector magnitude, DoubleVector signed) {
        LongVector sign = signed.reinterpretAsLongs().and(SIGN);
        return magnitude.reinterpretAsLongs().or(sign).reinterpretAsDoubles();
    }

    /** x, or the nearer bound; NaN stays. */
    static DoubleVector clamp(DoubleVector x, double low, double high) {
        DoubleVector raised = x.blend(low, x.compare(LT, low));
        return raised.blend(high, x.compare(GT, high));
    }

    /** x times 2^52 where it is subnormal, which the functions of exponent and fraction need. */
    static DoubleVector normalized(DoubleVector x) {
        return x.blend(x.mul(TWO_TO_52), x.compare(LT, Double.MIN_NORMAL));
    }

    /** The exponent e of x = 2^e·m with √½ ≤ m < √2; y is x {@link #normalized}. */
    static DoubleVector exponent(DoubleVector x, DoubleVector y) {
        // An integer written into the mantissa of 2^52 needs no conversion.
        LongVector biased = offset(y).lanewise(LSHR, 52).or(0x4330000000000000L);
        DoubleVector e = biased.reinterpretAsDoubles().sub(TWO_TO_52 + 1023);
        return e.blend(e.sub(52.0), x.compare(LT, Double.MIN_NORMAL));
    }

    /** The fraction m of y = 2^e·m with √½ ≤ m < √2. */
    static DoubleVector fraction(DoubleVector y) {
        return offset(y).and(MANTISSA).add(LEAST_FRACTION).reinterpretAsDoubles();
    }

    private static LongVector offset(DoubleVector y) {
        return y.reinterpretAsLongs().sub(LEAST_FRACTION - (1023L << 52));
    }

    /** p·2^n for −1100 ≤ n ≤ 1030, in two steps so that neither overflows alone and subnormal results round once. */
    static DoubleVector scale(DoubleVector p, LongVector n) {
        LongVector biased = n.add(2 * 1023);
        LongVector half = biased.lanewise(LSHR, 1);
        DoubleVector first = half.lanewise(LSHL, 52).reinterpretAsDoubles();
        DoubleVector second = biased.sub(half).lanewise(LSHL, 52).reinterpretAsDoubles();
        return p.mul(first).mul(second);
    }

    /** y, but with the slow function's results in the lanes that are marked; see {@link Floats#patched}. */
    static DoubleVector patched(DoubleVector y, DoubleVector x, VectorMask<Double> marked, DoubleUnaryOperator slow) {
        double[] lanes = y.toArray();
        patch(lanes, x.toArray(), marked.toLong(), slow);
        return DoubleVector.fromArray(y.species(), lanes, 0);
    }

    private static void patch(double[] y, double[] x, long marked, DoubleUnaryOperator slow) {
        for (long rest = marked; rest != 0; rest &= rest - 1) {
            int lane = Long.numberOfTrailingZeros(rest);
            y[lane] = slow.applyAsDouble(x[lane]);
        }
    }
}
