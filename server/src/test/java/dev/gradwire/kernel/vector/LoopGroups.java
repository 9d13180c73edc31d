package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Draws groups that loops can run, functions included: the tile interpreter says what is right. */
final class LoopGroups {
    private static final GroupOp[] OPS = GroupOp.values();

    /** Draws that find no fitting operands come to nothing; there are only so many. */
    private static final int MOST_DRAWS = 2000;

    private final VectorGroups groups = VectorGroups.open();
    private final Random random;
    private final long rows;
    private final long columns;
    private final DType[] dtypes;
    private final boolean reducing;
    private final List<Group.Read> reads = new ArrayList<>();
    private final List<Group.Instruction> instructions = new ArrayList<>();

    private LoopGroups(Random random, long rows, long columns) {
        this.random = random;
        this.rows = rows;
        this.columns = columns;
        dtypes = random.nextInt(3) == 0
                ? new DType[] {DType.FLOAT64, DType.FLOAT64, DType.FLOAT64, DType.INT64, DType.BOOL}
                : new DType[] {DType.FLOAT32, DType.FLOAT32, DType.FLOAT32, DType.INT32, DType.BOOL, DType.INT64};
        reducing = random.nextInt(3) > 0;
    }

    static Group draw(Random random, long rows, long columns, int length) {
        return new LoopGroups(random, rows, columns).draw(length);
    }

    private Group draw(int length) {
        int readCount = 1 + random.nextInt(4);
        for (int i = 0; i < readCount; i++) {
            boolean once = reducing && random.nextInt(4) == 0;
            Layout layout = once ? rowLayout() : layout();
            reads.add(new Group.Read(dtypes[i == 0 ? 0 : random.nextInt(5)], Group.Places.of(layout), once));
        }
        for (int i = 0; i < MOST_DRAWS && instructions.size() < length; i++) {
            Group.Instruction line = instruction(OPS[random.nextInt(OPS.length)]);
            if (line == null) {
                continue;
            }
            instructions.add(line);
            if (LoopSupport.refusal(LoopForm.of(group(List.of()), true)) != null) {
                instructions.removeLast();
            }
        }
        List<Group.Write> writes = new ArrayList<>();
        int writeCount = 1 + random.nextInt(4);
        for (int i = 0; i < writeCount; i++) {
            int count = reads.size() + instructions.size();
            int value = random.nextInt(3) == 0 ? random.nextInt(count) : count - 1 - random.nextInt(Math.min(4, count));
            GroupOp overRows = reducing && random.nextInt(3) == 0 ? overRows(dtype(value)) : null;
            writes.add(new Group.Write(value, overRows));
        }
        return group(writes);
    }

    private Group group(List<Group.Write> writes) {
        return new Group(rows, columns, reads, instructions, writes);
    }

    private GroupOp overRows(DType dtype) {
        if (dtype == DType.BOOL) {
            return random.nextBoolean() ? GroupOp.ANY : GroupOp.ALL;
        }
        return List.of(GroupOp.SUM, GroupOp.SUM, GroupOp.PROD, GroupOp.MAX, GroupOp.MIN)
                .get(random.nextInt(5));
    }

    private Layout rowLayout() {
        long[] strides = {random.nextInt(3), 0};
        return new Layout(new long[] {rows, columns}, strides, random.nextInt(3));
    }

    private Layout layout() {
        long offset = random.nextInt(4);
        long[] sizes = {rows, columns};
        return switch (random.nextInt(9)) {
            case 0 -> new Layout(sizes, new long[] {0, 0}, offset);
            case 1 -> new Layout(sizes, new long[] {0, 1}, offset);
            case 2 -> new Layout(sizes, new long[] {1, rows}, offset);
            case 3 -> new Layout(sizes, new long[] {2 * columns, 2}, offset);
            case 4 -> new Layout(sizes, new long[] {-columns, 1}, offset + (rows - 1) * columns);
            case 5 -> new Layout(sizes, new long[] {1, 0}, offset);
            case 6 -> deep(offset);
            default -> new Layout(sizes, new long[] {columns, 1}, offset);
        };
    }

