package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.Memory.getFloat;
import static dev.gradwire.kernel.vector.Memory.getShort;
import static dev.gradwire.kernel.vector.Memory.putFloat;
import static dev.gradwire.kernel.vector.Memory.putShort;

import dev.gradwire.tensor.DType;

/** float16 and bfloat16, which stand in registers as float32. */
final class Halves {
    private Halves() {}

    static boolean is(DType dtype) {
        return dtype == DType.FLOAT16 || dtype == DType.BFLOAT16;
    }

    private static float bfloat(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** To the nearest, halves to even; NaN stays NaN. */
    private static short bfloat(float x) {
        int bits = Float.floatToRawIntBits(x);
        if (Float.isNaN(x)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }

    /** Reads n elements, the given number of them apart, into a register. */
    static void widen(DType dtype, long from, long stride, long to, int n) {
        if (dtype == DType.FLOAT16) {
            for (int i = 0; i < n; i++) {
                putFloat(to + 4L * i, Float.float16ToFloat(getShort(from + 2 * stride * i)));
            }
        } else {
            for (int i = 0; i < n; i++) {
                putFloat(to + 4L * i, bfloat(getShort(from + 2 * stride * i)));
            }
        }
    }

    /** Writes n elements of a register, rounded. */
    static void narrow(DType dtype, long from, long to, int n) {
        if (dtype == DType.FLOAT16) {
            for (int i = 0; i < n; i++) {
                putShort(to + 2L * i, Float.floatToFloat16(getFloat(from + 4L * i)));
            }
        } else {
            for (int i = 0; i < n; i++) {
                putShort(to + 2L * i, bfloat(getFloat(from + 4L * i)));
            }
        }
    }

    /** Rounds the numbers of a register to those of a narrower type. */
    static void round(DType dtype, long at, int n) {
        if (dtype == DType.FLOAT16) {
            for (int i = 0; i < n; i++) {
                putFloat(at + 4L * i, Float.float16ToFloat(Float.floatToFloat16(getFloat(at + 4L * i))));
            }
        } else {
            for (int i = 0; i < n; i++) {
                putFloat(at + 4L * i, bfloat(bfloat(getFloat(at + 4L * i))));
            }
        }
    }
}
