package dev.gradwire.pass;

import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.Group.Instruction;
import dev.gradwire.kernel.Group.Read;
import dev.gradwire.kernel.Group.Write;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.kernel.Groups;
import dev.gradwire.kernel.Kernel;
import dev.gradwire.kernel.vector.VectorGroups;
import dev.gradwire.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Groups as text, a line each: what a plan's groups are, for tests to compare. */
final class GroupText implements Groups {
    private final Groups takers = VectorGroups.open();
    private final List<String> groups = new ArrayList<>();

    /** Those that were compiled, in order. */
    List<String> groups() {
        return groups;
    }

    @Override
    public boolean takes(GroupOp op, DType dtype) {
        return takers.takes(op, dtype);
    }

    @Override
    public Kernel compile(Group group) {
        groups.add(print(group));
        return takers.compile(group);
    }

    /** For instance {@code 3x4: read read/row exp.1 sum.2/row -> 3 sum(2)}: a slash and what follows mark values of rows. */
    private static String print(Group group) {
        List<String> words = new ArrayList<>();
        for (Read read : group.reads()) {
            words.add(
                    "read" + (read.layout().isContiguous() ? "" : read.layout().strides()) + row(read.perRow()));
        }
        for (Instruction i : group.instructions()) {
            String operands =
                    i.a() < 0 ? "" : "." + i.a() + (i.b() < 0 ? "" : "." + i.b()) + (i.c() < 0 ? "" : "." + i.c());
            String number =
                    i.op() != GroupOp.CONSTANT ? "" : i.dtype().isFloating() ? "=" + i.real() : "=" + i.number();
            words.add(i.op().name().toLowerCase(Locale.ROOT) + operands + number + row(i.perRow()));
        }
        words.add("->");
        for (Write write : group.writes()) {
            GroupOp op = write.overRows();
            words.add(op == null ? "" + write.value() : op.name().toLowerCase(Locale.ROOT) + "(" + write.value() + ")");
        }
        return group.rows() + "x" + group.columns() + ": "
                + String.join(" ", words).replace(", ", ",");
    }

    private static String row(boolean perRow) {
        return perRow ? "/row" : "";
    }
}
