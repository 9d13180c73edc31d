package dev.gradwire.tensor;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Host data of a tensor: little-endian elements in row-major order, without gaps. Nobody writes to the segment once
 * it stands in a {@code Tensor}; whoever made the segment keeps it alive while the tensor is used (segments on the
 * Java heap look after themselves).
 */
public record Tensor(TensorType type, MemorySegment data) {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);

    /** @throws IllegalArgumentException when the bytes are not exactly those of the type */
    public Tensor {
        if (data.byteSize() != type.lengthInBytes()) {
            throw new IllegalArgumentException(
                    type + " has " + type.lengthInBytes() + " bytes, but " + data.byteSize() + " were given");
        }
        data = data.asReadOnly();
    }

    /** Equal type and equal bytes. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Tensor tensor && type.equals(tensor.type) && data.mismatch(tensor.data) < 0;
    }

    /** Of the type and the first bytes: enough to tell constants apart without reading large ones. */
    @Override
    public int hashCode() {
        byte[] head = data.asSlice(0, Math.min(data.byteSize(), 64)).toArray(ValueLayout.JAVA_BYTE);
        return 31 * type.hashCode() + Arrays.hashCode(head);
    }

    /**
     * Elements given as doubles, each rounded to {@code dtype}; of complex ones real and imaginary part in turn.
     */
    public static Tensor of(DType dtype, Shape shape, double... elements) {
        TensorType type = new TensorType(dtype, shape);
        if (dtype.isComplex()) {
            return new Tensor(type, of(dtype.toReal(), shape.insertDim(shape.rank(), 2), elements).data);
        }
        MemorySegment bytes = MemorySegment.ofArray(new byte[Math.toIntExact(type.lengthInBytes())]);
        if (elements.length != shape.elements()) {
            throw new IllegalArgumentException(type + " cannot hold " + elements.length + " elements");
        }
        for (int i = 0; i < elements.length; i++) {
            put(bytes, dtype, i, elements[i]);
        }
        return new Tensor(type, bytes);
    }

    public static Tensor scalar(DType dtype, double element) {
        return dtype.isComplex() ? scalar(dtype, element, 0) : of(dtype, Shape.SCALAR, element);
    }

    /** A complex scalar. */
    public static Tensor scalar(DType dtype, double real, double imaginary) {
        return of(dtype, Shape.SCALAR, real, imaginary);
    }

    /** A scalar that keeps all 64 bits of an integer. */
    public static Tensor scalar(DType dtype, long element) {
        if (dtype != DType.INT64) {
            return scalar(dtype, (double) element);
        }
        MemorySegment bytes = MemorySegment.ofArray(new byte[Long.BYTES]);
        bytes.set(I64, 0, element);
        return new Tensor(new TensorType(dtype, Shape.SCALAR), bytes);
    }

    /** Element {@code index} in row-major order as a double; only for real types. */
    public double getDouble(long index) {
        return switch (type.dtype()) {
            case FLOAT32 -> data.getAtIndex(F32, index);
            case FLOAT64 -> data.getAtIndex(F64, index);
            case FLOAT16 -> Float.float16ToFloat(data.getAtIndex(I16, index));
            case BFLOAT16 -> Float.intBitsToFloat(data.getAtIndex(I16, index) << 16);
            default -> getLong(index);
        };
    }

    /** Real part of element {@code index} in row-major order; of a real tensor the element. */
    public double getReal(long index) {
        return type.dtype().isComplex() ? getPart(2 * index) : getDouble(index);
    }

    /** Imaginary part of element {@code index} in row-major order; of a real tensor 0. */
    public double getImaginary(long index) {
        return type.dtype().isComplex() ? getPart(2 * index + 1) : 0;
    }

    private double getPart(long index) {
        return type.dtype() == DType.COMPLEX64 ? data.getAtIndex(F32, index) : data.getAtIndex(F64, index);
    }

    /** Element {@code index} in row-major order as a long; only for integer and bool types. */
    public long getLong(long index) {
        return switch (type.dtype()) {
            case INT64 -> data.getAtIndex(I64, index);
            case INT32 -> data.getAtIndex(I32, index);
            case INT16 -> data.getAtIndex(I16, index);
            case INT8, BOOL -> data.get(ValueLayout.JAVA_BYTE, index);
            case UINT8 -> data.get(ValueLayout.JAVA_BYTE, index) & 0xff;
            default -> throw new IllegalStateException(type + " has no integer elements");
        };
    }

    private static void put(MemorySegment bytes, DType dtype, long index, double value) {
        switch (dtype) {
            case FLOAT32 -> bytes.setAtIndex(F32, index, (float) value);
            case FLOAT64 -> bytes.setAtIndex(F64, index, value);
            case FLOAT16 -> bytes.setAtIndex(I16, index, Float.floatToFloat16((float) value));
            case BFLOAT16 -> bytes.setAtIndex(I16, index, roundToBfloat16((float) value));
            case INT64 -> bytes.setAtIndex(I64, index, (long) value);
            case INT32 -> bytes.setAtIndex(I32, index, (int) value);
            case INT16 -> bytes.setAtIndex(I16, index, (short) value);
            case INT8, UINT8 -> bytes.set(ValueLayout.JAVA_BYTE, index, (byte) (int) value);
            case BOOL -> bytes.set(ValueLayout.JAVA_BYTE, index, (byte) (value != 0 ? 1 : 0));
            case COMPLEX64, COMPLEX128 -> throw new IllegalArgumentException("a double is not a " + dtype.label());
        }
    }

    /** Rounds to nearest, ties to even; NaN stays NaN. */
    private static short roundToBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }
}
