package dev.gradwire.tensor;

/** What types decide: dtype and shape. */
public record TensorType(DType dtype, Shape shape) {
    public static TensorType of(DType dtype, long... dims) {
        return new TensorType(dtype, Shape.of(dims));
    }

    /**
     * Bytes of the elements in row-major order.
     *
     * @throws ArithmeticException when they do not fit a {@code long}
     */
    public long lengthInBytes() {
        return Math.multiplyExact(shape.elements(), (long) dtype.sizeInBytes());
    }

    public int rank() {
        return shape.rank();
    }

    public TensorType withShape(Shape changed) {
        return new TensorType(dtype, changed);
    }

    public TensorType withDtype(DType changed) {
        return new TensorType(changed, shape);
    }

    /** The text form: {@code float32[2, 3]}. */
    @Override
    public String toString() {
        return dtype.label() + shape;
    }
}
