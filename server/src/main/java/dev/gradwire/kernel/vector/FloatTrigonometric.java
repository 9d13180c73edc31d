package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.Floats.negateIfOdd;
import static dev.gradwire.kernel.vector.Floats.withSign;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.IS_NEGATIVE;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * Trigonometric functions and their inverses, for f32.
 *
 * <p>Arguments are reduced by multiples of π in three parts, each step fused (Cody and Waite, Software Manual for the
 * Elementary Functions, 1980), up to {@link #HUGE}; lanes beyond that are computed one by one. The rest goes through
 * odd minimax polynomials; the inverse functions are reduced as in Cephes' {@code asinf} and {@code atanf}.
 */
final class FloatTrigonometric {
    private static final float HUGE = 1e5f;
    private static final float INVERSE_PI = 0.31830987f;
    private static final float PI = 3.1415927f;
    private static final float PI_2 = -8.742278e-8f;
    private static final float PI_3 = -3.430249e-15f;
    private static final float HALF_PI = 1.5707964f;

    private FloatTrigonometric() {}

    static FloatVector sin(FloatVector x) {
        FloatVector rounded = x.fma(broadcast(x.species(), INVERSE_PI), broadcast(x.species(), Floats.ROUNDER));
        FloatVector r = rest(x, rounded.sub(Floats.ROUNDER), 1f);
        FloatVector y = negateIfOdd(sinOfRest(r), rounded.reinterpretAsInts());
        FloatVector a = x.abs();
        // The sum below loses the sign of zero.
        FloatVector result = y.blend(x, a.compare(LT, 0x1p-13f));
        VectorMask<Float> huge = a.compare(GT, HUGE);
        return huge.anyTrue() ? Floats.patched(result, x, huge, Math::sin) : result;
    }

    /** With r = x − (n + ½)π it is −sin r for even n. */
    static FloatVector cos(FloatVector x) {
        FloatVector rounded = x.fma(broadcast(x.species(), INVERSE_PI), broadcast(x.species(), -0.5f))
                .add(Floats.ROUNDER);
        FloatVector n = rounded.sub(Floats.ROUNDER);
        FloatVector r = rest(x, n.add(n).add(1f), 0.5f);
        IntVector odd = rounded.reinterpretAsInts().add(1);
        FloatVector result = negateIfOdd(sinOfRest(r), odd);
        VectorMask<Float> huge = x.abs().compare(GT, HUGE);
        return huge.anyTrue() ? Floats.patched(result, x, huge, Math::cos) : result;
    }

    /** With r = x − n·½π it is tan r, or −1/tan r for odd n. */
    static FloatVector tan(FloatVector x) {
        VectorSpecies<Float> s = x.species();
        FloatVector rounded = x.fma(broadcast(x.species(), 2 * INVERSE_PI), broadcast(x.species(), Floats.ROUNDER));
        FloatVector r = rest(x, rounded.sub(Floats.ROUNDER), 0.5f);
        FloatVector z = r.mul(r);
        FloatVector p = broadcast(s, 0.009400335f).fma(z, broadcast(s, 0.0030960664f));
        p = p.fma(z, broadcast(s, 0.024443962f));
        p = p.fma(z, broadcast(s, 0.05340778f));
        p = p.fma(z, broadcast(s, 0.13338836f));
        p = p.fma(z, broadcast(s, 0.33333156f));
        FloatVector t = p.fma(z.mul(r), r);
        IntVector parity = rounded.reinterpretAsInts().and(1);
        VectorMask<Float> odd = parity.compare(NE, 0).cast(x.species());
        FloatVector y = t.blend(broadcast(x.species(), -1f).div(t), odd);
        FloatVector a = x.abs();
        FloatVector result = y.blend(x, a.compare(LT, 0x1p-13f));
        VectorMask<Float> huge = a.compare(GT, HUGE);
        return huge.anyTrue() ? Floats.patched(result, x, huge, Math::tan) : result;
    }

    /** x − n·(unit·π). */
    private static FloatVector rest(FloatVector x, FloatVector n, float unit) {
        FloatVector first = n.fma(broadcast(n.species(), -unit * PI), x);
        FloatVector second = n.fma(broadcast(n.species(), -unit * PI_2), first);
        return n.fma(broadcast(n.species(), -unit * PI_3), second);
    }

    /** sin r for |r| ≤ ½π. */
    private static FloatVector sinOfRest(FloatVector r) {
        VectorSpecies<Float> s = r.species();
        FloatVector z = r.mul(r);
        FloatVector p = broadcast(s, 2.60576e-6f).fma(z, broadcast(s, -0.00019809601f));
        p = p.fma(z, broadcast(s, 0.0083330665f));
        p = p.fma(z, broadcast(s, -0.1666666f));
        return p.fma(z.mul(r), r);
    }

    /** For |x| > ½ it is ½π − 2 asin √(½(1 − |x|)). */
    static FloatVector asin(FloatVector x) {
        FloatVector a = x.abs();
        VectorMask<Float> large = a.compare(GT, 0.5f);
        FloatVector p = asinOfHalf(a, large);
        return withSign(p.blend(p.fma(broadcast(p.species(), -2f), broadcast(x.species(), HALF_PI)), large), x);
    }

    /** ½π − asin x; beyond ½ twice the arc of the half angle, or π less it. */
    static FloatVector acos(FloatVector x) {
        FloatVector a = x.abs();
        VectorMask<Float> large = a.compare(GT, 0.5f);
        FloatVector p = asinOfHalf(a, large);
        FloatVector twice = p.add(p);
        FloatVector outer = twice.blend(broadcast(x.species(), PI).sub(twice), x.compare(LT, 0f));
        FloatVector inner = broadcast(x.species(), HALF_PI).sub(withSign(p, x));
        return inner.blend(outer, large);
    }

    /** asin a, or that of √(½(1 − a)) where a is large. */
    private static FloatVector asinOfHalf(FloatVector a, VectorMask<Float> large) {
        VectorSpecies<Float> s = a.species();
        FloatVector half = a.fma(broadcast(a.species(), -0.5f), broadcast(a.species(), 0.5f));
        FloatVector z = a.mul(a).blend(half, large);
        FloatVector root = a.blend(half.sqrt(), large);
        FloatVector p = broadcast(s, 0.037502386f).fma(z, broadcast(s, 0.014449287f));
        p = p.fma(z, broadcast(s, 0.031804655f));
        p = p.fma(z, broadcast(s, 0.04451736f));
        p = p.fma(z, broadcast(s, 0.07500502f));
        p = p.fma(z, broadcast(s, 0.1666666f));
        return p.fma(z.mul(root), root);
    }

    /** For |x| > 1 it is ½π − atan(1/|x|). */
    static FloatVector atan(FloatVector x) {
        FloatVector a = x.abs();
        VectorMask<Float> large = a.compare(GT, 1f);
        FloatVector p = atanOfUnit(a.blend(broadcast(x.species(), 1f).div(a), large));
        return withSign(p.blend(broadcast(x.species(), HALF_PI).sub(p), large), x);
    }

    private static FloatVector atanOfUnit(FloatVector a) {
        VectorSpecies<Float> s = a.species();
        FloatVector z = a.mul(a);
        FloatVector p = broadcast(s, -0.0017985504f).fma(z, broadcast(s, 0.010935885f));
        p = p.fma(z, broadcast(s, -0.031215906f));
        p = p.fma(z, broadcast(s, 0.057994027f));
        p = p.fma(z, broadcast(s, -0.08405463f));
        p = p.fma(z, broadcast(s, 0.109528296f));
        p = p.fma(z, broadcast(s, -0.14264356f));
        p = p.fma(z, broadcast(s, 0.19998558f));
        p = p.fma(z, broadcast(s, -0.333333f));
        return p.fma(z.mul(a), a);
    }

    /** The angle of the point (x, y), in (−π, π]. */
    static FloatVector atan2(FloatVector y, FloatVector x) {
        FloatVector a = x.abs();
        FloatVector b = y.abs();
        VectorMask<Float> steep = b.compare(GT, a);
        FloatVector quotient = a.blend(b, steep.not()).div(b.blend(a, steep.not()));
        // 0/0 stands for the axis itself, ∞/∞ for the diagonal.
        quotient = quotient.blend(0f, b.compare(EQ, 0f));
        quotient = quotient.blend(1f, a.compare(EQ, b).andNot(b.compare(EQ, 0f)));
        FloatVector p = atanOfUnit(quotient);
        p = p.blend(broadcast(x.species(), HALF_PI).sub(p), steep);
        p = p.blend(broadcast(x.species(), PI).sub(p), x.test(IS_NEGATIVE));
        return withSign(p.blend(Float.NaN, a.compare(NE, a).or(b.compare(NE, b))), y);
    }
}
