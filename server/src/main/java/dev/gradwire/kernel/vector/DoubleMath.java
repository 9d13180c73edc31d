package dev.gradwire.kernel.vector;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Mathematical functions of double vectors of any length: the one door to them for the loops of this package.
 *
 * <p>Within 4 units in the last place of the exact value, within 2 where the JDK's vector library computes it; near the
 * zeros of lgamma and digamma at negative arguments as close as the rounding of their terms allows. Zeros, infinities, NaN
 * and subnormal numbers give what C and IEEE 754 say. Each result depends on its own lane alone, but the library may round
 * differently for another vector length.
 */
final class DoubleMath {
    private DoubleMath() {}

    static DoubleVector exp(DoubleVector x) {
        return x.lanewise(VectorOperators.EXP);
    }

    static DoubleVector exp2(DoubleVector x) {
        return DoubleElementary.exp2(x);
    }

    static DoubleVector expm1(DoubleVector x) {
        return x.lanewise(VectorOperators.EXPM1);
    }

    /** 1/(1 + e^−x). */
    static DoubleVector sigmoid(DoubleVector x) {
        return DoubleElementary.sigmoid(x);
    }

    static DoubleVector sinh(DoubleVector x) {
        return x.lanewise(VectorOperators.SINH);
    }

    static DoubleVector cosh(DoubleVector x) {
        return x.lanewise(VectorOperators.COSH);
    }

    static DoubleVector tanh(DoubleVector x) {
        return x.lanewise(VectorOperators.TANH);
    }

    static DoubleVector log(DoubleVector x) {
        return x.lanewise(VectorOperators.LOG);
    }

    static DoubleVector log2(DoubleVector x) {
        return DoubleElementary.log2(x);
    }

    static DoubleVector log10(DoubleVector x) {
        return x.lanewise(VectorOperators.LOG10);
    }

    static DoubleVector log1p(DoubleVector x) {
        return x.lanewise(VectorOperators.LOG1P);
    }

    static DoubleVector asinh(DoubleVector x) {
        return DoubleElementary.asinh(x);
    }

    static DoubleVector acosh(DoubleVector x) {
        return DoubleElementary.acosh(x);
    }

    static DoubleVector atanh(DoubleVector x) {
        return DoubleElementary.atanh(x);
    }

    static DoubleVector pow(DoubleVector x, DoubleVector y) {
        return DoubleElementary.pow(x, y);
    }

    static DoubleVector sin(DoubleVector x) {
        return x.lanewise(VectorOperators.SIN);
    }

    static DoubleVector cos(DoubleVector x) {
        return x.lanewise(VectorOperators.COS);
    }

    static DoubleVector tan(DoubleVector x) {
        return x.lanewise(VectorOperators.TAN);
    }

    static DoubleVector asin(DoubleVector x) {
        return x.lanewise(VectorOperators.ASIN);
    }

    static DoubleVector acos(DoubleVector x) {
        return x.lanewise(VectorOperators.ACOS);
    }

    static DoubleVector atan(DoubleVector x) {
        return x.lanewise(VectorOperators.ATAN);
    }

    /** The angle of the point (x, y). */
    static DoubleVector atan2(DoubleVector y, DoubleVector x) {
        return y.lanewise(VectorOperators.ATAN2, x);
    }

    static DoubleVector erf(DoubleVector x) {
        return DoubleSpecial.erf(x);
    }

    static DoubleVector erfc(DoubleVector x) {
        return DoubleSpecial.erfc(x);
    }

    static DoubleVector floor(DoubleVector x) {
        return DoubleRounding.floor(x);
    }

    static DoubleVector ceil(DoubleVector x) {
        return DoubleRounding.ceil(x);
    }

    static DoubleVector trunc(DoubleVector x) {
        return DoubleRounding.trunc(x);
    }

    /** The nearest integer, half to even. */
    static DoubleVector rint(DoubleVector x) {
        return DoubleRounding.rint(x);
    }

    /** −1, 0 or 1; 0 for NaN. */
    static DoubleVector sign(DoubleVector x) {
        return DoubleRounding.sign(x);
    }

    /** 1/√x. */
    static DoubleVector rsqrt(DoubleVector x) {
        return DoubleRounding.rsqrt(x);
    }

    /** The remainder with the sign of x, as C's. */
    static DoubleVector fmod(DoubleVector x, DoubleVector y) {
        return DoubleRounding.fmod(x, y);
    }

    /** The remainder with the sign of y. */
    static DoubleVector remainder(DoubleVector x, DoubleVector y) {
        return DoubleRounding.remainder(x, y);
    }

    /** NaN if either is. */
    static DoubleVector maximum(DoubleVector x, DoubleVector y) {
        return DoubleRounding.maximum(x, y);
    }

    /** NaN if either is. */
    static DoubleVector minimum(DoubleVector x, DoubleVector y) {
        return DoubleRounding.minimum(x, y);
    }

    /** ln |Γ(x)|. */
    static DoubleVector lgamma(DoubleVector x) {
        return DoubleGamma.lgamma(x);
    }

    /** Γ'(x)/Γ(x). */
    static DoubleVector digamma(DoubleVector x) {
        return DoubleGamma.digamma(x);
    }
}
