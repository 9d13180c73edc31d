package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.Memory.getBoolean;
import static dev.gradwire.kernel.vector.Memory.getDouble;
import static dev.gradwire.kernel.vector.Memory.putBoolean;
import static dev.gradwire.kernel.vector.Memory.putDouble;

import dev.gradwire.kernel.GroupOp;
import org.jspecify.annotations.Nullable;

/** Loops over registers of float64 one element at a time, for a Java without the module of vectors. */
final class DoubleScalars extends Primitives {
    private final @Nullable Loop[] functions = DoubleScalarLoops.table();

    DoubleScalars() {
        super(Double.BYTES);
    }

    static double load(long a, int i) {
        return getDouble(a + 8L * i);
    }

    static void store(double x, long d, int i) {
        putDouble(d + 8L * i, x);
    }

    @Override
    void run(int[] code, int from, int to, long[] at, int n) {
        for (int p = from; p < to; p += WIDTH) {
            long d = at[code[p + 1]];
            long a = at[code[p + 2]];
            long b = at[code[p + 3]];
            long c = at[code[p + 4]];
            int op = code[p];
            if (op >= Opcode.FUNCTION) {
                function(op).run(d, a, b, n);
            } else if (op == Opcode.WHERE) {
                for (int i = 0; i < n; i++) {
                    store(getBoolean(a + i) ? load(b, i) : load(c, i), d, i);
                }
            } else if (op == Opcode.FMA) {
                for (int i = 0; i < n; i++) {
                    store(Math.fma(load(a, i), load(b, i), load(c, i)), d, i);
                }
            } else if (op == Opcode.ISNAN) {
                compare(Opcode.NE, d, a, a, n);
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
            case Opcode.DIV -> {
                for (int i = 0; i < n; i++) {
                    store(load(a, i) / load(b, i), d, i);
                }
            }
            default -> {
                for (int i = 0; i < n; i++) {
                    store(one(op, load(a, i), load(b, i)), d, i);
                }
            }
        }
    }

    private static double one(int op, double x, double y) {
        return switch (op) {
            case Opcode.MAXIMUM -> Math.max(x, y);
            case Opcode.MINIMUM -> Math.min(x, y);
            case Opcode.ABS -> Math.abs(x);
            case Opcode.NEG -> -x;
            case Opcode.SQRT -> Math.sqrt(x);
            case Opcode.RECIPROCAL -> 1 / x;
            case Opcode.SIGN -> x > 0 ? 1 : x < 0 ? -1 : 0;
            default -> throw new IllegalStateException("no instruction of floating point: " + op);
        };
    }

    private static void compare(int op, long d, long a, long b, int n) {
        for (int i = 0; i < n; i++) {
            double x = load(a, i);
            double y = load(b, i);
            boolean holds = switch (op) {
                case Opcode.EQ -> x == y;
                case Opcode.NE -> x != y;
                case Opcode.LT -> x < y;
                case Opcode.LE -> x <= y;
                case Opcode.GT -> x > y;
                default -> x >= y;
            };
            putBoolean(d + i, holds);
        }
    }

    private static double combine(int op, double x, double y) {
        return switch (op) {
            case Opcode.SUM -> x + y;
            case Opcode.PROD -> x * y;
            case Opcode.MAX -> Math.max(x, y);
            default -> Math.min(x, y);
        };
    }

    private Loop function(int op) {
        Loop function = functions[op - Opcode.FUNCTION];
        if (function == null) {
            throw new IllegalStateException("no function of floating point: " + op);
        }
        return function;
    }

    @Override
    boolean takes(GroupOp op) {
        return switch (op) {
            case DIV, SQRT, RECIPROCAL, FMA -> true;
            default -> functions[Opcode.number(op)] != null || super.takes(op);
        };
    }

    @Override
    long identity(int op) {
        double number = switch (op) {
            case Opcode.SUM -> 0;
            case Opcode.PROD -> 1;
            case Opcode.MAX -> Double.NEGATIVE_INFINITY;
            default -> Double.POSITIVE_INFINITY;
        };
        return Double.doubleToRawLongBits(number);
    }

    @Override
    void combine(int op, long d, long a) {
        store(combine(op, load(d, 0), load(a, 0)), d, 0);
    }

    @Override
    void accumulate(int op, long lanes, long a, int n) {
        for (int i = 0; i < n; i++) {
            int lane = i % ReductionOrder.LANES;
            store(combine(op, load(lanes, lane), load(a, i)), lanes, lane);
        }
    }

    @Override
    void fold(int op, long lanes, long d) {
        for (int half = ReductionOrder.LANES / 2; half > 0; half /= 2) {
            for (int j = 0; j < half; j++) {
                store(combine(op, load(lanes, j), load(lanes, j + half)), lanes, j);
            }
        }
        store(load(lanes, 0), d, 0);
    }

    @Override
    void reduce(int op, long d, long a, int rows, int columns, long lanes) {
        for (int row = 0; row < rows; row++) {
            start(op, lanes);
            accumulate(op, lanes, a + 8L * row * columns, columns);
            fold(op, lanes, d + 8L * row);
        }
    }

    @Override
    void combineRows(int op, long d, long a, int rows, int columns, long rowBytes) {
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < columns; i++) {
                store(combine(op, load(d, i), load(a + row * rowBytes, i)), d, i);
            }
        }
    }
}