    /** The places in four dimensions, in another order. */
    private Layout deep(long offset) {
        long outer = rows % 2 == 0 ? 2 : 1;
        long inner = columns % 3 == 0 ? 3 : columns % 2 == 0 ? 2 : 1;
        return new Layout(
                new long[] {outer, rows / outer, columns / inner, inner},
                new long[] {1, columns * outer, inner * outer, random.nextBoolean() ? outer : 0},
                offset);
    }

    private Group.@Nullable Instruction instruction(GroupOp op) {
        if (op.isReduction() && !(reducing && random.nextBoolean())) {
            return null;
        }
        int a = random.nextInt(reads.size() + instructions.size());
        return switch (op) {
            case CONSTANT -> {
                DType dtype = dtypes[random.nextInt(dtypes.length)];
                long number = dtype.isFloating()
                        ? Double.doubleToRawLongBits(random.nextInt(9) / 2.0 - 2)
                        : random.nextInt(dtype == DType.BOOL ? 2 : 9);
                yield new Group.Instruction(op, dtype, random.nextBoolean(), -1, -1, -1, number);
            }
            case INDEX -> new Group.Instruction(op, DType.INT64, false, -1, -1, -1, 0);
            case CAST -> line(op, dtypes[random.nextInt(dtypes.length)], a, -1, -1);
            case WHERE -> {
                int condition = operand(DType.BOOL);
                yield condition < 0 ? null : line(op, dtype(a), condition, a, operand(dtype(a)));
            }
            // What the JDK computes differs in the last place before and after the compiler has seen it.
            case EXP,
                    EXP2,
                    EXPM1,
                    LOG,
                    LOG2,
                    LOG10,
                    LOG1P,
                    SIN,
                    COS,
                    TAN,
                    ASIN,
                    ACOS,
                    ATAN,
                    SINH,
                    COSH,
                    TANH,
                    ASINH,
                    ACOSH,
                    ATANH,
                    SIGMOID,
                    ERF,
                    ERFC,
                    LGAMMA,
                    DIGAMMA -> {
                boolean own = dtype(a) == DType.FLOAT32 && op != GroupOp.LGAMMA && op != GroupOp.DIGAMMA;
                yield own ? line(op, dtype(a), a, -1, -1) : null;
            }
            case POW, ATAN2 -> {
                int b = operand(dtype(a));
                yield dtype(a) == DType.FLOAT32 && b >= 0 ? line(op, dtype(a), a, b, -1) : null;
            }
            default -> {
                DType own = switch (op) {
                    case EQ, NE, LT, LE, GT, GE, ISNAN -> DType.BOOL;
                    default -> dtype(a);
                };
                int b = op.arity() > 1 ? operand(dtype(a)) : -1;
                int c = op.arity() > 2 ? operand(dtype(a)) : -1;
                yield own == DType.BOOL || groups.takes(op, own) ? line(op, own, a, b, c) : null;
            }
        };
    }

    /** Stands once for a row where all operands do, and mostly says so. */
    private Group.Instruction line(GroupOp op, DType dtype, int a, int b, int c) {
        boolean once = perRow(a) && (b < 0 || perRow(b)) && (c < 0 || perRow(c)) && random.nextInt(5) > 0;
        return new Group.Instruction(op, dtype, op.isReduction() || once, a, b, c, 0);
    }

    private DType dtype(int value) {
        return group(List.of()).dtype(value);
    }

    private boolean perRow(int value) {
        return group(List.of()).perRow(value);
    }

    /** A value of this dtype, or −1. */
    private int operand(DType dtype) {
        List<Integer> fitting = new ArrayList<>();
        for (int i = 0; i < reads.size() + instructions.size(); i++) {
            if (dtype(i) == dtype) {
                fitting.add(i);
            }
        }
        return fitting.isEmpty() ? -1 : fitting.get(random.nextInt(fitting.size()));
    }
}
