package dev.gradwire.kernel.vector;

import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.util.function.DoubleUnaryOperator;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/**
 * What the functions of {@link FloatMath} are made of.
 *
 * <p>The compiler has to inline a function whole into the loop that calls it, for a vector that stays a call's argument
 * is an object in memory; and it stops inlining once it has parsed some forty vector operations (C2's
 * NodeCountInliningCutoff), those of the Vector API itself excepted. So the helpers here are called early in a function,
 * polynomials are written out, and what has to come late is called through {@link VectorCalls}.
 */
final class Floats {
    /** Added to a number below 2^22 it leaves the nearest integer (half to even) in the lowest bits. */
    static final float ROUNDER = 0x1.8p23f;

    static final int ROUNDER_BITS = 0x4B400000;
    static final float INFINITY = Float.POSITIVE_INFINITY;
    private static final int SIGN = Integer.MIN_VALUE;
    private static final int MANTISSA = 0x7FFFFF;

    /** The bits of √½, where {@link #fraction} begins. */
    private static final int LEAST_FRACTION = 0x3F3504F3;

    private static final float TWO_TO_23 = 0x1p23f;

    private Floats() {}

    /** The sign bit alone. */
    static IntVector sign(FloatVector x) {
        return x.reinterpretAsInts().and(SIGN);
    }

    /** A number of no sign with the sign of another. */
    static FloatVector withSign(FloatVector magnitude, FloatVector signed) {
        IntVector sign = signed.reinterpretAsInts().and(SIGN);
        return magnitude.reinterpretAsInts().or(sign).reinterpretAsFloats();
    }

    /** x with its sign changed where the lowest bit of n is set. */
    static FloatVector negateIfOdd(FloatVector x, IntVector n) {
        return x.reinterpretAsInts().lanewise(XOR, n.lanewise(LSHL, 31)).reinterpretAsFloats();
    }

    /** x, or the nearer bound; NaN stays. */
    static FloatVector clamp(FloatVector x, float low, float high) {
        FloatVector raised = x.blend(low, x.compare(LT, low));
        return raised.blend(high, x.compare(GT, high));
    }

    /** x times 2^23 where it is subnormal, which the functions of exponent and fraction need. */
    static FloatVector normalized(FloatVector x) {
        return x.blend(x.mul(TWO_TO_23), x.compare(LT, Float.MIN_NORMAL));
    }

    /** The exponent e of x = 2^e·m with √½ ≤ m < √2; y is x {@link #normalized}. */
    static FloatVector exponent(FloatVector x, FloatVector y) {
        // An integer written into the mantissa of 2^23 needs no conversion.
        FloatVector e = offset(y).lanewise(LSHR, 23).or(0x4B000000).reinterpretAsFloats();
        FloatVector unbiased = e.sub(TWO_TO_23 + 127);
        return unbiased.blend(unbiased.sub(23f), x.compare(LT, Float.MIN_NORMAL));
    }

    /** The fraction m of y = 2^e·m with √½ ≤ m < √2. */
    static FloatVector fraction(FloatVector y) {
        return offset(y).and(MANTISSA).add(LEAST_FRACTION).reinterpretAsFloats();
    }

    /** 2^−e for the exponent e of y, where −126 ≤ e ≤ 126. */
    static FloatVector inversePower(FloatVector y) {
        return offset(y).lanewise(LSHR, 23).neg().add(254).lanewise(LSHL, 23).reinterpretAsFloats();
    }

    private static IntVector offset(FloatVector y) {
        return y.reinterpretAsInts().sub(LEAST_FRACTION - (127 << 23));
    }

    /**
     * y, but with the slow function's results in the lanes that are marked.
     *
     * <p>The lanes go through arrays, so that the compiler can join both ways without making an object of y.
     */
    static FloatVector patched(FloatVector y, FloatVector x, VectorMask<Float> marked, DoubleUnaryOperator slow) {
        float[] lanes = y.toArray();
        patch(lanes, x.toArray(), marked.toLong(), slow);
        return FloatVector.fromArray(y.species(), lanes, 0);
    }

    private static void patch(float[] y, float[] x, long marked, DoubleUnaryOperator slow) {
        for (long rest = marked; rest != 0; rest &= rest - 1) {
            int lane = Long.numberOfTrailingZeros(rest);
            y[lane] = (float) slow.applyAsDouble(x[lane]);
        }
    }
}
