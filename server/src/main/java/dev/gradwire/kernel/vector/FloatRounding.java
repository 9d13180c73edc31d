package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.Floats.withSign;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Rounding, remainders, signs and extremes, for f32. */
final class FloatRounding {
    private static final float TWO_TO_22 = 0x1p22f;
    private static final float TWO_TO_23 = 0x1p23f;

    private FloatRounding() {}

    /** The nearest integer, half to even: what is left of |x| + 2^23. Larger numbers, infinities and NaN are whole. */
    static FloatVector rint(FloatVector x) {
        FloatVector a = x.abs();
        FloatVector r = a.add(TWO_TO_23).sub(TWO_TO_23);
        return withSign(r.blend(a, a.compare(LT, TWO_TO_23).not()), x);
    }

    static FloatVector trunc(FloatVector x) {
        return withSign(floorOfPositive(x.abs()), x);
    }

    private static FloatVector floorOfPositive(FloatVector a) {
        FloatVector r = a.add(TWO_TO_23).sub(TWO_TO_23);
        FloatVector down = r.blend(r.sub(1f), r.compare(GT, a));
        return down.blend(a, a.compare(LT, TWO_TO_23).not());
    }

    static FloatVector floor(FloatVector x) {
        FloatVector r = rint(x);
        return withSign(r.blend(r.sub(1f), r.compare(GT, x)).abs(), x);
    }

    static FloatVector ceil(FloatVector x) {
        FloatVector r = rint(x);
        return withSign(r.blend(r.add(1f), r.compare(LT, x)).abs(), x);
    }

    /** −1, 0 or 1; 0 for NaN. */
    static FloatVector sign(FloatVector x) {
        FloatVector zero = FloatVector.broadcast(x.species(), 0f);
        return zero.blend(1f, x.compare(GT, 0f)).blend(-1f, x.compare(LT, 0f));
    }

    static FloatVector rsqrt(FloatVector x) {
        return FloatVector.broadcast(x.species(), 1f).div(x.sqrt());
    }

    /**
     * x − y·trunc(x/y) without rounding: for quotients below 2^22 one fused step leaves at most one y too much or too
     * little, and each of these differences is representable.
     */
    static FloatVector fmod(FloatVector x, FloatVector y) {
        FloatVector a = x.abs();
        FloatVector b = y.abs();
        FloatVector quotient = a.div(b);
        FloatVector n = floorOfPositive(quotient);
        FloatVector r = n.neg().fma(b, a);
        FloatVector up = r.blend(r.add(b), r.compare(LT, 0f));
        FloatVector result = withSign(up.blend(up.sub(b), up.compare(GE, b)).abs(), x);
        VectorMask<Float> slow = quotient.compare(LT, TWO_TO_22).not().or(b.compare(EQ, Floats.INFINITY));
        if (slow.anyTrue()) {
            float[] lanes = result.toArray();
            fmod(lanes, x.toArray(), y.toArray(), slow.toLong());
            return FloatVector.fromArray(x.species(), lanes, 0);
        }
        return result;
    }

    private static void fmod(float[] result, float[] x, float[] y, long lanes) {
        for (long rest = lanes; rest != 0; rest &= rest - 1) {
            int lane = Long.numberOfTrailingZeros(rest);
            result[lane] = x[lane] % y[lane];
        }
    }

    /** The remainder with the sign of y. */
    static FloatVector remainder(FloatVector x, FloatVector y) {
        FloatVector r = fmod(x, y);
        VectorMask<Float> differ = r.compare(LT, 0f).xor(y.compare(LT, 0f));
        return r.blend(r.add(y), differ.and(r.compare(NE, 0f)));
    }

    static FloatVector maximum(FloatVector x, FloatVector y) {
        return x.max(y);
    }

    static FloatVector minimum(FloatVector x, FloatVector y) {
        return x.min(y);
    }
}
