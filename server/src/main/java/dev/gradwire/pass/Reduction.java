package dev.gradwire.pass;

import dev.gradwire.kernel.GroupOp;
import dev.gradwire.kernel.Groups;
import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.KernelCall.Argument;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A kernel that reduces along dimensions.
 *
 * @param isTrailing whether those are the last ones
 * @param isLeading whether those are the first ones
 */
record Reduction(GroupOp op, boolean isTrailing, boolean isLeading) {
    private static final Map<String, GroupOp> OPS = Map.of(
            "sum.dim_IntList", GroupOp.SUM,
            "amax", GroupOp.MAX,
            "amin", GroupOp.MIN,
            "any.dims", GroupOp.ANY,
            "all.dims", GroupOp.ALL);

    /** Null for what is none, or none that groups take. */
    static @Nullable Reduction of(KernelCall call, Groups groups) {
        GroupOp op = OPS.get(call.name());
        if (op == null) {
            return null;
        }
        DType dtype = Lowering.wide(call.results().getFirst().dtype());
        DType operand = call.operands().getFirst().dtype();
        boolean test = op == GroupOp.ANY || op == GroupOp.ALL;
        if (!groups.takes(op, dtype) || test && operand != DType.BOOL || !groups.takes(GroupOp.CAST, operand)) {
            return null;
        }
        Shape shape = call.operands().getFirst().shape();
        boolean[] reduced = reduced(call, shape);
        // Dimensions of size 1 are nowhere in the way.
        int changes = 0;
        boolean first = false;
        boolean last = false;
        boolean any = false;
        for (int i = 0; i < shape.rank(); i++) {
            if (shape.dim(i) != 1) {
                first = any ? first : reduced[i];
                changes += any && last != reduced[i] ? 1 : 0;
                last = reduced[i];
                any = true;
            }
        }
        return new Reduction(op, changes <= 1 && last, changes <= 1 && first);
    }

    private static boolean[] reduced(KernelCall call, Shape shape) {
        boolean[] reduced = new boolean[shape.rank()];
        List<Long> dims = switch (call.arguments().get(1)) {
            case Argument.Ints(List<Long> values) -> values;
            case Argument.Optional(Argument.Ints(List<Long> values)) -> values;
            default -> List.of();
        };
        boolean listed = call.name().equals("any.dims") || call.name().equals("all.dims");
        if (dims.isEmpty() && !listed) {
            Arrays.fill(reduced, true);
        }
        if (shape.rank() > 0) {
            dims.forEach(dim -> reduced[(int) (dim < 0 ? dim + shape.rank() : dim)] = true);
        }
        return reduced;
    }
}
