package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.Floats.exponent;
import static dev.gradwire.kernel.vector.Floats.fraction;
import static dev.gradwire.kernel.vector.Floats.normalized;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;

import java.lang.invoke.MethodHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * Logarithms and inverse hyperbolic functions, for f32.
 *
 * <p>ln x = e·ln 2 + ln m for x = 2^e·m with √½ ≤ m < √2; ln(1 + f) = f − ½f² + f³·q(f) with a minimax polynomial q, as
 * in Cephes' {@code logf}.
 */
final class FloatLogarithm {
    private static final float LN_2 = 0.6931472f;
    private static final float LOG2_E = 1.442695f;
    private static final float LOG10_E = 0.4342945f;
    private static final float LOG10_2 = 0.30103f;

    private static final MethodHandle LOG1P = VectorCalls.of(FloatLogarithm.class, "log1p", FloatVector.class, 1);

    private static final MethodHandle LOG_OF_FRACTION =
            VectorCalls.of(FloatLogarithm.class, "logOfFraction", FloatVector.class, 1);

    private FloatLogarithm() {}

    static FloatVector log(FloatVector x) {
        FloatVector y = normalized(x);
        FloatVector e = exponent(x, y);
        FloatVector m = logOfFraction(fraction(y).sub(1f));
        return special(x, e.fma(broadcast(x.species(), LN_2), m));
    }

    static FloatVector log2(FloatVector x) {
        FloatVector y = normalized(x);
        FloatVector e = exponent(x, y);
        FloatVector m = logOfFraction(fraction(y).sub(1f));
        return special(x, m.fma(broadcast(x.species(), LOG2_E), e));
    }

    static FloatVector log10(FloatVector x) {
        FloatVector y = normalized(x);
        FloatVector e = exponent(x, y);
        FloatVector m = logOfFraction(fraction(y).sub(1f));
        return special(x, e.fma(broadcast(x.species(), LOG10_2), m.mul(LOG10_E)));
    }

    /** ln(1 + f) for √½ − 1 ≤ f < √2 − 1. */
    static FloatVector logOfFraction(FloatVector f) {
        VectorSpecies<Float> s = f.species();
        FloatVector q = broadcast(s, -0.076315f).fma(f, broadcast(s, 0.12758873f));
        q = q.fma(f, broadcast(s, -0.1315999f));
        q = q.fma(f, broadcast(s, 0.14202134f));
        q = q.fma(f, broadcast(s, -0.16623425f));
        q = q.fma(f, broadcast(s, 0.20001213f));
        q = q.fma(f, broadcast(s, -0.2500082f));
        q = q.fma(f, broadcast(s, 0.3333333f));
        q = q.fma(f, broadcast(s, -0.5f));
        return q.fma(f.mul(f), f);
    }

    /** A logarithm's value where x is not a positive finite number. */
    private static FloatVector special(FloatVector x, FloatVector y) {
        FloatVector high = y.blend(x, x.compare(LT, Floats.INFINITY).not());
        FloatVector low = high.blend(Float.NaN, x.compare(LT, 0f));
        return low.blend(-Floats.INFINITY, x.compare(EQ, 0f));
    }

    /**
     * ln(1 + x): the exponent of 1 + x as rounded, with the fraction taken from x itself: f = 2^−e·x + (2^−e − 1) is
     * rounded once.
     */
    static FloatVector log1p(FloatVector x) throws Throwable {
        FloatVector u = x.add(1f);
        FloatVector scale = Floats.inversePower(u);
        FloatVector e = exponent(u, u);
        FloatVector f = x.fma(scale, scale.sub(1f)).blend(fraction(u).sub(1f), x.compare(GT, 0x1p40f));
        FloatVector m = (FloatVector) LOG_OF_FRACTION.invokeExact(f);
        FloatVector y = e.fma(broadcast(x.species(), LN_2), m);
        y = y.blend(x, x.compare(LT, Floats.INFINITY).not());
        y = y.blend(Float.NaN, x.compare(LT, -1f));
        y = y.blend(-Floats.INFINITY, x.compare(EQ, -1f));
        // The sum with 0·ln 2 loses the sign of zero.
        return y.blend(x, x.abs().compare(LT, 0x1p-25f));
    }

    /** asinh|x| = ln(1 + |x| + x²/(1 + √(x² + 1))); for large |x| ln 2 + ln(1 + |x|). */
    static FloatVector asinh(FloatVector x) {
        IntVector sign = Floats.sign(x);
        FloatVector a = x.abs();
        FloatVector z = a.mul(a);
        FloatVector t = a.add(z.div(z.add(1f).sqrt().add(1f)));
        return logOfSum(a, t).reinterpretAsInts().or(sign).reinterpretAsFloats();
    }

    /** acosh x = ln(1 + t + √(2t + t²)) for t = x − 1; for large x as asinh. */
    static FloatVector acosh(FloatVector x) {
        FloatVector t = x.sub(1f);
        FloatVector y = logOfSum(x, t.add(t.fma(t, t.add(t)).sqrt()));
        return y.blend(Float.NaN, x.compare(LT, 1f));
    }

    /** ln(1 + t), or ln 2 + ln(1 + a) where a is so large that its square might overflow. */
    private static FloatVector logOfSum(FloatVector a, FloatVector t) {
        VectorMask<Float> large = a.compare(GT, 0x1p28f);
        FloatVector more = broadcast(a.species(), 0f).blend(LN_2, large);
        FloatVector y = VectorCalls.call(LOG1P, t.blend(a, large));
        return y.add(more);
    }

    /** atanh|x| = ½ ln(1 + 2|x|/(1 − |x|)). */
    static FloatVector atanh(FloatVector x) {
        IntVector sign = Floats.sign(x);
        FloatVector a = x.abs();
        FloatVector t = a.add(a).div(broadcast(x.species(), 1f).sub(a));
        FloatVector y = VectorCalls.call(LOG1P, t);
        return y.mul(0.5f).reinterpretAsInts().or(sign).reinterpretAsFloats();
    }
}
