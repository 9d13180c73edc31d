package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Draws valid groups of operations whose results have one right answer to the bit. */
final class RandomGroups {
    private static final DType[] DTYPES = {
        DType.FLOAT32,
        DType.FLOAT32,
        DType.FLOAT32,
        DType.FLOAT64,
        DType.INT32,
        DType.INT64,
        DType.BOOL,
        DType.FLOAT16,
        DType.BFLOAT16
    };

    private static final List<GroupOp> OPS = List.of(
            GroupOp.CONSTANT,
            GroupOp.INDEX,
            GroupOp.ABS,
            GroupOp.NEG,
            GroupOp.SIGN,
            GroupOp.FLOOR,
            GroupOp.CEIL,
            GroupOp.TRUNC,
            GroupOp.ROUND,
            GroupOp.SQRT,
            GroupOp.RECIPROCAL,
            GroupOp.ISNAN,
            GroupOp.NOT,
            GroupOp.CAST,
            GroupOp.CAST,
            GroupOp.ADD,
            GroupOp.SUB,
            GroupOp.MUL,
            GroupOp.DIV,
            GroupOp.MAXIMUM,
            GroupOp.MINIMUM,
            GroupOp.EQ,
            GroupOp.NE,
            GroupOp.LT,
            GroupOp.LE,
            GroupOp.GT,
            GroupOp.GE,
            GroupOp.AND,
            GroupOp.OR,
            GroupOp.XOR,
            GroupOp.WHERE,
            GroupOp.WHERE,
            GroupOp.FMA,
            GroupOp.SUM,
            GroupOp.SUM,
            GroupOp.PROD,
            GroupOp.MAX,
            GroupOp.MIN,
            GroupOp.ANY,
            GroupOp.ALL);

    private final VectorGroups groups = VectorGroups.open();
    private final Random random;
    private final long rows;
    private final long columns;
    private final List<Group.Read> reads = new ArrayList<>();
    private final List<Group.Instruction> instructions = new ArrayList<>();
    private final List<DType> dtypes = new ArrayList<>();
    private final List<Boolean> perRow = new ArrayList<>();

    private RandomGroups(Random random, long rows, long columns) {
        this.random = random;
        this.rows = rows;
        this.columns = columns;
    }

    static Group draw(Random random, long rows, long columns, int length) {
        return new RandomGroups(random, rows, columns).draw(length);
    }

    private Group draw(int length) {
        boolean reducing = random.nextBoolean();
        int readCount = 1 + random.nextInt(4);
        for (int i = 0; i < readCount; i++) {
            boolean once = reducing && random.nextInt(4) == 0;
            DType dtype = DTYPES[random.nextInt(DTYPES.length)];
            reads.add(new Group.Read(dtype, Group.Places.of(once ? rowLayout() : layout()), once));
            dtypes.add(dtype);
            perRow.add(once);
        }
        while (instructions.size() < length) {
            GroupOp op = OPS.get(random.nextInt(OPS.size()));
            if (op.isReduction() && !(reducing && random.nextInt(2) == 0)) {
                continue;
            }
            Group.Instruction line = instruction(op);
            if (line != null) {
                instructions.add(line);
                dtypes.add(line.dtype());
                perRow.add(line.perRow());
            }
        }
        List<Group.Write> writes = new ArrayList<>();
        int writeCount = 1 + random.nextInt(4);
        for (int i = 0; i < writeCount; i++) {
            int value = random.nextInt(3) == 0
                    ? random.nextInt(dtypes.size())
                    : dtypes.size() - 1 - random.nextInt(Math.min(4, dtypes.size()));
            writes.add(new Group.Write(value, reducing && random.nextInt(3) == 0 ? overRows(dtypes.get(value)) : null));
        }
        return new Group(rows, columns, reads, instructions, writes);
    }

    private @Nullable GroupOp overRows(DType dtype) {
        return switch (dtype) {
            case BOOL -> random.nextBoolean() ? GroupOp.ANY : GroupOp.ALL;
            case FLOAT16, BFLOAT16 -> random.nextBoolean() ? GroupOp.MAX : GroupOp.MIN;
            default ->
                new GroupOp[] {GroupOp.SUM, GroupOp.SUM, GroupOp.PROD, GroupOp.MAX, GroupOp.MIN}[random.nextInt(5)];
        };
    }

    private Layout rowLayout() {
        return random.nextInt(3) == 0
                ? new Layout(new long[] {rows, columns}, new long[] {0, 0}, random.nextInt(3))
                : new Layout(new long[] {rows, columns}, new long[] {1 + random.nextInt(2), 0}, random.nextInt(3));
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

    /** The places in three or four dimensions, in another order. */
    private Layout deep(long offset) {
        long outer = rows % 2 == 0 ? 2 : 1;
        long inner = columns % 3 == 0 ? 3 : columns % 2 == 0 ? 2 : 1;
        return new Layout(
                new long[] {outer, rows / outer, columns / inner, inner},
                new long[] {1, columns * outer, inner * outer, random.nextBoolean() ? outer : 0},
                offset);
    }

    private Group.@Nullable Instruction instruction(GroupOp op) {
        int a = random.nextInt(dtypes.size());
        DType dtype = dtypes.get(a);
        DType any = DTYPES[random.nextInt(DTYPES.length)];
        return switch (op) {
            case INDEX -> line(op, DType.INT64, false, -1, -1, -1, 0);
            case CONSTANT -> line(op, any, false, -1, -1, -1, number(any));
            case CAST -> line(op, any, perRow.get(a), a, -1, -1, 0);
            case WHERE -> where(operand(DType.BOOL), a, operand(dtype), dtype);
            case ISNAN -> dtype.isFloating() ? line(op, DType.BOOL, false, a, -1, -1, 0) : null;
            case EQ, NE, LT, LE, GT, GE -> line(op, DType.BOOL, false, a, operand(dtype), -1, 0);
            default -> {
                int b = op.arity() > 1 ? operand(dtype) : -1;
                int c = op.arity() > 2 ? operand(dtype) : -1;
                yield groups.takes(op, dtype) ? line(op, dtype, op.isReduction(), a, b, c, 0) : null;
            }
        };
    }

    private long number(DType dtype) {
        return dtype.isFloating()
                ? Double.doubleToRawLongBits(random.nextInt(9) / 2.0 - 2)
                : random.nextInt(dtype == DType.BOOL ? 2 : 9);
    }

    private Group.@Nullable Instruction where(int condition, int a, int b, DType dtype) {
        return condition < 0 ? null : line(GroupOp.WHERE, dtype, false, condition, a, b, 0);
    }

    /** Stands once for a row where all operands do, and mostly says so. */
    private Group.Instruction line(GroupOp op, DType dtype, boolean once, int a, int b, int c, long number) {
        boolean all = a >= 0 && perRow.get(a) && (b < 0 || perRow.get(b)) && (c < 0 || perRow.get(c));
        boolean own = once || all && !op.isReduction() && random.nextInt(5) > 0;
        return new Group.Instruction(op, dtype, op.isReduction() || own && all, a, b, c, number);
    }

    private int operand(DType dtype) {
        List<Integer> fitting = new ArrayList<>();
        for (int i = 0; i < dtypes.size(); i++) {
            if (dtypes.get(i) == dtype) {
                fitting.add(i);
            }
        }
        return fitting.isEmpty() ? -1 : fitting.get(random.nextInt(fitting.size()));
    }
}
