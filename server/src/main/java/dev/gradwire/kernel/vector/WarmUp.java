package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.GroupOp;
import dev.gradwire.tensor.DType;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Runs the interpreter's loops on few elements, over and over, until the JVM has compiled them: a loop over vectors that
 * is not compiled takes a thousand times as long, as each vector is an object.
 */
final class WarmUp {
    /** What most graphs are made of, in this order. */
    private static final List<GroupOp> COMMON = List.of(
            GroupOp.MUL,
            GroupOp.ADD,
            GroupOp.SUB,
            GroupOp.DIV,
            GroupOp.WHERE,
            GroupOp.SUM,
            GroupOp.MAX,
            GroupOp.EXP,
            GroupOp.TANH,
            GroupOp.LOG,
            GroupOp.SIGMOID,
            GroupOp.ERF,
            GroupOp.SIN,
            GroupOp.COS,
            GroupOp.SQRT,
            GroupOp.RSQRT,
            GroupOp.NEG,
            GroupOp.MAXIMUM,
            GroupOp.MINIMUM,
            GroupOp.RECIPROCAL,
            GroupOp.GT,
            GroupOp.EQ,
            GroupOp.POW,
            GroupOp.ABS);

    /** Most used first. */
    private static final List<DType> DTYPES =
            List.of(DType.FLOAT32, DType.BOOL, DType.INT64, DType.FLOAT64, DType.INT32);

    /** Enough for some vectors in each call, so that calls and turns of loops both count. */
    private static final int ELEMENTS = 64;

    private static final int ROWS = 4;

    /** The JVM's last compiler looks at a method after 5,000 calls, or 15,000 calls and turns together. */
    static final int CALLS = 2500;

    /** As it compiles in the background, all loops have their turn before the next calls. */
    private static final int ROUNDS = 3;

    private static final int REGISTER_BYTES = 4096;

    private final Primitives[] primitives;
    private final int calls;
    private final long end;
    /** Where registers are: one for a result, two of numbers, one of bools, one for lanes. */
    private final long[] at = new long[5];

    private WarmUp(Primitives[] primitives, int calls, long end) {
        this.primitives = primitives;
        this.calls = calls;
        this.end = end;
    }

    /**
     * Ends when all is done, at the time that {@link System#nanoTime} will give as {@code end}, or when interrupted.
     *
     * @param calls of each loop in a round
     */
    static void run(Primitives[] primitives, int calls, long end) {
        new WarmUp(primitives, calls, end).run();
    }

    private void run() {
        Set<GroupOp> others = EnumSet.allOf(GroupOp.class);
        COMMON.forEach(others::remove);
        try (Arena arena = Arena.ofConfined()) {
            long memory = arena.allocate((long) REGISTER_BYTES * at.length, 64).address();
            for (int i = 0; i < at.length; i++) {
                at[i] = memory + (long) i * REGISTER_BYTES;
            }
            for (List<GroupOp> ops : List.of(COMMON, List.copyOf(others))) {
                for (DType dtype : DTYPES) {
                    run(dtype, ops);
                }
            }
        }
    }

    private void run(DType dtype, List<GroupOp> ops) {
        Primitives loops = primitives[TileProgram.kind(dtype)];
        fill(dtype);
        List<Runnable> tasks = new ArrayList<>();
        for (GroupOp op : ops) {
            if (isLoop(loops, dtype, op)) {
                tasks.add(task(loops, op));
            }
        }
        tasks.add(() -> Memory.fill(at[0], loops.elementBytes, 0, ELEMENTS));
        for (DType to : ops.equals(COMMON) ? DTYPES : List.<DType>of()) {
            tasks.add(() -> Casts.cast(dtype, to, at[0], at[1], ELEMENTS));
        }
        for (int round = 0; round < ROUNDS; round++) {
            for (Runnable task : tasks) {
                for (int call = 0; call < calls && !isOver(); call++) {
                    task.run();
                }
            }
        }
    }

    private static boolean isLoop(Primitives loops, DType operand, GroupOp op) {
        return switch (op) {
            case CONSTANT, INDEX, CAST -> false;
            case EQ, NE, LT, LE, GT, GE -> true;
            case ISNAN -> operand.isFloating();
            default -> loops.takes(op);
        };
    }

    private boolean isOver() {
        return System.nanoTime() - end >= 0 || Thread.currentThread().isInterrupted();
    }

    private Runnable task(Primitives loops, GroupOp op) {
        if (op.isReduction()) {
            int reduction = Opcode.ofReduction(op);
            return () -> {
                loops.reduce(reduction, at[0], at[1], ROWS, ELEMENTS / ROWS, at[4]);
                loops.reduce(reduction, at[0], at[1], 1, ELEMENTS, at[4]);
                loops.start(reduction, at[4]);
                loops.accumulate(reduction, at[4], at[1], ELEMENTS);
                loops.fold(reduction, at[4], at[0]);
                loops.combineRows(reduction, at[0], at[1], ROWS, ELEMENTS / ROWS, 0);
            };
        }
        int first = op == GroupOp.WHERE ? 3 : 1;
        int[] code = {Opcode.of(op), 0, first, 2, 1};
        return () -> loops.run(code, 0, Primitives.WIDTH, at, ELEMENTS);
    }

    /** Numbers between 0 and 1, which no function treats in a way of its own. */
    private void fill(DType dtype) {
        for (int i = 0; i < ELEMENTS; i++) {
            double number = (i + 0.5) / ELEMENTS;
            for (int register = 1; register < 3; register++) {
                switch (dtype) {
                    case FLOAT64 -> Memory.putDouble(at[register] + 8L * i, number);
                    case INT64 -> Memory.putLong(at[register] + 8L * i, i + 1);
                    case INT32 -> Memory.putInt(at[register] + 4L * i, i + 1);
                    case BOOL -> Memory.putBoolean(at[register] + i, i % 3 == 0);
                    default -> Memory.putFloat(at[register] + 4L * i, (float) number);
                }
            }
            Memory.putBoolean(at[3] + i, i % 3 == 0);
        }
    }
}
