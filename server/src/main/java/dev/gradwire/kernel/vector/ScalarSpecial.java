package dev.gradwire.kernel.vector;

/**
 * The error and gamma functions for one number, by the approximations and coefficients of {@link DoubleSpecial} and
 * {@link DoubleGamma}.
 */
final class ScalarSpecial {
    private static final double HALF_LN_2_PI = 0.9189385332046728;

    private static final double[] ERF = {
        5.945911188144646e-11,
        -1.1366067299946316e-9,
        1.4657988737758126e-8,
        -1.635004226938874e-7,
        1.6460974518476815e-6,
        -1.492559361985665e-5,
        1.2055331041952187e-4,
        -8.548326978893109e-4,
        0.005223977624783788,
        -0.02686617064507324,
        0.1128379167095486,
        -0.3761263890318375,
        0.1283791670955126
    };

    private static final double[] ERFC = {
        -1.7974150424960649e-9,
        -1.363142636934418e-8,
        -7.809668227358031e-9,
        1.1514659198904845e-7,
        6.280563887180138e-8,
        -8.348000799284813e-7,
        3.0135185361925015e-7,
        5.717558719414363e-6,
        -1.1224858227234994e-5,
        -2.4402995793758572e-5,
        1.506222983656353e-4,
        -1.9925556360253003e-4,
        -7.577733617766959e-4,
        0.005031969767064293,
        -0.016197734054931464,
        0.037167515561159215,
        -0.06633036581199704,
        0.09373283499688254,
        -0.10103906603632645,
        0.06809705425473457,
        0.015379652102620208,
        -0.13962111684056286,
        1.2329951186255526
    };

    private static final double[] LGAMMA_NUMERATOR = {
        6.779203670215446e-06,
        0.0033434067936603845,
        0.10801721427838225,
        1.0577435796330963,
        4.356188737905542,
        8.640985261314928,
        8.629042375455288,
        4.154001840272512,
        0.763153257229615
    };

    private static final double[] LGAMMA_DENOMINATOR = {
        0.0008529203239303503,
        0.04514090363449522,
        0.6644835829559426,
        4.033960061006651,
        11.903091045048058,
        18.39806255520663,
        15.10777264966341,
        6.207062356929952,
        1.0
    };

    private static final double[] LGAMMA_SERIES = {
        0.00641025641025641,
        -0.0019175269175269176,
        8.417508417508417e-4,
        -5.952380952380953e-4,
        7.936507936507937e-4,
        -0.002777777777777778,
        0.08333333333333333
    };

    private static final double[] DIGAMMA_NUMERATOR = {
        1.3605945674161623e-05,
        0.0012711206416774205,
        0.029343257308154982,
        0.2641811753063287,
        1.070548712033035,
        1.9373134027084271,
        1.2503801375034054
    };

    private static final double[] DIGAMMA_DENOMINATOR = {
        2.2101451209550737e-06,
        0.0003120428811197159,
        0.009795800441064272,
        0.11788831806035506,
        0.6561726811434773,
        1.7806966886637758,
        2.232926355408145,
        1.0
    };

    private static final double[] DIGAMMA_SERIES = {
        0.08333333333333333,
        -0.021092796092796094,
        0.007575757575757576,
        -0.004166666666666667,
        0.003968253968253968,
        -0.008333333333333333,
        0.08333333333333333
    };

    private ScalarSpecial() {}

    private static double polynomial(double[] coefficients, double x) {
        double p = 0;
        for (double c : coefficients) {
            p = Math.fma(p, x, c);
        }
        return p;
    }

    static double erf(double x) {
        double a = Math.abs(x);
        double y = a > 1 ? 1 - erfcOfPositive(a) : erfOfSmall(a);
        return Math.copySign(y, x);
    }

    static double erfc(double x) {
        double a = Math.abs(x);
        double y = a < 0.5 ? 1 - erfOfSmall(a) : erfcOfPositive(a);
        return x < 0 ? 2 - y : y;
    }

    private static double erfOfSmall(double a) {
        return Math.fma(polynomial(ERF, a * a), a, a);
    }

    private static double erfcOfPositive(double a) {
        double c = a > 27.5 ? 27.5 : a;
        double square = -(c * c);
        double rest = Math.fma(c, c, square);
        double e = Math.exp(square);
        double p = polynomial(ERFC, (c - 4) / (c + 4));
        return p * Math.fma(-rest, e, e) / (c + c + 1);
    }

    /** ln|Γ(x)|; below 0 by Γ(x)Γ(−x) = −π/(x sin πx), infinite at the poles. */
    static double lgamma(double x) {
        if (x <= 0) {
            double sine = Math.abs(sinPi(x));
            return sine == 0 || Double.isInfinite(x)
                    ? Double.POSITIVE_INFINITY
                    : Math.log(Math.PI / (-x * sine)) - lgamma(-x);
        }
        if (x < 0.65) {
            return lgammaBetween(x, x - 1) - Math.log(x);
        }
        if (x >= 10) {
            double w = 1 / x * (1 / x);
            double tail = Math.fma(polynomial(LGAMMA_SERIES, w), 1 / x, HALF_LN_2_PI - 0.5);
            return x == Double.POSITIVE_INFINITY ? x : Math.fma(x - 0.5, Math.log(x) - 1, tail);
        }
        double t = x;
        double product = 1;
        while (t >= 3) {
            t -= 1;
            product *= t;
        }
        return lgammaBetween(t - 1, t - 2) + Math.log(product);
    }

    /** ln Γ(z + 2) for the distances from its zeros at 1 and 2. */
    private static double lgammaBetween(double first, double z) {
        return first * z * (polynomial(LGAMMA_NUMERATOR, z + 1.5) / polynomial(LGAMMA_DENOMINATOR, z + 1.5));
    }

    /** ψ(x); below 0 by ψ(1 − x) − ψ(x) = π cot πx, NaN at the poles but for ∓∞ at ±0. */
    static double digamma(double x) {
        if (x == 0) {
            return Math.copySign(Double.POSITIVE_INFINITY, -x);
        }
        if (x < 0) {
            double sine = sinPi(x);
            return sine == 0 || Double.isInfinite(x) ? Double.NaN : digamma(1 - x) - Math.PI * sinPi(x + 0.5) / sine;
        }
        if (x >= 10) {
            double w = 1 / x * (1 / x);
            return Math.log(x) - Math.fma(polynomial(DIGAMMA_SERIES, w), w, 0.5 / x);
        }
        double above = x < 1 ? -1 : 0;
        double below = x < 1 ? x : 1;
        double t = x < 1 ? x + 1 : x;
        while (t >= 3) {
            t -= 1;
            above = Math.fma(above, t, below);
            below *= t;
        }
        double distance = t - 1.4616321446374059 - 3.309564688275257e-10 - 9.016312093258695e-20;
        double quotient = polynomial(DIGAMMA_NUMERATOR, t - 1) / polynomial(DIGAMMA_DENOMINATOR, t - 1);
        return distance * quotient + above / below;
    }

    /** sin πx with the integer part taken off first; 0 for integers. */
    private static double sinPi(double x) {
        double nearest = Math.rint(x);
        double sine = Math.sin(Math.PI * (x - nearest));
        return nearest % 2 == 0 ? sine : -sine;
    }
}
