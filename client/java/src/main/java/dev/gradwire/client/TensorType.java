package dev.gradwire.client;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Element type and shape.
 *
 * @param dims length of each dimension, outermost first; empty for a scalar
 */
record TensorType(DType dtype, List<Long> dims) {
    TensorType {
        dims = List.copyOf(dims);
        long elements = 1;
        for (long length : dims) {
            if (length < 0) {
                throw new IllegalArgumentException("a dimension cannot have length " + length);
            }
            elements = Math.multiplyExact(elements, length);
        }
        Math.multiplyExact(elements, (long) dtype.sizeInBytes());
    }

    static TensorType of(DType dtype, long... shape) {
        return new TensorType(dtype, Arrays.stream(shape).boxed().toList());
    }

    static TensorType of(dev.gradwire.v1.TensorType wire) {
        return of(wire.getDtype(), wire.getDimsList());
    }

    static TensorType of(dev.gradwire.v1.Dtype dtype, List<Long> dims) {
        return new TensorType(DType.of(dtype), dims);
    }

    dev.gradwire.v1.TensorType wire() {
        return dev.gradwire.v1.TensorType.newBuilder()
                .setDtype(dtype.wire())
                .addAllDims(dims)
                .build();
    }

    /**
     * Without a dimension.
     *
     * @param dim negative ones count from the end
     * @throws IllegalArgumentException when there is no such dimension
     */
    TensorType without(int dim) {
        int at = dim < 0 ? dim + dims.size() : dim;
        if (at < 0 || at >= dims.size()) {
            throw new IllegalArgumentException("there is no dimension " + dim + " in " + this);
        }
        List<Long> rest = new ArrayList<>(dims);
        rest.remove(at);
        return new TensorType(dtype, rest);
    }

    long[] shape() {
        return dims.stream().mapToLong(Long::longValue).toArray();
    }

    long elements() {
        return dims.stream().reduce(1L, (a, b) -> a * b);
    }

    long byteCount() {
        return elements() * dtype.sizeInBytes();
    }

    /** {@code float32[2, 3]}. */
    @Override
    public String toString() {
        return dtype.label() + dims;
    }
}
