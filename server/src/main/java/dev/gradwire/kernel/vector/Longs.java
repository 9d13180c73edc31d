package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.Memory.getBoolean;
import static dev.gradwire.kernel.vector.Memory.getLong;
import static dev.gradwire.kernel.vector.Memory.putBoolean;
import static dev.gradwire.kernel.vector.Memory.putLong;

/** Loops over registers of int64. Overflow wraps around, so that no order of reduction matters. */
final class Longs extends Primitives {
    Longs() {
        super(Long.BYTES);
    }

    private static long load(long a, int i) {
        return getLong(a + 8L * i);
    }

    private static void store(long x, long d, int i) {
        putLong(d + 8L * i, x);
    }

    @Override
    void run(int[] code, int from, int to, long[] at, int n) {
        for (int p = from; p < to; p += WIDTH) {
            long d = at[code[p + 1]];
            long a = at[code[p + 2]];
            long b = at[code[p + 3]];
            long c = at[code[p + 4]];
            int op = code[p];
            if (op == Opcode.WHERE) {
                for (int i = 0; i < n; i++) {
                    store(getBoolean(a + i) ? load(b, i) : load(c, i), d, i);
                }
            } else if (op >= Opcode.EQ && op <= Opcode.GE) {
                compare(op, d, a, b, n);
            } else {
                arithmetic(op, d, a, b, n);
            }
        }
    }

    private static void arithmetic(int op, long d, long a, long b, int n) {
        switch (op) {
            case Opcode.ADD -> {
                for (int i = 0; i < n; i++) {
                    store(load(a, i) + load(b, i), d, i);
                }
            }
            case Opcode.SUB -> {
                for (int i = 0; i < n; i++) {
                    store(load(a, i) - load(b, i), d, i);
                }
            }
            case Opcode.MUL -> {
                for (int i = 0; i < n; i++) {
                    store(load(a, i) * load(b, i), d, i);
                }
            }
            default -> {
                for (int i = 0; i < n; i++) {
                    store(one(op, load(a, i), load(b, i)), d, i);
                }
            }
        }
    }

    private static long one(int op, long x, long y) {
        return switch (op) {
            case Opcode.MAXIMUM -> Math.max(x, y);
            case Opcode.MINIMUM -> Math.min(x, y);
            case Opcode.ABS -> Math.abs(x);
            case Opcode.NEG -> -x;
            case Opcode.SIGN -> Long.signum(x);
            default -> throw new IllegalStateException("no instruction of integers: " + op);
        };
    }

    private static void compare(int op, long d, long a, long b, int n) {
        switch (op) {
            case Opcode.EQ -> {
                for (int i = 0; i < n; i++) {
                    putBoolean(d + i, load(a, i) == load(b, i));
                }
            }
            case Opcode.NE -> {
                for (int i = 0; i < n; i++) {
                    putBoolean(d + i, load(a, i) != load(b, i));
                }
            }
            case Opcode.LT -> less(d, a, b, n);
            case Opcode.GT -> less(d, b, a, n);
            case Opcode.LE -> atMost(d, a, b, n);
            default -> atMost(d, b, a, n);
        }
    }

    private static void less(long d, long a, long b, int n) {
        for (int i = 0; i < n; i++) {
            putBoolean(d + i, load(a, i) < load(b, i));
        }
    }

    private static void atMost(long d, long a, long b, int n) {
        for (int i = 0; i < n; i++) {
            putBoolean(d + i, load(a, i) <= load(b, i));
        }
    }

    private static long both(int op, long x, long y) {
        return switch (op) {
            case Opcode.SUM -> x + y;
            case Opcode.PROD -> x * y;
            case Opcode.MAX -> Math.max(x, y);
            default -> Math.min(x, y);
        };
    }

    private static long combined(int op, long a, int n) {
        long all = least(op);
        for (int i = 0; i < n; i++) {
            all = both(op, all, load(a, i));
        }
        return all;
    }

    private static long least(int op) {
        return switch (op) {
            case Opcode.SUM -> 0;
            case Opcode.PROD -> 1;
            case Opcode.MAX -> Long.MIN_VALUE;
            default -> Long.MAX_VALUE;
        };
    }

    @Override
    long identity(int op) {
        return least(op);
    }

    @Override
    void combine(int op, long d, long a) {
        store(both(op, load(d, 0), load(a, 0)), d, 0);
    }

    @Override
    void accumulate(int op, long lanes, long a, int n) {
        store(both(op, load(lanes, 0), combined(op, a, n)), lanes, 0);
    }

    @Override
    void fold(int op, long lanes, long d) {
        store(combined(op, lanes, ReductionOrder.LANES), d, 0);
    }

    @Override
    void reduce(int op, long d, long a, int rows, int columns, long lanes) {
        for (int row = 0; row < rows; row++) {
            store(combined(op, a + 8L * row * columns, columns), d, row);
        }
    }

    @Override
    void combineRows(int op, long d, long a, int rows, int columns, long rowBytes) {
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < columns; i++) {
                store(both(op, load(d, i), load(a + row * rowBytes, i)), d, i);
            }
        }
    }
}
