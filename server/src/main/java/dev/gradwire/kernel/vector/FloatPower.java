package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.Floats.exponent;
import static dev.gradwire.kernel.vector.Floats.fraction;
import static dev.gradwire.kernel.vector.Floats.normalized;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;

import java.lang.invoke.MethodHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/** Powers, for f32. */
final class FloatPower {
    /** ln 2 to 16 bits, so that a multiple of it by an exponent is exact, and the rest. */
    private static final float LN_2_SHORT = 0.69314575f;

    private static final float LN_2_REST = 1.4286068e-6f;

    private static final MethodHandle POWER = VectorCalls.of(FloatPower.class, "power", FloatVector.class, 3);
    private static final MethodHandle SPECIAL = VectorCalls.of(FloatPower.class, "special", FloatVector.class, 3);

    private FloatPower() {}

    /**
     * x^y = e^(y·ln x), with ln x and the product as sums of two floats: ln m = 2 artanh t for t = (m − 1)/(m + 1), by
     * which only a hundredth of it is rounded to one float.
     */
    static FloatVector pow(FloatVector x, FloatVector y) throws Throwable {
        VectorSpecies<Float> s = x.species();
        FloatVector a = x.abs();
        FloatVector n = normalized(a);
        FloatVector e = exponent(a, n);
        FloatVector f = fraction(n).sub(1f);
        FloatVector d = f.add(2f);
        FloatVector inverse = broadcast(s, 1f).div(d);
        FloatVector t = f.mul(inverse);
        FloatVector left = t.neg().fma(f.sub(d.sub(2f)), t.neg().fma(d, f));
        FloatVector w = t.mul(t);
        FloatVector twice = t.add(t);
        FloatVector series = broadcast(s, 0.11792076f).fma(w, broadcast(s, 0.14268617f));
        series = series.fma(w, broadcast(s, 0.20000167f));
        series = series.fma(w, broadcast(s, 0.3333333f));
        FloatVector tail = series.mul(w).fma(twice, left.mul(inverse).mul(2f));
        FloatVector head = e.mul(LN_2_SHORT);
        FloatVector sum = head.add(twice);
        FloatVector small =
                e.fma(broadcast(s, LN_2_REST), tail).add(head.sub(sum).add(twice));
        FloatVector log = sum.add(small);
        FloatVector p = (FloatVector) POWER.invokeExact(y, log, sum.sub(log).add(small));
        return (FloatVector) SPECIAL.invokeExact(x, y, p);
    }

    /** |x|^y for ln|x| = log + low. */
    static FloatVector power(FloatVector y, FloatVector log, FloatVector low) {
        // Beyond this the result is 0, 1 or ∞ as well, and no product overflows.
        FloatVector z = Floats.clamp(y, -0x1p40f, 0x1p40f);
        FloatVector product = z.mul(log);
        FloatVector productLow = z.fma(log, product.neg()).add(z.mul(low));
        return FloatExponential.expOfSum(product, productLow);
    }

    /** The cases that C lists (annex F.10.4.4), laid over |x|^y for finite |x| > 0. */
    static FloatVector special(FloatVector x, FloatVector y, FloatVector power) {
        FloatVector half = y.mul(0.5f);
        VectorMask<Float> fractional = FloatRounding.rint(y).compare(NE, y);
        VectorMask<Float> even = FloatRounding.rint(half).compare(EQ, half);
        FloatVector a = x.abs();
        VectorMask<Float> zero = a.compare(EQ, 0f);
        VectorMask<Float> infinite = a.compare(EQ, Floats.INFINITY);
        VectorMask<Float> negative = y.compare(LT, 0f);
        FloatVector p = power.blend(0f, zero.or(infinite));
        p = p.blend(Floats.INFINITY, zero.and(negative).or(infinite.andNot(negative)));
        // The sign of x where y is odd: −0 counts as negative.
        FloatVector signed = p.reinterpretAsInts()
                .or(x.reinterpretAsInts().and(Integer.MIN_VALUE))
                .reinterpretAsFloats();
        p = signed.blend(p, even.or(fractional));
        p = p.blend(Float.NaN, x.compare(LT, 0f).andNot(infinite).and(fractional));
        p = p.blend(Float.NaN, x.compare(NE, x).or(y.compare(NE, y)));
        return p.blend(1f, y.compare(EQ, 0f).or(x.compare(EQ, 1f)));
    }
}
