package dev.gradwire.kernel.vector;

import static jdk.incubator.vector.DoubleVector.broadcast;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LOG;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/** The logarithm of the gamma function and its derivative, for f64; arguments below 0 go lane by lane. */
final class DoubleGamma {
    private static final double HALF_LN_2_PI = 0.9189385332046728;

    private DoubleGamma() {}

    /**
     * ln|Γ(x)|: (x − 1)(x − 2) times a rational minimax approximation on [0.65, 3]; below ln Γ(x + 1) − ln x; above, down
     * to 10, by the recurrence Γ(x) = (x − 1)Γ(x − 1); from 10 on by Stirling's series (Abramowitz and Stegun 6.1.41).
     */
    static DoubleVector lgamma(DoubleVector x) {
        VectorSpecies<Double> s = x.species();
        VectorMask<Double> low = x.compare(LT, 0.65);
        VectorMask<Double> high = x.compare(GE, 10.0);
        DoubleVector product = broadcast(s, 1.0);
        DoubleVector t = x.blend(3.0, high);
        for (int i = 0; i < 7; i++) {
            VectorMask<Double> more = t.compare(GE, 3.0).andNot(high);
            t = t.blend(t.sub(1.0), more);
            product = product.blend(product.mul(t), more);
        }
        DoubleVector logarithm = product.blend(x, low.or(high)).lanewise(LOG);
        DoubleVector z = t.sub(2.0).blend(x.sub(1.0), low);
        DoubleVector first = t.sub(1.0).blend(x, low);
        DoubleVector u = z.add(1.5);
        DoubleVector p = broadcast(s, 6.779203670215446e-06).fma(u, broadcast(s, 0.0033434067936603845));
        p = p.fma(u, broadcast(s, 0.10801721427838225));
        p = p.fma(u, broadcast(s, 1.0577435796330963));
        p = p.fma(u, broadcast(s, 4.356188737905542));
        p = p.fma(u, broadcast(s, 8.640985261314928));
        p = p.fma(u, broadcast(s, 8.629042375455288));
        p = p.fma(u, broadcast(s, 4.154001840272512));
        p = p.fma(u, broadcast(s, 0.763153257229615));
        DoubleVector q = broadcast(s, 0.0008529203239303503).fma(u, broadcast(s, 0.04514090363449522));
        q = q.fma(u, broadcast(s, 0.6644835829559426));
        q = q.fma(u, broadcast(s, 4.033960061006651));
        q = q.fma(u, broadcast(s, 11.903091045048058));
        q = q.fma(u, broadcast(s, 18.39806255520663));
        q = q.fma(u, broadcast(s, 15.10777264966341));
        q = q.fma(u, broadcast(s, 6.207062356929952));
        q = q.fma(u, broadcast(s, 1.0));
        DoubleVector middle = first.mul(z).mul(p.div(q));
        DoubleVector inner = middle.add(logarithm).blend(middle.sub(logarithm), low);
        DoubleVector inverse = broadcast(s, 1.0).div(x);
        DoubleVector w = inverse.mul(inverse);
        DoubleVector series = broadcast(s, 0.00641025641025641).fma(w, broadcast(s, -0.0019175269175269176));
        series = series.fma(w, broadcast(s, 0.0008417508417508417));
        series = series.fma(w, broadcast(s, -0.0005952380952380953));
        series = series.fma(w, broadcast(s, 0.0007936507936507937));
        series = series.fma(w, broadcast(s, -0.002777777777777778));
        series = series.fma(w, broadcast(s, 0.08333333333333333));
        DoubleVector tail = series.fma(inverse, broadcast(s, HALF_LN_2_PI - 0.5));
        DoubleVector outer = x.sub(0.5).fma(logarithm.sub(1.0), tail);
        DoubleVector y =
                inner.blend(outer, high).blend(Doubles.INFINITY, x.abs().compare(EQ, Doubles.INFINITY));
        VectorMask<Double> slow = x.compare(LE, 0.0);
        return slow.anyTrue() ? Doubles.patched(y, x, slow, ScalarMath::lgamma) : y;
    }

    /**
     * Γ'(x)/Γ(x): on [1, 3] a rational minimax approximation times the distance from the root, which is given in three
     * parts; below and above, up to 10, by ψ(x + 1) = ψ(x) + 1/x with the terms summed as one fraction; from there on by
     * the asymptotic series (Abramowitz and Stegun 6.3.18).
     */
    static DoubleVector digamma(DoubleVector x) {
        VectorSpecies<Double> s = x.species();
        VectorMask<Double> low = x.compare(LT, 1.0);
        VectorMask<Double> high = x.compare(GE, 10.0);
        DoubleVector above = broadcast(s, 0.0).blend(-1.0, low);
        DoubleVector below = broadcast(s, 1.0).blend(x, low);
        DoubleVector t = x.blend(x.add(1.0), low).blend(1.5, high);
        for (int i = 0; i < 7; i++) {
            VectorMask<Double> more = t.compare(GE, 3.0);
            t = t.blend(t.sub(1.0), more);
            above = above.blend(above.fma(t, below), more);
            below = below.blend(below.mul(t), more);
        }
        DoubleVector z = t.sub(1.0);
        DoubleVector distance =
                t.sub(1.4616321446374059).sub(3.309564688275257e-10).sub(9.016312093258695e-20);
        DoubleVector p = broadcast(s, 1.3605945674161623e-05).fma(z, broadcast(s, 0.0012711206416774205));
        p = p.fma(z, broadcast(s, 0.029343257308154982));
        p = p.fma(z, broadcast(s, 0.2641811753063287));
        p = p.fma(z, broadcast(s, 1.070548712033035));
        p = p.fma(z, broadcast(s, 1.9373134027084271));
        p = p.fma(z, broadcast(s, 1.2503801375034054));
        DoubleVector q = broadcast(s, 2.2101451209550737e-06).fma(z, broadcast(s, 0.0003120428811197159));
        q = q.fma(z, broadcast(s, 0.009795800441064272));
        q = q.fma(z, broadcast(s, 0.11788831806035506));
        q = q.fma(z, broadcast(s, 0.6561726811434773));
        q = q.fma(z, broadcast(s, 1.7806966886637758));
        q = q.fma(z, broadcast(s, 2.232926355408145));
        q = q.fma(z, broadcast(s, 1.0));
        DoubleVector inner = distance.mul(p.div(q)).add(above.div(below));
        DoubleVector inverse = broadcast(s, 1.0).div(x);
        DoubleVector w = inverse.mul(inverse);
        DoubleVector series = broadcast(s, 0.08333333333333333).fma(w, broadcast(s, -0.021092796092796094));
        series = series.fma(w, broadcast(s, 0.007575757575757576));
        series = series.fma(w, broadcast(s, -0.004166666666666667));
        series = series.fma(w, broadcast(s, 0.003968253968253968));
        series = series.fma(w, broadcast(s, -0.008333333333333333));
        series = series.fma(w, broadcast(s, 0.08333333333333333));
        DoubleVector outer = x.lanewise(LOG).sub(series.fma(w, inverse.mul(0.5)));
        DoubleVector y = inner.blend(outer, high);
        VectorMask<Double> slow = x.compare(LE, 0.0);
        return slow.anyTrue() ? Doubles.patched(y, x, slow, ScalarMath::digamma) : y;
    }
}
