package dev.gradwire.kernel.vector;

import jdk.incubator.vector.FloatVector;

/**
 * Mathematical functions of float vectors of any length: the one door to them for the loops of this package.
 *
 * <p>Within 4 units in the last place of the exact value, the same on every vector length, with the values that C and
 * IEEE 754 give to zeros, infinities, NaN and subnormal numbers. Each result depends on its own lane alone.
 */
final class FloatMath {
    private FloatMath() {}

    static FloatVector exp(FloatVector x) {
        return FloatExponential.exp(x);
    }

    static FloatVector exp2(FloatVector x) {
        return FloatExponential.exp2(x);
    }

    static FloatVector expm1(FloatVector x) {
        return FloatExponential.expm1(x);
    }

    /** 1/(1 + e^−x). */
    static FloatVector sigmoid(FloatVector x) {
        return FloatExponential.sigmoid(x);
    }

    static FloatVector sinh(FloatVector x) {
        try {
            return FloatExponential.sinh(x);
        } catch (Throwable e) {
            throw VectorCalls.unexpected(e);
        }
    }

    static FloatVector cosh(FloatVector x) {
        return FloatExponential.cosh(x);
    }

    static FloatVector tanh(FloatVector x) {
        return FloatExponential.tanh(x);
    }

    static FloatVector log(FloatVector x) {
        return FloatLogarithm.log(x);
    }

    static FloatVector log2(FloatVector x) {
        return FloatLogarithm.log2(x);
    }

    static FloatVector log10(FloatVector x) {
        return FloatLogarithm.log10(x);
    }

    static FloatVector log1p(FloatVector x) {
        try {
            return FloatLogarithm.log1p(x);
        } catch (Throwable e) {
            throw VectorCalls.unexpected(e);
        }
    }

    static FloatVector asinh(FloatVector x) {
        return FloatLogarithm.asinh(x);
    }

    static FloatVector acosh(FloatVector x) {
        return FloatLogarithm.acosh(x);
    }

    static FloatVector atanh(FloatVector x) {
        return FloatLogarithm.atanh(x);
    }

    static FloatVector pow(FloatVector x, FloatVector y) {
        try {
            return FloatPower.pow(x, y);
        } catch (Throwable e) {
            throw VectorCalls.unexpected(e);
        }
    }

    static FloatVector sin(FloatVector x) {
        return FloatTrigonometric.sin(x);
    }

    static FloatVector cos(FloatVector x) {
        return FloatTrigonometric.cos(x);
    }

    static FloatVector tan(FloatVector x) {
        return FloatTrigonometric.tan(x);
    }

    static FloatVector asin(FloatVector x) {
        return FloatTrigonometric.asin(x);
    }

    static FloatVector acos(FloatVector x) {
        return FloatTrigonometric.acos(x);
    }

    static FloatVector atan(FloatVector x) {
        return FloatTrigonometric.atan(x);
    }

    /** The angle of the point (x, y). */
    static FloatVector atan2(FloatVector y, FloatVector x) {
        return FloatTrigonometric.atan2(y, x);
    }

    static FloatVector erf(FloatVector x) {
        return FloatSpecial.erf(x);
    }

    static FloatVector erfc(FloatVector x) {
        try {
            return FloatSpecial.erfc(x);
        } catch (Throwable e) {
            throw VectorCalls.unexpected(e);
        }
    }

    static FloatVector floor(FloatVector x) {
        return FloatRounding.floor(x);
    }

    static FloatVector ceil(FloatVector x) {
        return FloatRounding.ceil(x);
    }

    static FloatVector trunc(FloatVector x) {
        return FloatRounding.trunc(x);
    }

    /** The nearest integer, half to even. */
    static FloatVector rint(FloatVector x) {
        return FloatRounding.rint(x);
    }

    /** −1, 0 or 1; 0 for NaN. */
    static FloatVector sign(FloatVector x) {
        return FloatRounding.sign(x);
    }

    /** 1/√x. */
    static FloatVector rsqrt(FloatVector x) {
        return FloatRounding.rsqrt(x);
    }

    /** The remainder with the sign of x, as C's. */
    static FloatVector fmod(FloatVector x, FloatVector y) {
        return FloatRounding.fmod(x, y);
    }

    /** The remainder with the sign of y. */
    static FloatVector remainder(FloatVector x, FloatVector y) {
        return FloatRounding.remainder(x, y);
    }

    /** NaN if either is. */
    static FloatVector maximum(FloatVector x, FloatVector y) {
        return FloatRounding.maximum(x, y);
    }

    /** NaN if either is. */
    static FloatVector minimum(FloatVector x, FloatVector y) {
        return FloatRounding.minimum(x, y);
    }

    /** ln |Γ(x)|. */
    static FloatVector lgamma(FloatVector x) {
        return FloatGamma.lgamma(x);
    }

    /** Γ'(x)/Γ(x). */
    static FloatVector digamma(FloatVector x) {
        return FloatGamma.digamma(x);
    }
}
