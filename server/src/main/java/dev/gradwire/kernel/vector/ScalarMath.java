package dev.gradwire.kernel.vector;

/**
 * The functions of {@link FloatMath} and {@link DoubleMath} for one number, without the Vector API: for a Java runtime
 * that lacks it and for single lanes. The f32 form rounds the f64 result.
 */
final class ScalarMath {
    private ScalarMath() {}

    static double exp(double x) {
        return Math.exp(x);
    }

    static float exp(float x) {
        return (float) exp((double) x);
    }

    static double exp2(double x) {
        return Math.pow(2, x);
    }

    static float exp2(float x) {
        return (float) exp2((double) x);
    }

    static double expm1(double x) {
        return Math.expm1(x);
    }

    static float expm1(float x) {
        return (float) expm1((double) x);
    }

    static double log(double x) {
        return Math.log(x);
    }

    static float log(float x) {
        return (float) log((double) x);
    }

    static double log2(double x) {
        return binaryLog(x);
    }

    static float log2(float x) {
        return (float) log2((double) x);
    }

    static double log10(double x) {
        return Math.log10(x);
    }

    static float log10(float x) {
        return (float) log10((double) x);
    }

    static double log1p(double x) {
        return Math.log1p(x);
    }

    static float log1p(float x) {
        return (float) log1p((double) x);
    }

    static double sin(double x) {
        return Math.sin(x);
    }

    static float sin(float x) {
        return (float) sin((double) x);
    }

    static double cos(double x) {
        return Math.cos(x);
    }

    static float cos(float x) {
        return (float) cos((double) x);
    }

    static double tan(double x) {
        return Math.tan(x);
    }

    static float tan(float x) {
        return (float) tan((double) x);
    }

    static double asin(double x) {
        return Math.asin(x);
    }

    static float asin(float x) {
        return (float) asin((double) x);
    }

    static double acos(double x) {
        return Math.acos(x);
    }

    static float acos(float x) {
        return (float) acos((double) x);
    }

    static double atan(double x) {
        return Math.atan(x);
    }

    static float atan(float x) {
        return (float) atan((double) x);
    }

    static double sinh(double x) {
        return Math.sinh(x);
    }

    static float sinh(float x) {
        return (float) sinh((double) x);
    }

    static double cosh(double x) {
        return Math.cosh(x);
    }

    static float cosh(float x) {
        return (float) cosh((double) x);
    }

    static double tanh(double x) {
        return Math.tanh(x);
    }

    static float tanh(float x) {
        return (float) tanh((double) x);
    }

    static double asinh(double x) {
        return Math.copySign(logOfSum(Math.abs(x), Math.abs(x) + x * x / (1 + Math.sqrt(x * x + 1))), x);
    }

    static float asinh(float x) {
        return (float) asinh((double) x);
    }

    static double acosh(double x) {
        return x < 1 ? Double.NaN : logOfSum(x, x - 1 + Math.sqrt((x - 1) * (x - 1) + 2 * (x - 1)));
    }

    static float acosh(float x) {
        return (float) acosh((double) x);
    }

    static double atanh(double x) {
        return Math.copySign(0.5 * Math.log1p(2 * Math.abs(x) / (1 - Math.abs(x))), x);
    }

    static float atanh(float x) {
        return (float) atanh((double) x);
    }

    /** 1/(1 + e^−x). */
    static double sigmoid(double x) {
        return x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x));
    }

    static float sigmoid(float x) {
        return (float) sigmoid((double) x);
    }

    static double erf(double x) {
        return ScalarSpecial.erf(x);
    }

    static float erf(float x) {
        return (float) erf((double) x);
    }

    static double erfc(double x) {
        return ScalarSpecial.erfc(x);
    }

    static float erfc(float x) {
        return (float) erfc((double) x);
    }

    /** ln |Γ(x)|. */
    static double lgamma(double x) {
        return ScalarSpecial.lgamma(x);
    }

    static float lgamma(float x) {
        return (float) lgamma((double) x);
    }

    /** Γ'(x)/Γ(x). */
    static double digamma(double x) {
        return ScalarSpecial.digamma(x);
    }

    static float digamma(float x) {
        return (float) digamma((double) x);
    }

    /** 1/√x. */
    static double rsqrt(double x) {
        return 1 / Math.sqrt(x);
    }

    static float rsqrt(float x) {
        return (float) rsqrt((double) x);
    }

    static double floor(double x) {
        return Math.floor(x);
    }

    static float floor(float x) {
        return (float) floor((double) x);
    }

    static double ceil(double x) {
        return Math.ceil(x);
    }

    static float ceil(float x) {
        return (float) ceil((double) x);
    }

    /** The nearest integer, half to even. */
    static double rint(double x) {
        return Math.rint(x);
    }

    static float rint(float x) {
        return (float) rint((double) x);
    }

    static double trunc(double x) {
        return Math.copySign(Math.floor(Math.abs(x)), x);
    }

    static float trunc(float x) {
        return (float) trunc((double) x);
    }

    /** −1, 0 or 1; 0 for NaN. */
    static double sign(double x) {
        return x < 0 ? -1 : x > 0 ? 1 : 0;
    }

    static float sign(float x) {
        return (float) sign((double) x);
    }

    /** x^y where 1^y and (±1)^±∞ are 1, as in C. */
    static double pow(double x, double y) {
        return x == 1 || Math.abs(x) == 1 && Double.isInfinite(y) ? 1 : Math.pow(x, y);
    }

    static float pow(float x, float y) {
        return (float) pow((double) x, (double) y);
    }

    /** The angle of the point (x, y). */
    static double atan2(double y, double x) {
        return Math.atan2(y, x);
    }

    static float atan2(float y, float x) {
        return (float) atan2((double) y, (double) x);
    }

    /** The remainder with the sign of x, as C's. */
    static double fmod(double x, double y) {
        return x % y;
    }

    static float fmod(float x, float y) {
        return (float) fmod((double) x, (double) y);
    }

    /** The remainder with the sign of y. */
    static double remainder(double x, double y) {
        return signedAs(y, x % y);
    }

    static float remainder(float x, float y) {
        return (float) remainder((double) x, (double) y);
    }

    /** NaN if either is. */
    static double maximum(double x, double y) {
        return Math.max(x, y);
    }

    static float maximum(float x, float y) {
        return (float) maximum((double) x, (double) y);
    }

    /** NaN if either is. */
    static double minimum(double x, double y) {
        return Math.min(x, y);
    }

    static float minimum(float x, float y) {
        return (float) minimum((double) x, (double) y);
    }

    private static double signedAs(double y, double remainder) {
        return remainder != 0 && (remainder < 0) != (y < 0) ? remainder + y : remainder;
    }

    /** ln(1 + t), or ln 2 + ln a where a is so large that its square might overflow. */
    private static double logOfSum(double a, double t) {
        return a > 0x1p60 ? Math.log(a) + Math.log(2) : Math.log1p(t);
    }

    /** Exact for powers of two. */
    private static double binaryLog(double x) {
        if (!(x > 0 && x < Double.POSITIVE_INFINITY)) {
            return Math.log(x);
        }
        double y = x < Double.MIN_NORMAL ? x * 0x1p54 : x;
        int exponent = Math.getExponent(y);
        double m = Math.scalb(y, -exponent);
        // The fraction near 1, so that the sum does not cancel.
        int up = m > Math.sqrt(2) ? 1 : 0;
        int shift = x < Double.MIN_NORMAL ? 54 : 0;
        return Math.fma(Math.log(m / (1 << up)), 1 / Math.log(2), exponent + up - shift);
    }
}
