package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.Floats.clamp;
import static dev.gradwire.kernel.vector.Floats.withSign;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;

import java.lang.invoke.MethodHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The exponential and what is made of it, for f32.
 *
 * <p>e^x = 2^n·e^r with n = ⌊x/ln 2⌉ and r = x − n·ln 2 with ln 2 in two parts (Cody and Waite, Software Manual for the
 * Elementary Functions, 1980); e^r − 1 is a minimax polynomial on |r| ≤ ½ ln 2.
 */
final class FloatExponential {
    private static final float LOG2_E = 1.442695f;
    private static final float LN_2 = 0.6931472f;
    private static final float LN_2_LOW = -1.9046542e-9f;
    private static final MethodHandle HALF_EXP =
            VectorCalls.of(FloatExponential.class, "halfExp", FloatVector.class, 1);

    private FloatExponential() {}

    static FloatVector exp(FloatVector x) {
        FloatVector a = clamp(x, -105f, 91f);
        FloatVector rounded = rounded(a);
        return exp(rest(a, rounded), rounded, 0);
    }

    /** ½e^x, which may be finite where e^x is not. */
    static FloatVector halfExp(FloatVector x) {
        FloatVector a = clamp(x, -105f, 91f);
        FloatVector rounded = rounded(a);
        return exp(rest(a, rounded), rounded, -1);
    }

    /** 2^x, exact for integers. */
    static FloatVector exp2(FloatVector x) {
        FloatVector a = clamp(x, -152f, 130f);
        FloatVector rounded = a.add(Floats.ROUNDER);
        FloatVector r = a.sub(rounded.sub(Floats.ROUNDER)).mul(LN_2);
        return exp(r, rounded, 0);
    }

    /** e^(high + low) for |low| far below |high|, where low counts only if high neither over- nor underflows. */
    static FloatVector expOfSum(FloatVector high, FloatVector low) {
        FloatVector a = clamp(high, -105f, 91f);
        FloatVector rounded = rounded(a);
        FloatVector part = low.blend(0f, a.compare(NE, high));
        return exp(rest(a, rounded).add(part), rounded, 0);
    }

    /** ⌊x/ln 2⌉ in the lowest bits of {@link Floats#ROUNDER}. */
    private static FloatVector rounded(FloatVector x) {
        return x.fma(broadcast(x.species(), LOG2_E), broadcast(x.species(), Floats.ROUNDER));
    }

    private static FloatVector rest(FloatVector x, FloatVector rounded) {
        VectorSpecies<Float> s = x.species();
        FloatVector n = rounded.sub(Floats.ROUNDER);
        return n.fma(broadcast(s, -LN_2_LOW), n.fma(broadcast(s, -LN_2), x));
    }

    /**
     * e^r·2^(n + shift). The power is applied in two steps, so that neither overflows alone and subnormal results round
     * once.
     */
    private static FloatVector exp(FloatVector r, FloatVector rounded, int shift) {
        VectorSpecies<Float> s = r.species();
        FloatVector q = broadcast(s, 0.0013951452f).fma(r, broadcast(s, 0.008368981f));
        q = q.fma(r, broadcast(s, 0.04166619f));
        q = q.fma(r, broadcast(s, 0.16666518f));
        q = q.fma(r, broadcast(s, 0.5f));
        FloatVector p = q.fma(r.mul(r), r).add(1f);
        IntVector biased = rounded.reinterpretAsInts().sub(Floats.ROUNDER_BITS - 2 * 127 - shift);
        IntVector half = biased.lanewise(ASHR, 1);
        FloatVector first = half.lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector second = biased.sub(half).lanewise(LSHL, 23).reinterpretAsFloats();
        return p.mul(first).mul(second);
    }

    /** e^x − 1 = 2(t(e^r − 1) + (t − ½)) with t = 2^(n−1), which overflows no sooner than the result. */
    static FloatVector expm1(FloatVector x) {
        VectorSpecies<Float> s = x.species();
        FloatVector a = clamp(x, -20f, 89f);
        FloatVector rounded = rounded(a);
        FloatVector r = rest(a, rounded);
        FloatVector q = broadcast(s, 0.00019905457f).fma(r, broadcast(s, 0.001394132f));
        q = q.fma(r, broadcast(s, 0.008333288f));
        q = q.fma(r, broadcast(s, 0.04166635f));
        q = q.fma(r, broadcast(s, 0.16666667f));
        q = q.fma(r, broadcast(s, 0.5f));
        FloatVector em1 = q.fma(r.mul(r), r);
        IntVector exponent = rounded.reinterpretAsInts().sub(Floats.ROUNDER_BITS - 126);
        FloatVector t = exponent.lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector y = em1.fma(t, t.sub(0.5f));
        // Here the formula would lose a subnormal's last bit and the sign of zero.
        return y.add(y).blend(x, x.abs().compare(LT, 0x1p-25f));
    }

    /** 1/(1 + e^−x), by e^−|x| so that the tail towards −∞ does not vanish early. */
    static FloatVector sigmoid(FloatVector x) {
        FloatVector e = exp(x.abs().neg());
        FloatVector numerator = e.blend(1f, x.compare(LT, 0f).not());
        return numerator.div(e.add(1f));
    }

    /**
     * 2t/(1 + t²) for t = tanh ½x = ½x·p(x²)/q(x²), a rational minimax approximation: what t is off by vanishes as the
     * result approaches 1. From 9.1 on the nearest float is 1.
     */
    static FloatVector tanh(FloatVector x) {
        VectorSpecies<Float> s = x.species();
        FloatVector magnitude = x.abs();
        VectorMask<Float> beyond = magnitude.compare(GT, 9.1f);
        FloatVector a = magnitude.blend(9.1f, beyond);
        FloatVector z = a.mul(a);
        FloatVector p = broadcast(s, 0.00011434729f).fma(z, broadcast(s, 0.029778017f));
        FloatVector n = p.fma(a.mul(z), a);
        FloatVector q = broadcast(s, 1.2309872e-6f).fma(z, broadcast(s, 0.0012069994f));
        q = q.fma(z, broadcast(s, 0.11311131f));
        q = q.fma(z, broadcast(s, 1f));
        FloatVector y = n.mul(q).div(q.fma(q, n.mul(0.25f).mul(n)));
        return withSign(y.blend(1f, y.compare(GT, 1f).or(beyond)), x);
    }

    /** ½e^|x| − ¼/(½e^|x|); below 1 an odd minimax polynomial. */
    static FloatVector sinh(FloatVector x) throws Throwable {
        VectorSpecies<Float> s = x.species();
        IntVector sign = Floats.sign(x);
        FloatVector a = x.abs();
        FloatVector h = (FloatVector) HALF_EXP.invokeExact(a);
        FloatVector z = a.mul(a);
        FloatVector p = broadcast(s, 2.8169627e-6f).fma(z, broadcast(s, 0.00019836161f));
        p = p.fma(z, broadcast(s, 0.00833335f));
        p = p.fma(z, broadcast(s, 0.16666667f));
        FloatVector small = p.fma(z.mul(a), a);
        FloatVector y = h.sub(broadcast(s, 0.25f).div(h));
        FloatVector magnitude = y.blend(small, a.compare(LT, 1f));
        return magnitude.reinterpretAsInts().or(sign).reinterpretAsFloats();
    }

    static FloatVector cosh(FloatVector x) {
        FloatVector h = halfExp(x.abs());
        return h.add(broadcast(x.species(), 0.25f).div(h));
    }
}
