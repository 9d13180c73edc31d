package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongFunction;

/**
 * What a group means, one number at a time: the slow version that judges the fast ones. Numbers of float32 are computed
 * in float64 and rounded after each instruction, which gives the same bits for all operations that IEEE 754 rounds;
 * there is no other here.
 */
final class ReferenceGroup {
    private final Group group;
    private final int columns;
    private final int places;

    /** The numbers of each value at all places, as Double or Long (of bool 0 and 1). */
    private final List<Number[]> values = new ArrayList<>();

    private ReferenceGroup(Group group) {
        this.group = group;
        columns = (int) group.columns();
        places = (int) (group.rows() * columns);
    }

    /** The elements of each result. */
    static List<Number[]> run(Group group, List<HostTensor> operands) {
        ReferenceGroup run = new ReferenceGroup(group);
        for (int i = 0; i < operands.size(); i++) {
            run.read(group.reads().get(i), operands.get(i));
        }
        group.instructions().forEach(run::compute);
        return group.writes().stream().map(run::write).toList();
    }

    private void read(Group.Read read, HostTensor operand) {
        Number[] numbers = new Number[places];
        List<Long> sizes = read.layout().sizes();
        for (int i = 0; i < places; i++) {
            long rest = i;
            long at = read.layout().offset();
            for (int dim = sizes.size() - 1; dim >= 0; dim--) {
                at += rest % sizes.get(dim) * read.layout().strides().get(dim);
                rest /= sizes.get(dim);
            }
            numbers[i] = read.dtype().isFloating() ? (Number) operand.real(at) : (Number) operand.whole(at);
        }
        values.add(numbers);
    }

    private void compute(Group.Instruction line) {
        Number[] numbers = new Number[places];
        if (line.op().isReduction()) {
            Number[] from = values.get(line.a());
            for (int row = 0; row < group.rows(); row++) {
                int first = row * columns;
                Number reduced = reduce(line.op(), line.dtype(), i -> from[first + (int) i], columns);
                Arrays.fill(numbers, first, first + columns, reduced);
            }
        } else {
            DType from = line.a() < 0 ? line.dtype() : group.dtype(line.op() == GroupOp.WHERE ? line.b() : line.a());
            for (int i = 0; i < places; i++) {
                numbers[i] = one(line, from, i);
            }
        }
        values.add(numbers);
    }

    private Number one(Group.Instruction line, DType from, int i) {
        Number a = line.a() < 0 ? 0L : values.get(line.a())[i];
        Number b = line.b() < 0 ? 0L : values.get(line.b())[i];
        Number c = line.c() < 0 ? 0L : values.get(line.c())[i];
        return switch (line.op()) {
            case CONSTANT -> line.dtype().isFloating() ? round(line.dtype(), line.real()) : (Number) line.number();
            case INDEX -> (long) (i % columns);
            case WHERE -> a.longValue() != 0 ? b : c;
            case CAST -> cast(a, line.dtype());
            default ->
                from.isFloating()
                        ? real(line.op(), from, a.doubleValue(), b.doubleValue(), c.doubleValue())
                        : whole(line.op(), from, a.longValue(), b.longValue());
        };
    }

    private static Number cast(Number x, DType to) {
        return switch (to) {
            case FLOAT64 -> x.doubleValue();
            // Whole numbers are rounded once, to float32.
            case FLOAT32 -> (double) x.floatValue();
            case FLOAT16 -> (double) Float.float16ToFloat(Float.floatToFloat16(x.floatValue()));
            case BFLOAT16 -> bfloat(x.floatValue());
            case BOOL -> x.doubleValue() != 0 ? 1L : 0L;
            case INT32 -> x instanceof Long ? (long) x.intValue() : (long) (int) x.doubleValue();
            default -> x instanceof Long ? x : (Number) (long) x.doubleValue();
        };
    }

    /** To the nearest number whose last 16 bits are 0, halves to even. */
    private static double bfloat(float x) {
        if (Float.isNaN(x) || Float.isInfinite(x)) {
            return x;
        }
        int bits = Float.floatToRawIntBits(x);
        int down = bits & 0xFFFF0000;
        int rest = bits & 0xFFFF;
        boolean up = rest > 0x8000 || rest == 0x8000 && (down & 0x10000) != 0;
        return Float.intBitsToFloat(up ? down + 0x10000 : down);
    }

    private static Number round(DType dtype, double x) {
        return dtype == DType.FLOAT64 ? x : (double) (float) x;
    }

