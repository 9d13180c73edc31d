package dev.gradwire.kernel;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Elementwise work and reductions over {@code rows × columns} places, to be done in as few passes over memory as
 * possible. A place has the number {@code row · columns + column}. A value stands either at each place or once for a
 * whole row (a reduction along the columns, and what is computed from such values); at a place, a value of the row counts
 * as repeated along the columns.
 *
 * <p>Values are numbered: first the reads, then one for each instruction, each after its operands. A result is either
 * stored, contiguous in the order of places or rows, or it is what becomes of a value when it is reduced over the rows:
 * one number for each column, or a single one of a value that stands once for a row. Such totals are known at the end
 * only, so no instruction reads them.
 *
 * <p>Immutable and equal by content: what runs groups keeps what it made of them by that.
 *
 * @param rows at least 1
 * @param columns at least 1
 */
public record Group(long rows, long columns, List<Read> reads, List<Instruction> instructions, List<Write> writes) {
    public Group {
        reads = List.copyOf(reads);
        instructions = List.copyOf(instructions);
        writes = List.copyOf(writes);
    }

    /**
     * How an operand is read.
     *
     * @param layout where the element of each place stands, in elements from the operand's first one: its sizes, in
     *     row-major order, number {@code rows · columns} places; strides may be 0 or negative. Adjacent dimensions that
     *     can be one are one, and sizes of 1 are left out, so that a contiguous operand has one dimension and a single
     *     number none
     * @param perRow whether the value is the same for all columns of a row
     */
    public record Read(DType dtype, Places layout, boolean perRow) {}

    /** Sizes and strides with equality by content. */
    public record Places(List<Long> sizes, List<Long> strides, long offset) {
        public Places {
            sizes = List.copyOf(sizes);
            strides = List.copyOf(strides);
        }

        /** One number for all places. */
        public static final Places SINGLE = new Places(List.of(), List.of(), 0);

        /** As many elements, one after the other. */
        public static Places inOrder(long elements) {
            return new Places(List.of(elements), List.of(1L), 0);
        }

        /** The same elements in as few dimensions as can be. */
        public static Places of(Layout layout) {
            List<Long> sizes = new ArrayList<>();
            List<Long> strides = new ArrayList<>();
            for (int i = 0; i < layout.rank(); i++) {
                int last = sizes.size() - 1;
                if (layout.size(i) == 1) {
                    continue;
                }
                if (last >= 0 && strides.get(last) == layout.stride(i) * layout.size(i)) {
                    sizes.set(last, sizes.get(last) * layout.size(i));
                    strides.set(last, layout.stride(i));
                } else {
                    sizes.add(layout.size(i));
                    strides.add(layout.stride(i));
                }
            }
            while (!strides.isEmpty() && strides.stream().allMatch(stride -> stride == 0)) {
                sizes.clear();
                strides.clear();
            }
            return new Places(sizes, strides, layout.offset());
        }

        /** Whether it is one number for all places. */
        public boolean isSingle() {
            return strides.isEmpty();
        }

        /** Whether places are elements, in order. */
        public boolean isContiguous() {
            return isSingle() || strides.size() == 1 && strides.getFirst() == 1;
        }

        /** Where the element of the last place stands. */
        public long lastOffset() {
            long last = offset;
            for (int i = 0; i < sizes.size(); i++) {
                last += Math.max(0, (sizes.get(i) - 1) * strides.get(i));
            }
            return last;
        }
    }

    /**
     * One computation.
     *
     * @param dtype of its value; float16 and bfloat16 are computed in float32 and rounded by {@link GroupOp#CAST}
     * @param perRow whether its value stands once for a row
     * @param a operands by the numbers of their values, −1 where the operation has fewer
     * @param number of a constant, as the bits of a double, of an int64 where dtype is an integer or bool
     */
    public record Instruction(GroupOp op, DType dtype, boolean perRow, int a, int b, int c, long number) {
        /** Spelled out, as planning looks up each instruction among those it has. */
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Instruction that
                    && op == that.op
                    && a == that.a
                    && b == that.b
                    && c == that.c
                    && number == that.number
                    && dtype == that.dtype
                    && perRow == that.perRow;
        }

        @Override
        public int hashCode() {
            int operands = 31 * (31 * a + b) + c;
            return 31 * (31 * operands + op.hashCode()) + Long.hashCode(number);
        }

        /** The number as a double; for floating types. */
        public double real() {
            return Double.longBitsToDouble(number);
        }
    }

    /**
     * A result.
     *
     * @param value its number
     * @param overRows how it is reduced over the rows, by SUM, PROD, MAX, MIN, ANY or ALL; null to store it as it is
     */
    public record Write(int value, @Nullable GroupOp overRows) {}

    /** How many values there are. */
    public int valueCount() {
        return reads.size() + instructions.size();
    }

    public DType dtype(int value) {
        return value < reads.size()
                ? reads.get(value).dtype()
                : instructions.get(value - reads.size()).dtype();
    }

    /** Whether a value stands once for a row. */
    public boolean perRow(int value) {
        return value < reads.size()
                ? reads.get(value).perRow()
                : instructions.get(value - reads.size()).perRow();
    }

    /** How many elements a result has. */
    public long elements(Write write) {
        boolean once = perRow(write.value());
        if (write.overRows() != null) {
            return once ? 1 : columns;
        }
        return once ? rows : rows * columns;
    }
}
