package dev.gradwire.kernel.vector;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * Native memory by address. Nothing is checked here: what a group reads and writes is checked as a whole before it runs,
 * and registers are the interpreter's own. Measured against registers in arrays of Java, an instruction on 16 floats
 * takes half the time, and operands need not be copied into registers.
 */
final class Memory {
    /** All of it. */
    @SuppressWarnings("restricted")
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private Memory() {}

    static float getFloat(long address) {
        return ALL.get(JAVA_FLOAT_UNALIGNED, address);
    }

    static void putFloat(long address, float value) {
        ALL.set(JAVA_FLOAT_UNALIGNED, address, value);
    }

    static double getDouble(long address) {
        return ALL.get(JAVA_DOUBLE_UNALIGNED, address);
    }

    static void putDouble(long address, double value) {
        ALL.set(JAVA_DOUBLE_UNALIGNED, address, value);
    }

    static int getInt(long address) {
        return ALL.get(JAVA_INT_UNALIGNED, address);
    }

    static void putInt(long address, int value) {
        ALL.set(JAVA_INT_UNALIGNED, address, value);
    }

    static long getLong(long address) {
        return ALL.get(JAVA_LONG_UNALIGNED, address);
    }

    static void putLong(long address, long value) {
        ALL.set(JAVA_LONG_UNALIGNED, address, value);
    }

    static short getShort(long address) {
        return ALL.get(JAVA_SHORT_UNALIGNED, address);
    }

    static void putShort(long address, short value) {
        ALL.set(JAVA_SHORT_UNALIGNED, address, value);
    }

    static byte getByte(long address) {
        return ALL.get(JAVA_BYTE, address);
    }

    static void putByte(long address, byte value) {
        ALL.set(JAVA_BYTE, address, value);
    }

    static boolean getBoolean(long address) {
        return getByte(address) != 0;
    }

    static void putBoolean(long address, boolean value) {
        putByte(address, (byte) (value ? 1 : 0));
    }

    /** Copies bytes between places that do not overlap. */
    static void copy(long from, long to, long bytes) {
        if (bytes <= 64) {
            long i = 0;
            for (; i + 8 <= bytes; i += 8) {
                putLong(to + i, getLong(from + i));
            }
            for (; i < bytes; i++) {
                putByte(to + i, getByte(from + i));
            }
        } else {
            MemorySegment.copy(ALL, from, ALL, to, bytes);
        }
    }

    /** Writes the element at a place to the following ones. */
    static void fill(long to, int elementBytes, long bits, int n) {
        switch (elementBytes) {
            case 1 -> {
                for (int i = 0; i < n; i++) {
                    putByte(to + i, (byte) bits);
                }
            }
            case 4 -> {
                for (int i = 0; i < n; i++) {
                    putInt(to + 4L * i, (int) bits);
                }
            }
            default -> {
                for (int i = 0; i < n; i++) {
                    putLong(to + 8L * i, bits);
                }
            }
        }
    }

    /** The element at a place as bits. */
    static long bits(long address, int elementBytes) {
        return switch (elementBytes) {
            case 1 -> getByte(address);
            case 4 -> getInt(address);
            default -> getLong(address);
        };
    }
}
