package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.Doubles.exponent;
import static dev.gradwire.kernel.vector.Doubles.fraction;
import static dev.gradwire.kernel.vector.Doubles.normalized;
import static dev.gradwire.kernel.vector.Doubles.withSign;
import static jdk.incubator.vector.DoubleVector.broadcast;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.EXP;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LOG;
import static jdk.incubator.vector.VectorOperators.LOG1P;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.POW;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;

/**
 * Elementary functions for f64 that the JDK's vector operators lack or define otherwise than C. Those operators call a
 * vector library that comes with the JDK (SVML on x86-64, SLEEF on AArch64) and are good to an ulp.
 */
final class DoubleElementary {
    private static final double LN_2 = 0.6931471805599453;
    private static final double LOG2_E = 1.4426950408889634;

    private DoubleElementary() {}

    /** 2^n·e^(r·ln 2) with n = ⌊x⌉ and r = x − n: exact for integers. */
    static DoubleVector exp2(DoubleVector x) {
        DoubleVector a = Doubles.clamp(x, -1077.0, 1025.0);
        DoubleVector rounded = a.add(Doubles.ROUNDER);
        DoubleVector r = a.sub(rounded.sub(Doubles.ROUNDER)).mul(LN_2);
        return Doubles.scale(r.lanewise(EXP), rounded.reinterpretAsLongs().sub(Doubles.ROUNDER_BITS));
    }

    /** e + ln m/ln 2 for x = 2^e·m with √½ ≤ m < √2: exact for powers of two. */
    static DoubleVector log2(DoubleVector x) {
        DoubleVector y = normalized(x);
        DoubleVector e = exponent(x, y);
        DoubleVector r = fraction(y).lanewise(LOG).fma(broadcast(x.species(), LOG2_E), e);
        DoubleVector high = r.blend(x, x.compare(LT, Doubles.INFINITY).not());
        DoubleVector low = high.blend(Double.NaN, x.compare(LT, 0.0));
        return low.blend(-Doubles.INFINITY, x.compare(EQ, 0.0));
    }

    /** 1/(1 + e^−x), by e^−|x| so that the tail towards −∞ does not vanish early. */
    static DoubleVector sigmoid(DoubleVector x) {
        DoubleVector e = x.abs().neg().lanewise(EXP);
        DoubleVector numerator = e.blend(1.0, x.compare(LT, 0.0).not());
        return numerator.div(e.add(1.0));
    }

    /** Where C's annex F.10.4.4 gives 1 and Java NaN: 1^NaN and (±1)^±∞. */
    static DoubleVector pow(DoubleVector x, DoubleVector y) {
        VectorMask<Double> unit = x.abs().compare(EQ, 1.0).and(y.abs().compare(EQ, Doubles.INFINITY));
        return x.lanewise(POW, y).blend(1.0, unit.or(x.compare(EQ, 1.0)));
    }

    /** asinh|x| = ln(1 + |x| + x²/(1 + √(x² + 1))); for large |x| ln 2 + ln(1 + |x|). */
    static DoubleVector asinh(DoubleVector x) {
        DoubleVector a = x.abs();
        DoubleVector z = a.mul(a);
        DoubleVector t = a.add(z.div(z.add(1.0).sqrt().add(1.0)));
        return withSign(logOfSum(a, t), x);
    }

    /** acosh x = ln(1 + t + √(2t + t²)) for t = x − 1; for large x as asinh. */
    static DoubleVector acosh(DoubleVector x) {
        DoubleVector t = x.sub(1.0);
        DoubleVector y = logOfSum(x, t.add(t.fma(t, t.add(t)).sqrt()));
        return y.blend(Double.NaN, x.compare(LT, 1.0));
    }

    /** ln(1 + t), or ln 2 + ln(1 + a) where a is so large that its square might overflow. */
    private static DoubleVector logOfSum(DoubleVector a, DoubleVector t) {
        VectorMask<Double> large = a.compare(GT, 0x1p60);
        DoubleVector more = broadcast(a.species(), 0.0).blend(LN_2, large);
        return t.blend(a, large).lanewise(LOG1P).add(more);
    }

    /** atanh|x| = ½ ln(1 + 2|x|/(1 − |x|)). */
    static DoubleVector atanh(DoubleVector x) {
        DoubleVector a = x.abs();
        DoubleVector t = a.add(a).div(broadcast(x.species(), 1.0).sub(a));
        return withSign(t.lanewise(LOG1P).mul(0.5), x);
    }
}
