package dev.gradwire.cli.conformance;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a tensor differs from what was expected.
 *
 * @param difference the first thing that differs, null where all agrees
 * @param worstError greatest |a − e| / (1 + |e|) of finite elements
 */
record Comparison(@Nullable String difference, double worstError) {
    static final Comparison AGREES = new Comparison(null, 0);

    /** Compares types, then element by element. */
    static Comparison of(Tensor actual, Tensor expected, Case.Tolerance tolerance) {
        if (!actual.type().equals(expected.type())) {
            return new Comparison("expected a " + expected.type() + ", actual is a " + actual.type(), 0);
        }
        DType dtype = expected.type().dtype();
        if (!dtype.isDifferentiable()) {
            return exact(actual, expected);
        }
        if (dtype.isComplex()) {
            return of(parts(actual), parts(expected), tolerance);
        }
        String difference = null;
        double worst = 0;
        for (long i = 0; i < expected.type().shape().elements(); i++) {
            double a = actual.getDouble(i);
            double e = expected.getDouble(i);
            double error = Math.abs(a - e);
            if (Double.isFinite(error)) {
                worst = Math.max(worst, error / (1 + Math.abs(e)));
            }
            if (difference == null && !agree(a, e, tolerance)) {
                difference = element(expected.type(), i, Double.toString(e), Double.toString(a));
            }
        }
        return new Comparison(difference, worst);
    }

    private static boolean agree(double actual, double expected, Case.Tolerance tolerance) {
        if (!Double.isFinite(expected) || !Double.isFinite(actual)) {
            return Double.isNaN(expected) ? Double.isNaN(actual) : actual == expected;
        }
        return Math.abs(actual - expected) <= tolerance.atol() + tolerance.rtol() * Math.abs(expected);
    }

    private static Comparison exact(Tensor actual, Tensor expected) {
        for (long i = 0; i < expected.type().shape().elements(); i++) {
            long a = actual.getLong(i);
            long e = expected.getLong(i);
            if (a != e) {
                return new Comparison(element(expected.type(), i, Long.toString(e), Long.toString(a)), 0);
            }
        }
        return AGREES;
    }

    /** Real and imaginary parts, in a last dimension of size 2. */
    static Tensor parts(Tensor complex) {
        DType real = complex.type().dtype() == DType.COMPLEX128 ? DType.FLOAT64 : DType.FLOAT32;
        Shape shape = complex.type().shape();
        return new Tensor(new TensorType(real, shape.insertDim(shape.rank(), 2)), complex.data());
    }

    private static String element(TensorType type, long index, String expected, String actual) {
        List<Long> place = new ArrayList<>();
        long rest = index;
        for (int dim = type.rank() - 1; dim >= 0; dim--) {
            place.add(rest % type.shape().dim(dim));
            rest /= type.shape().dim(dim);
        }
        Collections.reverse(place);
        return "element " + place + " of " + type + ": expected " + expected + ", actual " + actual;
    }

    /** The same for a tensor of which the answer says that nothing depends on it. */
    Comparison unused() {
        return new Comparison(difference == null ? null : "expected a gradient, actual says unused", worstError);
    }

    /** Compares with zeros. */
    static Comparison withZeros(Tensor actual, Case.Tolerance tolerance) {
        TensorType type = actual.type();
        byte[] zeros = new byte[Math.toIntExact(type.lengthInBytes())];
        return of(actual, new Tensor(type, MemorySegment.ofArray(zeros)), tolerance);
    }
}
