package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.Group.Instruction;
import dev.gradwire.kernel.Group.Write;
import dev.gradwire.tensor.DType;
import java.util.List;

/**
 * A group without its sizes and strides: what one generated class runs, whatever the batch. Values are numbered as in
 * the group.
 *
 * @param keeps whether rows are short enough for values to be kept from one phase to the next
 */
record LoopForm(List<Operand> reads, List<Instruction> instructions, List<Write> writes, boolean keeps) {
    /**
     * A read whose columns stand side by side, or which has one number for a row.
     */
    record Operand(DType dtype, boolean perRow) {}

    LoopForm {
        reads = List.copyOf(reads);
        instructions = List.copyOf(instructions);
        writes = List.copyOf(writes);
    }

    static LoopForm of(Group group, boolean keeps) {
        return new LoopForm(
                group.reads().stream()
                        .map(read -> new Operand(read.dtype(), read.perRow() || read.layout().isSingle()))
                        .toList(),
                group.instructions(),
                group.writes(),
                keeps);
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
            return reads.get(value).perRow();
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
}
