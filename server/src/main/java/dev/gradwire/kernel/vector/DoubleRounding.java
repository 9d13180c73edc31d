package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.Doubles.withSign;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;

/** Rounding, remainders, signs and extremes, for f64. */
final class DoubleRounding {
    private static final double TWO_TO_51 = 0x1p51;
    private static final double TWO_TO_52 = 0x1p52;

    private DoubleRounding() {}

    /** The nearest integer, half to even: what is left of |x| + 2^52. Larger numbers, infinities and NaN are whole. */
    static DoubleVector rint(DoubleVector x) {
        DoubleVector a = x.abs();
        DoubleVector r = a.add(TWO_TO_52).sub(TWO_TO_52);
        return withSign(r.blend(a, a.compare(LT, TWO_TO_52).not()), x);
    }

    static DoubleVector trunc(DoubleVector x) {
        return withSign(floorOfPositive(x.abs()), x);
    }

    private static DoubleVector floorOfPositive(DoubleVector a) {
        DoubleVector r = a.add(TWO_TO_52).sub(TWO_TO_52);
        DoubleVector down = r.blend(r.sub(1.0), r.compare(GT, a));
        return down.blend(a, a.compare(LT, TWO_TO_52).not());
    }

    static DoubleVector floor(DoubleVector x) {
        DoubleVector r = rint(x);
        return withSign(r.blend(r.sub(1.0), r.compare(GT, x)).abs(), x);
    }

    static DoubleVector ceil(DoubleVector x) {
        DoubleVector r = rint(x);
        return withSign(r.blend(r.add(1.0), r.compare(LT, x)).abs(), x);
    }

    /** −1, 0 or 1; 0 for NaN. */
    static DoubleVector sign(DoubleVector x) {
        DoubleVector zero = DoubleVector.broadcast(x.species(), 0.0);
        return zero.blend(1.0, x.compare(GT, 0.0)).blend(-1.0, x.compare(LT, 0.0));
    }

    static DoubleVector rsqrt(DoubleVector x) {
        return DoubleVector.broadcast(x.species(), 1.0).div(x.sqrt());
    }

    /**
     * x − y·trunc(x/y) without rounding: for quotients below 2^51 one fused step leaves at most one y too much or too
     * little, and each of these differences is representable.
     */
    static DoubleVector fmod(DoubleVector x, DoubleVector y) {
        DoubleVector a = x.abs();
        DoubleVector b = y.abs();
        DoubleVector quotient = a.div(b);
        DoubleVector n = floorOfPositive(quotient);
        DoubleVector r = n.neg().fma(b, a);
        DoubleVector up = r.blend(r.add(b), r.compare(LT, 0.0));
        DoubleVector result = withSign(up.blend(up.sub(b), up.compare(GE, b)).abs(), x);
        VectorMask<Double> slow = quotient.compare(LT, TWO_TO_51).not().or(b.compare(EQ, Doubles.INFINITY));
        if (slow.anyTrue()) {
            double[] lanes = result.toArray();
            fmod(lanes, x.toArray(), y.toArray(), slow.toLong());
            return DoubleVector.fromArray(x.species(), lanes, 0);
        }
        return result;
    }

    private static void fmod(double[] result, double[] x, double[] y, long lanes) {
        for (long rest = lanes; rest != 0; rest &= rest - 1) {
            int lane = Long.numberOfTrailingZeros(rest);
            result[lane] = x[lane] % y[lane];
        }
    }

    /** The remainder with the sign of y. */
    static DoubleVector remainder(DoubleVector x, DoubleVector y) {
        DoubleVector r = fmod(x, y);
        VectorMask<Double> differ = r.compare(LT, 0.0).xor(y.compare(LT, 0.0));
        return r.blend(r.add(y), differ.and(r.compare(NE, 0.0)));
    }

    static DoubleVector maximum(DoubleVector x, DoubleVector y) {
        return x.max(y);
    }

    static DoubleVector minimum(DoubleVector x, DoubleVector y) {
        return x.min(y);
    }
}
