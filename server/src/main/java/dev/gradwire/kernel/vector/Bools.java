package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.Memory.getByte;
import static dev.gradwire.kernel.vector.Memory.getLong;
import static dev.gradwire.kernel.vector.Memory.putByte;
import static dev.gradwire.kernel.vector.Memory.putLong;

import dev.gradwire.kernel.GroupOp;

/** Loops over registers of bool, eight at a time. */
final class Bools extends Primitives {
    private static final int LANES = Long.BYTES;
    private static final long TRUE = 0x0101010101010101L;

    Bools() {
        super(1);
    }

    @Override
    boolean takes(GroupOp op) {
        return switch (op) {
            case CONSTANT, CAST, WHERE, EQ, NE, LT, LE, GT, GE, ISNAN, AND, OR, XOR, NOT, ANY, ALL -> true;
            default -> false;
        };
    }

    @Override
    void run(int[] code, int from, int to, long[] at, int n) {
        for (int p = from; p < to; p += WIDTH) {
            long d = at[code[p + 1]];
            long a = at[code[p + 2]];
            long b = at[code[p + 3]];
            long c = at[code[p + 4]];
            switch (code[p]) {
                case Opcode.AND, Opcode.MUL, Opcode.MINIMUM -> {
                    for (int i = 0; i < n; i += LANES) {
                        putLong(d + i, getLong(a + i) & getLong(b + i));
                    }
                }
                case Opcode.OR, Opcode.ADD, Opcode.MAXIMUM -> {
                    for (int i = 0; i < n; i += LANES) {
                        putLong(d + i, getLong(a + i) | getLong(b + i));
                    }
                }
                case Opcode.XOR, Opcode.NE -> {
                    for (int i = 0; i < n; i += LANES) {
                        putLong(d + i, getLong(a + i) ^ getLong(b + i));
                    }
                }
                case Opcode.EQ -> {
                    for (int i = 0; i < n; i += LANES) {
                        putLong(d + i, getLong(a + i) ^ getLong(b + i) ^ TRUE);
                    }
                }
                case Opcode.NOT -> {
                    for (int i = 0; i < n; i += LANES) {
                        putLong(d + i, getLong(a + i) ^ TRUE);
                    }
                }
                case Opcode.LT -> less(d, a, b, n);
                case Opcode.GT -> less(d, b, a, n);
                case Opcode.LE -> atMost(d, a, b, n);
                case Opcode.GE -> atMost(d, b, a, n);
                case Opcode.WHERE -> {
                    for (int i = 0; i < n; i += LANES) {
                        long which = getLong(a + i);
                        putLong(d + i, getLong(b + i) & which | getLong(c + i) & (which ^ TRUE));
                    }
                }
                default -> throw new IllegalStateException("no instruction of bools: " + code[p]);
            }
        }
    }

    private static void less(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            putLong(d + i, (getLong(a + i) ^ TRUE) & getLong(b + i));
        }
    }

    private static void atMost(long d, long a, long b, int n) {
        for (int i = 0; i < n; i += LANES) {
            putLong(d + i, getLong(a + i) ^ TRUE | getLong(b + i));
        }
    }

    @Override
    long identity(int op) {
        return op == Opcode.MAX ? 0 : 1;
    }

    private static byte combine(int op, byte x, byte y) {
        return (byte) (op == Opcode.MAX ? x | y : x & y);
    }

    private static byte combined(int op, long a, int n) {
        byte all = (byte) (op == Opcode.MAX ? 0 : 1);
        for (int i = 0; i < n; i++) {
            all = combine(op, all, getByte(a + i));
        }
        return all;
    }

    @Override
    void combine(int op, long d, long a) {
        putByte(d, combine(op, getByte(d), getByte(a)));
    }

    @Override
    void accumulate(int op, long lanes, long a, int n) {
        putByte(lanes, combine(op, getByte(lanes), combined(op, a, n)));
    }

    @Override
    void fold(int op, long lanes, long d) {
        putByte(d, combined(op, lanes, ReductionOrder.LANES));
    }

    @Override
    void reduce(int op, long d, long a, int rows, int columns, long lanes) {
        for (int row = 0; row < rows; row++) {
            putByte(d + row, combined(op, a + (long) row * columns, columns));
        }
    }

    @Override
    void combineRows(int op, long d, long a, int rows, int columns, long rowBytes) {
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < columns; i++) {
                putByte(d + i, combine(op, getByte(d + i), getByte(a + row * rowBytes + i)));
            }
        }
    }
}
