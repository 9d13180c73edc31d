package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.Group.Instruction;
import dev.gradwire.kernel.Group.Read;
import dev.gradwire.kernel.Group.Write;
import java.util.List;

/**
 * Whether a result of a group may stand where an operand does. Each way to run a group goes over the places in some
 * order, but reads an operand's place before it writes to it, if
 *
 * <ul>
 *   <li>it passes over the places once,
 *   <li>operand and result have an element of one size for each place, in order,
 *   <li>the result is computed from the operand, and nothing else is afterwards.
 * </ul>
 */
final class InPlace {
    private InPlace() {}

    static boolean isPossible(Group group, int read, int write) {
        Write result = group.writes().get(write);
        boolean isStored = result.overRows() == null && !group.perRow(result.value());
        return isStored
                && result.value() >= group.reads().size()
                && isDense(group, group.reads().get(read))
                && group.dtype(read).sizeInBytes()
                        == group.dtype(result.value()).sizeInBytes()
                && group.instructions().stream().noneMatch(line -> line.op().isReduction())
                && group.writes().stream().noneMatch(other -> other.value() == read)
                && lastReader(group, read) <= result.value()
                && dependsOn(group, result.value(), read);
    }

    private static boolean isDense(Group group, Read read) {
        List<Long> sizes = read.layout().sizes();
        return !read.perRow()
                && read.layout().offset() == 0
                && !read.layout().isSingle()
                && read.layout().isContiguous()
                && sizes.getFirst() == group.rows() * group.columns();
    }

    private static int lastReader(Group group, int read) {
        int last = -1;
        for (int value = group.reads().size(); value < group.valueCount(); value++) {
            Instruction line = line(group, value);
            last = line.a() == read || line.b() == read || line.c() == read ? value : last;
        }
        return last;
    }

    private static boolean dependsOn(Group group, int result, int read) {
        boolean[] depends = new boolean[result + 1];
        depends[read] = true;
        for (int value = group.reads().size(); value <= result; value++) {
            Instruction line = line(group, value);
            for (int operand : new int[] {line.a(), line.b(), line.c()}) {
                depends[value] |= operand >= 0 && depends[operand];
            }
        }
        return depends[result];
    }

    private static Instruction line(Group group, int value) {
        return group.instructions().get(value - group.reads().size());
    }
}
