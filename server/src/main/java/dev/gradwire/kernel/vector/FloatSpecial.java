package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.Floats.withSign;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;

import java.lang.invoke.MethodHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/** The error function and its complement, for f32. */
final class FloatSpecial {
    private static final MethodHandle EXP_OF_SUM =
            VectorCalls.of(FloatExponential.class, "expOfSum", FloatVector.class, 2);

    private FloatSpecial() {}

    /**
     * 2t/(1 + t²) for t = ½x·p(x²)/q(x²), a rational minimax approximation: what t is off by vanishes as the result
     * approaches 1. From 3.95 on the nearest float is 1.
     */
    static FloatVector erf(FloatVector x) {
        VectorSpecies<Float> s = x.species();
        FloatVector magnitude = x.abs();
        VectorMask<Float> beyond = magnitude.compare(GT, 3.95f);
        FloatVector a = magnitude.blend(3.95f, beyond);
        FloatVector z = a.mul(a);
        FloatVector p = broadcast(s, 0.002159201f).fma(z, broadcast(s, 0.028014267f));
        p = p.fma(z, broadcast(s, 0.25640392f));
        FloatVector n = p.fma(a.mul(z), a);
        FloatVector q = broadcast(s, 8.391587e-5f).fma(z, broadcast(s, 0.0051688934f));
        q = q.fma(z, broadcast(s, 0.0423212f));
        q = q.fma(z, broadcast(s, 0.24054694f));
        q = q.fma(z, broadcast(s, 0.88622695f));
        FloatVector y = n.mul(q).div(q.fma(q, n.mul(0.25f).mul(n)));
        return withSign(y.blend(1f, y.compare(GT, 1f).or(beyond)), x);
    }

    /** By a rational minimax approximation of erf(a)/a − 1 in a² for 0 ≤ a ≤ 1.5. */
    private static FloatVector erfOfSmall(FloatVector a) {
        VectorSpecies<Float> s = a.species();
        FloatVector z = a.mul(a);
        FloatVector p = broadcast(s, -0.0060100486f).fma(z, broadcast(s, -0.045399737f));
        p = p.fma(z, broadcast(s, -0.31855875f));
        p = p.fma(z, broadcast(s, 0.12837917f));
        FloatVector q = broadcast(s, 0.0062486785f).fma(z, broadcast(s, 0.08118908f));
        q = q.fma(z, broadcast(s, 0.44842097f));
        q = q.fma(z, broadcast(s, 1f));
        return p.div(q).fma(a, a);
    }

    /**
     * e^−x²·p(q)/(1 + 2x) with a minimax polynomial in q = (x − 2)/(x + 2) for 0 ≤ x ≤ 10.3 (after Shepherd and
     * Laframboise, Mathematics of Computation 36, 1981) and the square as a sum of two floats; 1 − erf x for small x,
     * 2 − erfc|x| for negative x.
     */
    static FloatVector erfc(FloatVector x) throws Throwable {
        VectorSpecies<Float> s = x.species();
        FloatVector a = x.abs();
        FloatVector inner = broadcast(s, 1f).sub(erfOfSmall(a));
        FloatVector c = a.blend(10.3f, a.compare(GT, 10.3f));
        FloatVector square = c.mul(c).neg();
        FloatVector e = (FloatVector) EXP_OF_SUM.invokeExact(square, c.neg().fma(c, square.neg()));
        FloatVector q = c.sub(2f).div(c.add(2f));
        FloatVector p = broadcast(s, -0.00039847137f).fma(q, broadcast(s, -0.0012262685f));
        p = p.fma(q, broadcast(s, 0.0013132186f));
        p = p.fma(q, broadcast(s, 0.008628693f));
        p = p.fma(q, broadcast(s, -0.008060452f));
        p = p.fma(q, broadcast(s, -0.054203525f));
        p = p.fma(q, broadcast(s, 0.16405551f));
        p = p.fma(q, broadcast(s, -0.1660315f));
        p = p.fma(q, broadcast(s, -0.09276399f));
        p = p.fma(q, broadcast(s, 1.2769784f));
        FloatVector outer = p.mul(e).div(c.add(c).add(1f));
        FloatVector y = outer.blend(inner, a.compare(LT, 0.5f));
        return y.blend(broadcast(s, 2f).sub(y), x.compare(LT, 0f));
    }
}
