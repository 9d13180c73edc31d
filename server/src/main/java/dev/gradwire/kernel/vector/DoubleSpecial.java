package dev.gradwire.kernel.vector;

import static jdk.incubator.vector.DoubleVector.broadcast;
import static jdk.incubator.vector.VectorOperators.EXP;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;

import java.lang.invoke.MethodHandle;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorSpecies;

/** The error function and its complement, for f64. */
final class DoubleSpecial {
    private static final MethodHandle SMALL = VectorCalls.of(DoubleSpecial.class, "erfOfSmall", DoubleVector.class, 1);
    private static final MethodHandle LARGE =
            VectorCalls.of(DoubleSpecial.class, "erfcOfPositive", DoubleVector.class, 1);

    private static final MethodHandle POLYNOMIAL =
            VectorCalls.of(DoubleSpecial.class, "erfcPolynomial", DoubleVector.class, 1);

    private DoubleSpecial() {}

    /** Below 1 an odd minimax polynomial, beyond 1 − erfc|x|. */
    static DoubleVector erf(DoubleVector x) {
        LongVector sign = Doubles.sign(x);
        DoubleVector a = x.abs();
        DoubleVector small = VectorCalls.call(SMALL, a);
        DoubleVector large = broadcast(x.species(), 1.0).sub(VectorCalls.call(LARGE, a));
        DoubleVector y = small.blend(large, a.compare(GT, 1.0));
        return y.reinterpretAsLongs().or(sign).reinterpretAsDoubles();
    }

    /** 1 − erf x for small x, 2 − erfc|x| for negative x. */
    static DoubleVector erfc(DoubleVector x) {
        VectorSpecies<Double> s = x.species();
        DoubleVector a = x.abs();
        DoubleVector inner = broadcast(s, 1.0).sub(VectorCalls.call(SMALL, a));
        DoubleVector y = VectorCalls.call(LARGE, a).blend(inner, a.compare(LT, 0.5));
        return y.blend(broadcast(s, 2.0).sub(y), x.compare(LT, 0.0));
    }

    /** a + a·p(a²) for 0 ≤ a ≤ 1. */
    static DoubleVector erfOfSmall(DoubleVector a) {
        VectorSpecies<Double> s = a.species();
        DoubleVector z = a.mul(a);
        DoubleVector p = broadcast(s, 5.945911188144646e-11).fma(z, broadcast(s, -1.1366067299946316e-09));
        p = p.fma(z, broadcast(s, 1.4657988737758126e-08));
        p = p.fma(z, broadcast(s, -1.635004226938874e-07));
        p = p.fma(z, broadcast(s, 1.6460974518476815e-06));
        p = p.fma(z, broadcast(s, -1.492559361985665e-05));
        p = p.fma(z, broadcast(s, 0.00012055331041952187));
        p = p.fma(z, broadcast(s, -0.0008548326978893109));
        p = p.fma(z, broadcast(s, 0.005223977624783788));
        p = p.fma(z, broadcast(s, -0.02686617064507324));
        p = p.fma(z, broadcast(s, 0.1128379167095486));
        p = p.fma(z, broadcast(s, -0.3761263890318375));
        p = p.fma(z, broadcast(s, 0.1283791670955126));
        return p.fma(a, a);
    }

    /**
     * e^−a²·p(q)/(1 + 2a) with a minimax polynomial in q = (a − 4)/(a + 4) for 0 ≤ a ≤ 27.5 (after Shepherd and
     * Laframboise, Mathematics of Computation 36, 1981) and the square as a sum of two doubles.
     */
    static DoubleVector erfcOfPositive(DoubleVector a) throws Throwable {
        DoubleVector c = a.blend(27.5, a.compare(GT, 27.5));
        DoubleVector square = c.mul(c).neg();
        DoubleVector rest = c.fma(c, square);
        DoubleVector e = square.lanewise(EXP);
        e = rest.neg().fma(e, e);
        DoubleVector q = c.sub(4.0).div(c.add(4.0));
        DoubleVector p = (DoubleVector) POLYNOMIAL.invokeExact(q);
        return p.mul(e).div(c.add(c).add(1.0));
    }

    static DoubleVector erfcPolynomial(DoubleVector q) {
        VectorSpecies<Double> s = q.species();
        DoubleVector p = broadcast(s, -1.7974150424960649e-09).fma(q, broadcast(s, -1.363142636934418e-8));
        p = p.fma(q, broadcast(s, -7.809668227358031e-09));
        p = p.fma(q, broadcast(s, 1.1514659198904845e-07));
        p = p.fma(q, broadcast(s, 6.280563887180138e-08));
        p = p.fma(q, broadcast(s, -8.348000799284813e-07));
        p = p.fma(q, broadcast(s, 3.0135185361925015e-07));
        p = p.fma(q, broadcast(s, 5.717558719414363e-06));
        p = p.fma(q, broadcast(s, -1.1224858227234994e-05));
        p = p.fma(q, broadcast(s, -2.4402995793758572e-05));
        p = p.fma(q, broadcast(s, 0.0001506222983656353));
        p = p.fma(q, broadcast(s, -0.00019925556360253003));
        p = p.fma(q, broadcast(s, -0.0007577733617766959));
        p = p.fma(q, broadcast(s, 0.005031969767064293));
        p = p.fma(q, broadcast(s, -0.016197734054931464));
        p = p.fma(q, broadcast(s, 0.037167515561159215));
        p = p.fma(q, broadcast(s, -0.06633036581199704));
        p = p.fma(q, broadcast(s, 0.09373283499688254));
        p = p.fma(q, broadcast(s, -0.10103906603632645));
        p = p.fma(q, broadcast(s, 0.06809705425473457));
        p = p.fma(q, broadcast(s, 0.015379652102620208));
        p = p.fma(q, broadcast(s, -0.13962111684056286));
        p = p.fma(q, broadcast(s, 1.2329951186255526));
        return p;
    }
}
