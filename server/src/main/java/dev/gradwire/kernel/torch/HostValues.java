package dev.gradwire.kernel.torch;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.function.IntToDoubleFunction;
import java.util.function.IntToLongFunction;

/** Numbers of a schema as tensors on the host. */
final class HostValues {
    /** Of a range: it is written by a loop into an array on the heap. */
    private static final int MAX_ELEMENTS = 1 << 27;

    private HostValues() {}

    static boolean isInteger(Number value) {
        return !(value instanceof Double || value instanceof Float);
    }

    /**
     * The dtype in which a number meets tensors of {@code dtype}, as PyTorch promotes: the tensor's, unless the number
     * is of a higher kind.
     */
    static DType meeting(DType dtype, Number value) {
        if (isInteger(value)) {
            return dtype == DType.BOOL ? DType.INT64 : dtype;
        }
        return dtype.isDifferentiable() ? dtype : DType.DEFAULT_FLOATING;
    }

    /**
     * A 0-dim tensor.
     *
     * @throws IllegalArgumentException when an integer does not fit an integral dtype
     */
    static Tensor scalar(DType dtype, Number value) {
        if (dtype.isComplex()) {
            return Tensor.scalar(dtype, value.doubleValue());
        }
        if (dtype == DType.BOOL) {
            return Tensor.scalar(dtype, value.doubleValue() != 0 ? 1L : 0L);
        }
        if (dtype.isFloating() || !isInteger(value)) {
            return Tensor.scalar(dtype, value.doubleValue());
        }
        Tensor tensor = Tensor.scalar(dtype, value.longValue());
        if (tensor.getLong(0) != value.longValue()) {
            throw new IllegalArgumentException("the number " + value + " does not fit " + dtype.label());
        }
        return tensor;
    }

    /** {@code start, start + step, …} below (or, for a negative step, above) {@code end}. */
    static Tensor arange(DType dtype, Number start, Number end, Number step) {
        if (step.doubleValue() == 0 || !Double.isFinite(start.doubleValue()) || !Double.isFinite(end.doubleValue())) {
            throw new IllegalArgumentException("the step must not be 0 and the bounds must be finite");
        }
        boolean integers = isInteger(start) && isInteger(end) && isInteger(step);
        double count = integers
                ? (double) Math.ceilDiv(Math.subtractExact(end.longValue(), start.longValue()), step.longValue())
                : Math.ceil((end.doubleValue() - start.doubleValue()) / step.doubleValue());
        if (count < 0) {
            throw new IllegalArgumentException("the bounds do not fit the sign of the step");
        }
        int size = size(count);
        if (integers && !dtype.isFloating()) {
            long from = start.longValue();
            long by = step.longValue();
            return integers(dtype, size, i -> from + i * by);
        }
        double from = start.doubleValue();
        double by = step.doubleValue();
        return reals(dtype, size, i -> from + i * by);
    }

    /** {@code steps} values at equal distances, counted from the nearer end as PyTorch does. */
    static Tensor linspace(DType dtype, Number start, Number end, long steps) {
        if (steps < 0) {
            throw new IllegalArgumentException("the number of steps is negative");
        }
        double from = start.doubleValue();
        double to = end.doubleValue();
        int size = size((double) steps);
        double step = size > 1 ? (to - from) / (size - 1) : 0;
        return reals(dtype, size, i -> i < size / 2 || size == 1 ? from + i * step : to - (size - 1 - i) * step);
    }

    static void requireSize(long count) {
        size((double) count);
    }

    private static int size(double count) {
        if (count > MAX_ELEMENTS) {
            throw new IllegalArgumentException("a range has too many elements: " + count);
        }
        return (int) count;
    }

    private static Tensor integers(DType dtype, int size, IntToLongFunction element) {
        if (dtype == DType.INT64) {
            long[] values = new long[size];
            java.util.Arrays.setAll(values, element);
            return new Tensor(TensorType.of(dtype, size), MemorySegment.ofArray(values));
        }
        return reals(dtype, size, i -> (double) element.applyAsLong(i));
    }

    private static Tensor reals(DType dtype, int size, IntToDoubleFunction element) {
        double[] values = new double[size];
        java.util.Arrays.setAll(values, element);
        return Tensor.of(dtype, Shape.of(size), values);
    }
}
