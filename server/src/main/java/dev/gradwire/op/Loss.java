package dev.gradwire.op;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;

/** What becomes of a loss for each element: ATen's {@code reduction}. */
final class Loss {
    static final long NONE = 0;
    static final long MEAN = 1;
    static final long SUM = 2;

    private Loss() {}

    static long reduction(Call call) {
        long reduction = call.integer("reduction");
        Require.that(
                reduction >= NONE && reduction <= SUM,
                "reduction",
                "must be 0 (none), 1 (mean) or 2 (sum), but is " + reduction);
        return reduction;
    }

    static TensorType reduced(Call call, TensorType each) {
        return reduction(call) == NONE ? each : each.withShape(Shape.SCALAR);
    }

    static Expr reduce(Args n, Expr each) {
        long reduction = reduction(n.call());
        return reduction == MEAN ? each.call("mean") : reduction == SUM ? each.sumAll() : each;
    }

    /** The cotangent of the loss of each element, of which there are as many as {@code each} has. */
    static Expr spread(Backward n, Shape each) {
        return reduction(n.call()) == MEAN ? n.grad().div((double) each.elements()) : n.grad();
    }
}
