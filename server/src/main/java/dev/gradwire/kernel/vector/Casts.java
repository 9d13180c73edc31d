package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.Memory.getByte;
import static dev.gradwire.kernel.vector.Memory.getDouble;
import static dev.gradwire.kernel.vector.Memory.getFloat;
import static dev.gradwire.kernel.vector.Memory.getInt;
import static dev.gradwire.kernel.vector.Memory.getLong;
import static dev.gradwire.kernel.vector.Memory.putBoolean;
import static dev.gradwire.kernel.vector.Memory.putDouble;
import static dev.gradwire.kernel.vector.Memory.putFloat;
import static dev.gradwire.kernel.vector.Memory.putInt;
import static dev.gradwire.kernel.vector.Memory.putLong;

import dev.gradwire.tensor.DType;

/**
 * From registers of one dtype to those of another: between floating types rounded to the nearest, to integers cut off
 * (what is too large becomes the nearest integer there is, NaN 0), to bool whether not 0.
 */
final class Casts {
    private Casts() {}

    static void cast(DType from, DType to, long d, long a, int n) {
        switch (to) {
            case FLOAT32, FLOAT16, BFLOAT16 -> {
                toFloat(from, d, a, n);
                if (to != DType.FLOAT32) {
                    Halves.round(to, d, n);
                }
            }
            case FLOAT64 -> toDouble(from, d, a, n);
            case INT32 -> toInt(from, d, a, n);
            case INT64 -> toLong(from, d, a, n);
            case BOOL -> toBool(from, d, a, n);
            default -> throw new IllegalStateException(to.label());
        }
    }

    private static void toFloat(DType from, long d, long a, int n) {
        switch (from) {
            case FLOAT32, FLOAT16, BFLOAT16 -> {
                for (int i = 0; i < n; i++) {
                    putFloat(d + 4L * i, getFloat(a + 4L * i));
                }
            }
            case FLOAT64 -> {
                for (int i = 0; i < n; i++) {
                    putFloat(d + 4L * i, (float) getDouble(a + 8L * i));
                }
            }
            case INT32 -> {
                for (int i = 0; i < n; i++) {
                    putFloat(d + 4L * i, (float) getInt(a + 4L * i));
                }
            }
            case INT64 -> {
                for (int i = 0; i < n; i++) {
                    putFloat(d + 4L * i, (float) getLong(a + 8L * i));
                }
            }
            case BOOL -> {
                for (int i = 0; i < n; i++) {
                    putFloat(d + 4L * i, getByte(a + i));
                }
            }
            default -> throw new IllegalStateException(from.label());
        }
    }

    private static void toDouble(DType from, long d, long a, int n) {
        switch (from) {
            case FLOAT32, FLOAT16, BFLOAT16 -> {
                for (int i = 0; i < n; i++) {
                    putDouble(d + 8L * i, getFloat(a + 4L * i));
                }
            }
            case FLOAT64 -> {
                for (int i = 0; i < n; i++) {
                    putDouble(d + 8L * i, getDouble(a + 8L * i));
                }
            }
            case INT32 -> {
                for (int i = 0; i < n; i++) {
                    putDouble(d + 8L * i, getInt(a + 4L * i));
                }
            }
            case INT64 -> {
                for (int i = 0; i < n; i++) {
                    putDouble(d + 8L * i, (double) getLong(a + 8L * i));
                }
            }
            case BOOL -> {
                for (int i = 0; i < n; i++) {
                    putDouble(d + 8L * i, getByte(a + i));
                }
            }
            default -> throw new IllegalStateException(from.label());
        }
    }

    private static void toInt(DType from, long d, long a, int n) {
        switch (from) {
            case FLOAT32, FLOAT16, BFLOAT16 -> {
                for (int i = 0; i < n; i++) {
                    putInt(d + 4L * i, (int) getFloat(a + 4L * i));
                }
            }
            case FLOAT64 -> {
                for (int i = 0; i < n; i++) {
                    putInt(d + 4L * i, (int) getDouble(a + 8L * i));
                }
            }
            case INT32 -> {
                for (int i = 0; i < n; i++) {
                    putInt(d + 4L * i, getInt(a + 4L * i));
                }
            }
            case INT64 -> {
                for (int i = 0; i < n; i++) {
                    putInt(d + 4L * i, (int) getLong(a + 8L * i));
                }
            }
            case BOOL -> {
                for (int i = 0; i < n; i++) {
                    putInt(d + 4L * i, getByte(a + i));
                }
            }
            default -> throw new IllegalStateException(from.label());
        }
    }

    private static void toLong(DType from, long d, long a, int n) {
        switch (from) {
            case FLOAT32, FLOAT16, BFLOAT16 -> {
                for (int i = 0; i < n; i++) {
                    putLong(d + 8L * i, (long) getFloat(a + 4L * i));
                }
            }
            case FLOAT64 -> {
                for (int i = 0; i < n; i++) {
                    putLong(d + 8L * i, (long) getDouble(a + 8L * i));
                }
            }
            case INT32 -> {
                for (int i = 0; i < n; i++) {
                    putLong(d + 8L * i, getInt(a + 4L * i));
                }
            }
            case INT64 -> {
                for (int i = 0; i < n; i++) {
                    putLong(d + 8L * i, getLong(a + 8L * i));
                }
            }
            case BOOL -> {
                for (int i = 0; i < n; i++) {
                    putLong(d + 8L * i, getByte(a + i));
                }
            }
            default -> throw new IllegalStateException(from.label());
        }
    }

    private static void toBool(DType from, long d, long a, int n) {
        switch (from) {
            case FLOAT32, FLOAT16, BFLOAT16 -> {
                for (int i = 0; i < n; i++) {
                    putBoolean(d + i, getFloat(a + 4L * i) != 0);
                }
            }
            case FLOAT64 -> {
                for (int i = 0; i < n; i++) {
                    putBoolean(d + i, getDouble(a + 8L * i) != 0);
                }
            }
            case INT32 -> {
                for (int i = 0; i < n; i++) {
                    putBoolean(d + i, getInt(a + 4L * i) != 0);
                }
            }
            case INT64 -> {
                for (int i = 0; i < n; i++) {
                    putBoolean(d + i, getLong(a + 8L * i) != 0);
                }
            }
            case BOOL -> {
                for (int i = 0; i < n; i++) {
                    putBoolean(d + i, getByte(a + i) != 0);
                }
            }
            default -> throw new IllegalStateException(from.label());
        }
    }
}
