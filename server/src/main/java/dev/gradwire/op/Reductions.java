package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;

/** Sums, means and products along dimensions. */
final class Reductions {
    private Reductions() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None)"
                                + " -> Tensor")
                        .doc("the sum along dimensions, all by default")
                        .gradFn("SumBackward1")
                        .overload("sum(Tensor self, *, ScalarType? dtype=None) -> Tensor")
                        .gradFn("SumBackward0")
                        .types(one(call -> reduced(call, total(call))))
                        .vjp("self", n -> spread(n.grad(), n))
                        .kernel("sum.dim_IntList")
                        .samples(
                                "float64[2, 3]", "float64[2, 3, 4], [0, -1], True", "float64[], 0", "float64[2, 0], 1"),
                operator("mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor")
                        .doc("the mean along dimensions, all by default")
                        .gradFn("MeanBackward1")
                        .overload("mean(Tensor self, *, ScalarType? dtype=None) -> Tensor")
                        .gradFn("MeanBackward0")
                        .types(one(call -> reduced(call, floating(call))))
                        .vjp("self", n -> spread(n.grad(), n).div(count(n)))
                        .kernel("mean.dim")
                        .samples("float64[2, 3]", "float64[2, 3, 4], [0, -1], True", "float64[], 0"));
    }

    /** The dtype of a sum: integers and bools add up as int64. */
    static DType total(Call call) {
        DType own = call.type("self").dtype();
        return call.dtype("dtype", own.isDifferentiable() ? own : DType.INT64);
    }

    /** The dtype of a mean, which integers do not have. */
    static DType floating(Call call) {
        DType dtype = call.dtype("dtype", call.type("self").dtype());
        if (!dtype.isDifferentiable()) {
            boolean asked = call.has("dtype");
            throw GraphException.argument(
                    Reason.DTYPE_UNSUPPORTED,
                    asked ? "dtype" : "self",
                    "must be a floating point dtype, but is " + dtype.label());
        }
        return dtype;
    }

    /** The result of reducing {@code self} along {@code dim}. */
    static TensorType reduced(Call call, DType dtype) {
        Shape shape = call.shape("self");
        return new TensorType(dtype, Dims.reduce(shape, Dims.all(call, "dim", shape.rank()), keepdim(call)));
    }

    private static boolean keepdim(Call call) {
        return call.has("keepdim") && call.bool("keepdim");
    }

    /** A reduced tensor with its reduced dimensions back, of size 1. */
    static Expr restored(Expr reduced, Args n) {
        return reduced.reshape(Dims.reduce(n.shape("self"), n.dims("dim", "self"), true));
    }

    /** A reduced tensor repeated along the dimensions that were reduced: the transpose of a sum. */
    static Expr spread(Expr reduced, Args n) {
        return restored(reduced, n).expand(n.shape("self"));
    }

    /** How many elements become one. */
    static double count(Args n) {
        double count = 1;
        for (long dim : n.dims("dim", "self")) {
            count *= n.shape("self").dim((int) dim);
        }
        return count;
    }
}
