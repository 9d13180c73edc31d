package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.Group.Instruction;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A group without its sizes and strides: what one generated class runs, whatever the batch. Values are numbered as in
 * the group.
 *
 * @param keeps whether rows are short enough for values to be kept from one phase to the next
 */
record LoopForm(List<Operand> reads, List<Instruction> instructions, List<Result> writes, boolean keeps) {
    /**
     * A read.
     *
     * @param perRow whether it counts as standing once for a row
     * @param repeated whether it has one number for a row; otherwise its columns stand side by side
     */
    record Operand(DType dtype, boolean perRow, boolean repeated) {}

    /**
     * A write.
     *
     * @param perRow whether it has one number for a row, though perhaps reduced over the rows afterwards
     * @param overRows how values at places are combined into one row
     */
    record Result(int value, boolean perRow, @Nullable GroupOp overRows) {}

    LoopForm {
        reads = List.copyOf(reads);
        instructions = List.copyOf(instructions);
        writes = List.copyOf(writes);
    }

    static LoopForm of(Group group, boolean keeps) {
        return new LoopForm(
                group.reads().stream()
                        .map(read -> new Operand(read.dtype(), read.perRow(), isRepeated(group, read)))
                        .toList(),
                group.instructions(),
                group.writes().stream()
                        .map(write -> new Result(
                                write.value(),
                                group.perRow(write.value()),
                                isRowTotal(group, write) ? null : write.overRows()))
                        .toList(),
                keeps);
    }

    private static boolean isRepeated(Group group, Group.Read read) {
        RowPlaces places = RowPlaces.of(read, group.rows(), group.columns());
        return places != null && places.repeated();
    }

    /** Whether a write reduces one number of each row to a single one: a loop then leaves the numbers of the rows. */
    static boolean isRowTotal(Group group, Group.Write write) {
        return write.overRows() != null && (group.columns() == 1 || group.perRow(write.value()));
    }

    int valueCount() {
        return reads.size() + instructions.size();
    }

    boolean isRead(int value) {
        return value < reads.size();
    }

    Instruction instruction(int value) {
        return instructions.get(value - reads.size());
    }

    DType dtype(int value) {
        return isRead(value) ? reads.get(value).dtype() : instruction(value).dtype();
    }

    /** Whether a value stands once for a row; of constants always. */
    boolean perRow(int value) {
        if (isRead(value)) {
            return reads.get(value).repeated();
        }
        Instruction instruction = instruction(value);
        return switch (instruction.op()) {
            case CONSTANT -> true;
            case INDEX -> false;
            default -> instruction.op().isReduction() || instruction.perRow();
        };
    }

    /** Operands by number; none of a read. */
    int[] operands(int value) {
        if (isRead(value)) {
            return new int[0];
        }
        Instruction instruction = instruction(value);
        return switch (instruction.op().arity()) {
            case 0 -> new int[0];
            case 1 -> new int[] {instruction.a()};
            case 2 -> new int[] {instruction.a(), instruction.b()};
            default -> new int[] {instruction.a(), instruction.b(), instruction.c()};
        };
    }

    /** A group of this form over contiguous operands. */
    Group group(long rows, long columns) {
        List<Group.Read> operands = reads.stream()
                .map(read -> {
                    Group.Places places = read.repeated()
                            ? Group.Places.of(new Layout(new long[] {rows, columns}, new long[] {1, 0}, 0))
                            : Group.Places.of(Layout.contiguous(Shape.of(rows, columns)));
                    return new Group.Read(read.dtype(), places, read.perRow());
                })
                .toList();
        List<Group.Write> results = writes.stream()
                .map(write -> new Group.Write(write.value(), write.overRows()))
                .toList();
        return new Group(rows, columns, operands, instructions, results);
    }
}
