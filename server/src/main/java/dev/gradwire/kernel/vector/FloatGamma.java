package dev.gradwire.kernel.vector;

import static jdk.incubator.vector.VectorOperators.D2F;
import static jdk.incubator.vector.VectorOperators.F2D;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;

/**
 * The logarithm of the gamma function and its derivative, for f32, each half of the lanes in f64: around their zeros
 * floats would not do.
 */
final class FloatGamma {
    private FloatGamma() {}

    static FloatVector lgamma(FloatVector x) {
        return joined(DoubleGamma.lgamma(half(x, 0)), DoubleGamma.lgamma(half(x, 1)));
    }

    static FloatVector digamma(FloatVector x) {
        return joined(DoubleGamma.digamma(half(x, 0)), DoubleGamma.digamma(half(x, 1)));
    }

    private static DoubleVector half(FloatVector x, int part) {
        return (DoubleVector) x.convert(F2D, part);
    }

    /** Each half fills its lanes of a vector that is zero otherwise. */
    private static FloatVector joined(DoubleVector low, DoubleVector high) {
        FloatVector first = (FloatVector) low.convert(D2F, 0);
        FloatVector second = (FloatVector) high.convert(D2F, -1);
        return first.reinterpretAsInts().or(second.reinterpretAsInts()).reinterpretAsFloats();
    }
}
