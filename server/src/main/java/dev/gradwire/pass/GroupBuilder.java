package dev.gradwire.pass;

import dev.gradwire.graph.Value;
import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.Group.Instruction;
import dev.gradwire.kernel.Group.Places;
import dev.gradwire.kernel.Group.Read;
import dev.gradwire.kernel.Group.Write;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Collects the reads, instructions and results of one group; equal ones stand once. Values are numbered as they come:
 * reads and instructions share the numbers here, and are told apart when the group is finished.
 */
final class GroupBuilder {
    /** No operand. */
    static final int NONE = -1;

    private record ReadKey(int root, Places places) {}

    private final long rows;
    private final long columns;
    private final List<Value> operands = new ArrayList<>();
    private final List<Read> reads = new ArrayList<>();
    private final List<Instruction> instructions = new ArrayList<>();
    private final List<Write> writes = new ArrayList<>();
    /** For each value −1 − its number among the reads, or its number among the instructions. */
    private int[] places = new int[16];

    private int count;

    private final Map<ReadKey, Integer> knownReads = new HashMap<>();
    private final Map<Instruction, Integer> knownInstructions = new HashMap<>();

    GroupBuilder(long rows, long columns) {
        this.rows = rows;
        this.columns = columns;
    }

    /** A read of elements of {@code root}, of which there is one at each place. */
    int read(Value root, Places layout) {
        return knownReads.computeIfAbsent(new ReadKey(root.id(), layout), _ -> {
            operands.add(root);
            reads.add(new Read(root.type().dtype(), layout, isPerRow(layout)));
            return valueAt(-reads.size());
        });
    }

    private boolean isPerRow(Places layout) {
        if (layout.isSingle()) {
            return true;
        }
        int last = layout.sizes().size() - 1;
        return columns > 1 && layout.strides().get(last) == 0 && layout.sizes().get(last) % columns == 0;
    }

    int constant(DType dtype, long number) {
        return emit(GroupOp.CONSTANT, dtype, true, NONE, NONE, NONE, number);
    }

    /** A number in the dtype of a value, which is of floating point. */
    int number(int like, double number) {
        return constant(dtype(like), Double.doubleToRawLongBits(number));
    }

    int add(GroupOp op, int... operands) {
        return add(op, dtype(operands[operands.length - 1]), operands);
    }

    /** An operation whose result is a bool. */
    int test(GroupOp op, int a, int b) {
        return b == NONE ? add(op, DType.BOOL, a) : add(op, DType.BOOL, a, b);
    }

    private int add(GroupOp op, DType dtype, int... operands) {
        boolean perRow = op.isReduction();
        if (!perRow) {
            perRow = true;
            for (int operand : operands) {
                perRow &= perRow(operand);
            }
        }
        return emit(
                op,
                dtype,
                perRow,
                operands[0],
                operands.length > 1 ? operands[1] : NONE,
                operands.length > 2 ? operands[2] : NONE,
                0);
    }

    /** A value as another dtype; itself where it has that already. */
    int cast(int value, DType dtype) {
        return dtype(value) == dtype ? value : emit(GroupOp.CAST, dtype, perRow(value), value, NONE, NONE, 0);
    }

    /** A value as one that stands at each place. */
    int spread(int value) {
        return perRow(value) ? emit(GroupOp.CAST, dtype(value), false, value, NONE, NONE, 0) : value;
    }

    /** What becomes of a value along the columns. */
    int reduce(GroupOp op, DType dtype, int value) {
        return add(op, dtype, spread(value));
    }

    void write(int value, @Nullable GroupOp overRows) {
        writes.add(new Write(value, overRows));
    }

    /** A value for what stands at this place. */
    private int valueAt(int place) {
        if (count == places.length) {
            places = Arrays.copyOf(places, 2 * count);
        }
        places[count] = place;
        return count++;
    }

    private int emit(GroupOp op, DType dtype, boolean perRow, int a, int b, int c, long number) {
        Instruction instruction = new Instruction(op, dtype, perRow, a, b, c, number);
        Integer known = knownInstructions.get(instruction);
        if (known != null) {
            return known;
        }
        instructions.add(instruction);
        int value = valueAt(instructions.size() - 1);
        knownInstructions.put(instruction, value);
        return value;
    }

    DType dtype(int value) {
        int place = places[value];
        return place < 0
                ? reads.get(-1 - place).dtype()
                : instructions.get(place).dtype();
    }

    boolean perRow(int value) {
        int place = places[value];
        return place < 0
                ? reads.get(-1 - place).perRow()
                : instructions.get(place).perRow();
    }

    /** The tensors that are read, one for each of the group's reads. */
    List<Value> operands() {
        return operands;
    }

    Group build() {
        List<Instruction> numbered = new ArrayList<>(instructions.size());
        for (Instruction i : instructions) {
            numbered.add(new Instruction(
                    i.op(), i.dtype(), i.perRow(), number(i.a()), number(i.b()), number(i.c()), i.number()));
        }
        List<Write> results = writes.stream()
                .map(write -> new Write(number(write.value()), write.overRows()))
                .toList();
        return new Group(rows, columns, reads, numbered, results);
    }

    private int number(int value) {
        if (value == NONE) {
            return NONE;
        }
        int place = places[value];
        return place < 0 ? -1 - place : reads.size() + place;
    }
}
