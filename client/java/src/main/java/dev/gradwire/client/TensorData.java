package dev.gradwire.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A tensor's values on the client: element type, shape and row-major little-endian bytes, which become Java numbers
 * when asked for. Immutable; at most 2 GiB.
 *
 * @see Tensor#data()
 */
public final class TensorData {
    private final TensorType type;
    private final ByteString bytes;

    TensorData(TensorType type, ByteString bytes) {
        if (bytes.size() != type.byteCount()) {
            throw new IllegalArgumentException(type + " has " + type.byteCount() + " bytes, not " + bytes.size());
        }
        this.type = type;
        this.bytes = bytes;
    }

    /**
     * Numbers of any element type, each rounded as that type needs.
     *
     * @param values in row-major order; for complex types real and imaginary parts in turn
     * @param shape empty for a scalar
     * @throws IllegalArgumentException when the number of values does not fit the shape
     */
    public static TensorData of(DType dtype, double[] values, long... shape) {
        TensorType type = TensorType.of(dtype, shape);
        ByteBuffer buffer = allocate(type, dtype.isComplex() ? values.length / 2 : values.length);
        Elements.put(dtype, values, buffer);
        return wrap(type, buffer);
    }

    /**
     * Complex numbers.
     *
     * @param dtype complex64, to which the parts are rounded, or complex128
     * @param values in row-major order
     * @param shape empty for a scalar
     * @throws IllegalArgumentException when the element type is real or the number of values does not fit the shape
     */
    public static TensorData of(DType dtype, Complex[] values, long... shape) {
        if (!dtype.isComplex()) {
            throw new IllegalArgumentException("complex numbers do not fit " + dtype.label());
        }
        double[] parts = new double[2 * values.length];
        for (int i = 0; i < values.length; i++) {
            parts[2 * i] = values[i].real();
            parts[2 * i + 1] = values[i].imaginary();
        }
        return of(dtype, parts, shape);
    }

    /** A float32 tensor. */
    public static TensorData of(float[] values, long... shape) {
        TensorType type = TensorType.of(DType.FLOAT32, shape);
        ByteBuffer buffer = allocate(type, values.length);
        buffer.asFloatBuffer().put(values);
        return wrap(type, buffer);
    }

    /** A float64 tensor. */
    public static TensorData of(double[] values, long... shape) {
        TensorType type = TensorType.of(DType.FLOAT64, shape);
        ByteBuffer buffer = allocate(type, values.length);
        buffer.asDoubleBuffer().put(values);
        return wrap(type, buffer);
    }

    /** An int64 tensor. */
    public static TensorData of(long[] values, long... shape) {
        TensorType type = TensorType.of(DType.INT64, shape);
        ByteBuffer buffer = allocate(type, values.length);
        buffer.asLongBuffer().put(values);
        return wrap(type, buffer);
    }

    /** An int32 tensor. */
    public static TensorData of(int[] values, long... shape) {
        TensorType type = TensorType.of(DType.INT32, shape);
        ByteBuffer buffer = allocate(type, values.length);
        buffer.asIntBuffer().put(values);
        return wrap(type, buffer);
    }

    /** An int16 tensor. */
    public static TensorData of(short[] values, long... shape) {
        TensorType type = TensorType.of(DType.INT16, shape);
        ByteBuffer buffer = allocate(type, values.length);
        buffer.asShortBuffer().put(values);
        return wrap(type, buffer);
    }

    /** An int8 tensor. */
    public static TensorData of(byte[] values, long... shape) {
        TensorType type = TensorType.of(DType.INT8, shape);
        ByteBuffer buffer = allocate(type, values.length);
        return wrap(type, buffer.put(values));
    }

    /** A bool tensor. */
    public static TensorData of(boolean[] values, long... shape) {
        TensorType type = TensorType.of(DType.BOOL, shape);
        ByteBuffer buffer = allocate(type, values.length);
        for (boolean value : values) {
            buffer.put((byte) (value ? 1 : 0));
        }
        return wrap(type, buffer);
    }

