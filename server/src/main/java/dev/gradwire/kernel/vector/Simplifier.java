package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.Group.Instruction;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Leaves out of a group what it computes twice or for nothing. Operators and their derivatives write the same number
 * with more or fewer digits, and the same product with its factors in either order; only here they meet.
 *
 * <p>The exponential of a log-softmax, which its derivative asks for, is the softmax: what was summed, divided by the
 * sum.
 */
final class Simplifier {
    private final Group group;
    private final int reads;
    private final List<Instruction> instructions = new ArrayList<>();
    private final Map<Instruction, Integer> known = new HashMap<>();

    private Simplifier(Group group) {
        this.group = group;
        reads = group.reads().size();
    }

    /** A group with the same reads and as many results. */
    static Group simplified(Group group) {
        return new Simplifier(group).simplified();
    }

    private Group simplified() {
        int[] numbers = new int[group.valueCount()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = i < reads ? i : number(renumbered(group.instructions().get(i - reads), numbers));
        }
        return withoutUnused(group.writes().stream()
                .map(write -> new Group.Write(numbers[write.value()], write.overRows()))
                .toList());
    }

    private static Instruction renumbered(Instruction line, int[] numbers) {
        return new Instruction(
                line.op(),
                line.dtype(),
                line.perRow(),
                line.a() < 0 ? -1 : numbers[line.a()],
                line.b() < 0 ? -1 : numbers[line.b()],
                line.c() < 0 ? -1 : numbers[line.c()],
                line.op() == GroupOp.CONSTANT ? rounded(line) : line.number());
    }

    /** A constant as its dtype has it. */
    private static long rounded(Instruction line) {
        return line.dtype() == DType.FLOAT32 ? Double.doubleToRawLongBits((float) line.real()) : line.number();
    }

    private int number(Instruction line) {
        Instruction key = (line.op() == GroupOp.ADD || line.op() == GroupOp.MUL) && line.a() > line.b()
                ? new Instruction(line.op(), line.dtype(), line.perRow(), line.b(), line.a(), line.c(), line.number())
                : line;
        Integer found = known.get(key);
        if (found == null) {
            found = isSoftmax(line) ? softmax(line) : add(line);
            known.put(key, found);
        }
        return found;
    }

    private int add(Instruction line) {
        instructions.add(line);
        return reads + instructions.size() - 1;
    }

    /** Whether it is e^(x − ln Σe^x) with x = y − max y, so that the sum is a number from 1 on. */
    private boolean isSoftmax(Instruction line) {
        if (!is(GroupOp.EXP, line) || !is(GroupOp.SUB, line.a())) {
            return false;
        }
        int x = line(line.a()).a();
        int log = line(line.a()).b();
        if (!is(GroupOp.SUB, x)
                || !is(GroupOp.MAX, line(x).b())
                || line(line(x).b()).a() != line(x).a()) {
            return false;
        }
        return is(GroupOp.LOG, log)
                && is(GroupOp.SUM, line(log).a())
                && is(GroupOp.EXP, line(line(log).a()).a())
                && line(line(line(log).a()).a()).a() == x;
    }

    private int softmax(Instruction line) {
        int sum = line(line(line.a()).b()).a();
        int inverse = number(new Instruction(GroupOp.RECIPROCAL, line.dtype(), true, sum, -1, -1, 0));
        return number(new Instruction(
                GroupOp.MUL, line.dtype(), line.perRow(), line(sum).a(), inverse, -1, 0));
    }

    private boolean is(GroupOp op, int value) {
        return value >= reads && is(op, line(value));
    }

    private static boolean is(GroupOp op, Instruction line) {
        return line.op() == op && (line.dtype() == DType.FLOAT32 || line.dtype() == DType.FLOAT64);
    }

    private Instruction line(int value) {
        return instructions.get(value - reads);
    }

    private Group withoutUnused(List<Group.Write> writes) {
        boolean[] used = new boolean[reads + instructions.size()];
        for (Group.Write write : writes) {
            used[write.value()] = true;
        }
        for (int value = used.length - 1; value >= reads; value--) {
            if (used[value]) {
                Instruction line = line(value);
                for (int operand : new int[] {line.a(), line.b(), line.c()}) {
                    if (operand >= 0) {
                        used[operand] = true;
                    }
                }
            }
        }
        int[] numbers = new int[used.length];
        Arrays.setAll(numbers, i -> i);
        List<Instruction> kept = new ArrayList<>();
        for (int value = reads; value < used.length; value++) {
            if (used[value]) {
                numbers[value] = reads + kept.size();
                kept.add(renumbered(line(value), numbers));
            }
        }
        List<Group.Write> results = writes.stream()
                .map(write -> new Group.Write(numbers[write.value()], write.overRows()))
                .toList();
        return new Group(group.rows(), group.columns(), group.reads(), kept, results);
    }
}