    private static Number real(GroupOp op, DType dtype, double a, double b, double c) {
        return switch (op) {
            case ABS -> Math.abs(a);
            case NEG -> -a;
            case SIGN -> a > 0 ? 1.0 : a < 0 ? -1.0 : 0.0;
            case FLOOR -> Math.floor(a);
            case CEIL -> Math.ceil(a);
            case TRUNC -> a < 0 ? Math.ceil(a) : Math.floor(a);
            case ROUND -> Math.rint(a);
            case SQRT -> round(dtype, Math.sqrt(a));
            case RECIPROCAL -> round(dtype, 1 / a);
            case ISNAN -> Double.isNaN(a) ? 1L : 0L;
            case ADD, SUM -> round(dtype, a + b);
            case SUB -> round(dtype, a - b);
            case MUL, PROD -> round(dtype, a * b);
            case DIV -> round(dtype, a / b);
            case MAXIMUM, MAX -> Math.max(a, b);
            case MINIMUM, MIN -> Math.min(a, b);
            case EQ -> a == b ? 1L : 0L;
            case NE -> a != b ? 1L : 0L;
            case LT -> a < b ? 1L : 0L;
            case LE -> a <= b ? 1L : 0L;
            case GT -> a > b ? 1L : 0L;
            case GE -> a >= b ? 1L : 0L;
            case FMA -> dtype == DType.FLOAT64 ? Math.fma(a, b, c) : (double) Math.fma((float) a, (float) b, (float) c);
            default -> throw new IllegalStateException(op.name());
        };
    }

    private static Number whole(GroupOp op, DType dtype, long a, long b) {
        long result = switch (op) {
            case ABS -> Math.abs(a);
            case NEG -> -a;
            case SIGN -> Long.signum(a);
            case NOT -> 1 - a;
            case ADD, SUM -> a + b;
            case SUB -> a - b;
            case MUL, PROD -> a * b;
            case MAXIMUM, MAX, OR, ANY -> Math.max(a, b);
            case MINIMUM, MIN, AND, ALL -> Math.min(a, b);
            case XOR -> a ^ b;
            case EQ -> a == b ? 1 : 0;
            case NE -> a != b ? 1 : 0;
            case LT -> a < b ? 1 : 0;
            case LE -> a <= b ? 1 : 0;
            case GT -> a > b ? 1 : 0;
            case GE -> a >= b ? 1 : 0;
            default -> throw new IllegalStateException(op.name());
        };
        boolean isComparison = op.compareTo(GroupOp.EQ) >= 0 && op.compareTo(GroupOp.GE) <= 0;
        return dtype == DType.INT32 && !isComparison ? (long) (int) result : (Number) result;
    }

    private static Number identity(GroupOp op, DType dtype) {
        boolean real = dtype.isFloating();
        return switch (op) {
            case SUM -> real ? (Number) 0.0 : (Number) 0L;
            case PROD -> real ? (Number) 1.0 : (Number) 1L;
            case MAX ->
                real
                        ? (Number) Double.NEGATIVE_INFINITY
                        : (Number) (dtype == DType.INT32 ? Integer.MIN_VALUE : Long.MIN_VALUE);
            case MIN ->
                real
                        ? (Number) Double.POSITIVE_INFINITY
                        : (Number) (dtype == DType.INT32 ? Integer.MAX_VALUE : Long.MAX_VALUE);
            case ANY -> 0L;
            default -> 1L;
        };
    }

    private static Number combine(GroupOp op, DType dtype, Number a, Number b) {
        return dtype.isFloating()
                ? real(op, dtype, a.doubleValue(), b.doubleValue(), 0)
                : whole(op, dtype, a.longValue(), b.longValue());
    }

    /** Many elements to one, as {@link ReductionOrder} says. */
    private static Number reduce(GroupOp op, DType dtype, LongFunction<Number> element, long count) {
        Number total = null;
        for (long start = 0; start < count; start += 4096) {
            Number[] lanes = new Number[64];
            Arrays.fill(lanes, identity(op, dtype));
            for (long i = start; i < Math.min(count, start + 4096); i++) {
                int lane = (int) ((i - start) % 64);
                lanes[lane] = combine(op, dtype, lanes[lane], element.apply(i));
            }
            for (int half = 32; half > 0; half /= 2) {
                for (int j = 0; j < half; j++) {
                    lanes[j] = combine(op, dtype, lanes[j], lanes[j + half]);
                }
            }
            total = total == null ? lanes[0] : combine(op, dtype, total, lanes[0]);
        }
        return total;
    }

    private Number[] write(Group.Write write) {
        Number[] from = values.get(write.value());
        DType dtype = group.dtype(write.value());
        Number[] result = new Number[(int) group.elements(write)];
        int step = group.perRow(write.value()) ? columns : 1;
        for (int i = 0; i < result.length; i++) {
            Number number;
            if (write.overRows() == null) {
                number = from[i * step];
            } else {
                number = overRows(write.overRows(), dtype, from, i, group.perRow(write.value()) || columns == 1);
            }
            result[i] = isHalf(dtype) ? cast(number, dtype) : number;
        }
        return result;
    }

    private static boolean isHalf(DType dtype) {
        return dtype == DType.FLOAT16 || dtype == DType.BFLOAT16;
    }

    private Number overRows(GroupOp op, DType dtype, Number[] from, int column, boolean inLanes) {
        int blockRows = ReductionOrder.blockRows(columns);
        Number total = null;
        for (int start = 0; start < group.rows(); start += blockRows) {
            int first = start;
            int count = (int) Math.min(blockRows, group.rows() - start);
            Number block;
            if (inLanes) {
                block = reduce(op, dtype, i -> from[(first + (int) i) * columns], count);
            } else {
                block = identity(op, dtype);
                for (int i = 0; i < count; i++) {
                    block = combine(op, dtype, block, from[(first + i) * columns + column]);
                }
            }
            total = total == null ? block : combine(op, dtype, total, block);
        }
        return total;
    }
}