    /**
     * Elements as they are on the wire.
     *
     * @param littleEndian the bytes from position to limit, which are copied
     */
    public static TensorData of(DType dtype, ByteBuffer littleEndian, long... shape) {
        return new TensorData(TensorType.of(dtype, shape), ByteString.copyFrom(littleEndian.duplicate()));
    }

    private static ByteBuffer allocate(TensorType type, int values) {
        if (type.elements() != values) {
            throw new IllegalArgumentException(values + " values do not fill " + type);
        }
        return ByteBuffer.allocate(Math.toIntExact(type.byteCount())).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The buffer is not touched any more, so it needs no copy. */
    private static TensorData wrap(TensorType type, ByteBuffer buffer) {
        return new TensorData(type, UnsafeByteOperations.unsafeWrap(buffer.clear()));
    }

    TensorType type() {
        return type;
    }

    public DType dtype() {
        return type.dtype();
    }

    /** Length of each dimension, outermost first; empty for a scalar. */
    public long[] shape() {
        return type.shape();
    }

    /** The number of elements. */
    public long numel() {
        return type.elements();
    }

    /** The elements as read-only little-endian bytes. */
    public ByteBuffer bytes() {
        return bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    ByteString wireBytes() {
        return bytes;
    }

    /**
     * All elements as float64, in row-major order; of complex elements real and imaginary part in turn. Of int64 the
     * nearest float64.
     */
    public double[] toDoubleArray() {
        return Elements.doubles(dtype(), bytes());
    }

    /** As {@link #toDoubleArray}, rounded to float32. */
    public float[] toFloatArray() {
        return Elements.floats(dtype(), bytes());
    }

    /** All elements as complex numbers, in row-major order; those of real types have an imaginary part of 0. */
    public Complex[] toComplexArray() {
        double[] parts = toDoubleArray();
        boolean complex = dtype().isComplex();
        Complex[] values = new Complex[Math.toIntExact(numel())];
        for (int i = 0; i < values.length; i++) {
            values[i] = complex ? Complex.of(parts[2 * i], parts[2 * i + 1]) : Complex.of(parts[i], 0);
        }
        return values;
    }

    /**
     * All elements of an integer or bool tensor, in row-major order.
     *
     * @throws IllegalStateException when the element type is another
     */
    public long[] toLongArray() {
        if (dtype().isDifferentiable()) {
            throw new IllegalStateException("a " + dtype().label() + " tensor does not hold integers");
        }
        return Elements.longs(dtype(), bytes());
    }

    /**
     * All elements of a bool tensor, in row-major order.
     *
     * @throws IllegalStateException when the element type is another
     */
    public boolean[] toBooleanArray() {
        if (dtype() != DType.BOOL) {
            throw new IllegalStateException("a " + dtype().label() + " tensor does not hold truth values");
        }
        boolean[] values = new boolean[bytes.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = bytes.byteAt(i) != 0;
        }
        return values;
    }

    /**
     * The one element.
     *
     * @throws IllegalStateException when there is not exactly one, or it is complex
     */
    public double item() {
        if (numel() != 1 || dtype().isComplex()) {
            throw new IllegalStateException("item() needs one real element, but this is " + type);
        }
        return toDoubleArray()[0];
    }

    /**
     * The one element as a complex number.
     *
     * @throws IllegalStateException when there is not exactly one
     */
    public Complex complexItem() {
        if (numel() != 1) {
            throw new IllegalStateException("complexItem() needs one element, but this is " + type);
        }
        return toComplexArray()[0];
    }

    /** Equal element type, shape and bits. */
    @Override
    public boolean equals(Object other) {
        return other instanceof TensorData that && type.equals(that.type) && bytes.equals(that.bytes);
    }

    @Override
    public int hashCode() {
        return 31 * type.hashCode() + bytes.hashCode();
    }

    /** As PyTorch prints it: {@code tensor([[1., 2.], [3., 4.]])}, long ones summarised. */
    @Override
    public String toString() {
        return TensorPrinter.print(this, "");
    }
}
