package dev.gradwire.client;

import java.nio.ByteBuffer;

/** Between little-endian bytes and Java numbers. */
final class Elements {
    private Elements() {}

    static double[] doubles(DType dtype, ByteBuffer bytes) {
        double[] values = new double[count(dtype, bytes)];
        switch (dtype) {
            case FLOAT64, COMPLEX128 -> bytes.asDoubleBuffer().get(values);
            default -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = real(dtype, bytes, i);
                }
            }
        }
        return values;
    }

    static float[] floats(DType dtype, ByteBuffer bytes) {
        float[] values = new float[count(dtype, bytes)];
        switch (dtype) {
            case FLOAT32, COMPLEX64 -> bytes.asFloatBuffer().get(values);
            case INT64 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) bytes.getLong(8 * i);
                }
            }
            default -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) real(dtype, bytes, i);
                }
            }
        }
        return values;
    }

    static long[] longs(DType dtype, ByteBuffer bytes) {
        long[] values = new long[count(dtype, bytes)];
        for (int i = 0; i < values.length; i++) {
            values[i] = integer(dtype, bytes, i);
        }
        return values;
    }

    private static int count(DType dtype, ByteBuffer bytes) {
        return bytes.remaining() / (dtype.isComplex() ? dtype.sizeInBytes() / 2 : dtype.sizeInBytes());
    }

    /** Element {@code i}; for complex types part {@code i}. */
    static double real(DType dtype, ByteBuffer bytes, int i) {
        return switch (dtype) {
            case FLOAT32, COMPLEX64 -> bytes.getFloat(4 * i);
            case FLOAT64, COMPLEX128 -> bytes.getDouble(8 * i);
            case FLOAT16 -> Float.float16ToFloat(bytes.getShort(2 * i));
            case BFLOAT16 -> Float.intBitsToFloat(bytes.getShort(2 * i) << 16);
            default -> integer(dtype, bytes, i);
        };
    }

    static long integer(DType dtype, ByteBuffer bytes, int i) {
        return switch (dtype) {
            case INT8 -> bytes.get(i);
            case INT16 -> bytes.getShort(2 * i);
            case INT32 -> bytes.getInt(4 * i);
            case INT64 -> bytes.getLong(8 * i);
            case UINT8 -> Byte.toUnsignedLong(bytes.get(i));
            case BOOL -> bytes.get(i) == 0 ? 0 : 1;
            default -> throw new IllegalArgumentException(dtype + " is not an integer type");
        };
    }

    /** Appends the numbers, rounded to nearest even for floating types, truncated for integer ones. */
    static void put(DType dtype, double[] values, ByteBuffer bytes) {
        for (double value : values) {
            switch (dtype) {
                case FLOAT32, COMPLEX64 -> bytes.putFloat((float) value);
                case FLOAT64, COMPLEX128 -> bytes.putDouble(value);
                case FLOAT16 -> bytes.putShort(Float.floatToFloat16((float) value));
                case BFLOAT16 -> bytes.putShort(bfloat16((float) value));
                case INT8, UINT8 -> bytes.put((byte) (long) value);
                case INT16 -> bytes.putShort((short) (long) value);
                case INT32 -> bytes.putInt((int) (long) value);
                case INT64 -> bytes.putLong((long) value);
                case BOOL -> bytes.put((byte) (value == 0 ? 0 : 1));
            }
        }
    }

    private static short bfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) ((bits >>> 16) | 0x40);
        }
        int roundToEven = 0x7fff + ((bits >>> 16) & 1);
        return (short) ((bits + roundToEven) >>> 16);
    }
}
