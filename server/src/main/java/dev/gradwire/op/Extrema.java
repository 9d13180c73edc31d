package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.Reductions.restored;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;

/** Largest and smallest elements. Those that find values alone share a cotangent among ties; indices decide ties. */
final class Extrema {
    private Extrema() {}

    static List<Declaration> declarations() {
        return List.of(
                extremum("amax", "AmaxBackward0")
                        .doc("the largest element along dimensions, all by default; ties share the gradient"),
                extremum("amin", "AminBackward0")
                        .doc("the smallest element along dimensions, all by default; ties share the gradient"),
                operator("aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (Tensor min, Tensor max)")
                        .doc(
                                "the smallest and the largest element, along a dimension or of all; ties share the gradient")
                        .gradFn("AminmaxBackward0")
                        .types(call -> {
                            TensorType type = nonEmpty(call, call.type("self").dtype());
                            return List.of(type, type);
                        })
                        .vjp("self", n -> {
                            Expr min = shared(n.grad(0), n.result(0), n);
                            Expr max = shared(n.grad(1), n.result(1), n);
                            return n.hasGrad(0) ? n.hasGrad(1) ? min.add(max) : min : max;
                        })
                        .batch(Batch.along("self", "dim"))
                        .kernel("aminmax")
                        .samples("float64[2, 3]", "float64[2, 3], dim=1, keepdim=True"),
                choice("max.dim", "MaxBackward0")
                        .doc("the largest element along a dimension, and its index, where the gradient goes"),
                ofAll("max", "MaxBackward1", "amax").doc("the largest of all elements; ties share the gradient"),
                choice("min.dim", "MinBackward0")
                        .doc("the smallest element along a dimension, and its index, where the gradient goes"),
                ofAll("min", "MinBackward1", "amin").doc("the smallest of all elements; ties share the gradient"),
                position("argmax").doc("the index of the largest element, along a dimension or of all"),
                position("argmin").doc("the index of the smallest element, along a dimension or of all"),
                choice("median.dim", "MedianBackward1")
                        .doc("the lower median along a dimension, and its index, where the gradient goes"),
                ofAll("median", "MedianBackward0", "median.dim")
                        .doc("the lower median of all elements; ties share the gradient"),
                choice("nanmedian.dim", "NanmedianBackward1")
                        .doc(
                                "the lower median along a dimension of what is not NaN, and its index, where the gradient goes"),
                ofAll("nanmedian", "NanmedianBackward0", "nanmedian.dim")
                        .doc("the lower median of all elements that are not NaN; ties share the gradient"));
    }

    /** {@code amax} and {@code amin}. */
    private static Declaration extremum(String name, String gradFn) {
        return operator(name + "(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor")
                .gradFn(gradFn)
                .types(one(call -> nonEmpty(call, call.type("self").dtype())))
                .vjp("self", n -> shared(n.grad(), n.result(), n))
                .batch(Batch.reducing())
                .kernel(name)
                .samples("float64[2, 3]", "float64[2, 3, 4], [0, -1], True", "float64[], 0");
    }

    /** A cotangent shared evenly among the elements that are equal to the result. */
    private static Expr shared(Expr grad, Expr result, Args n) {
        Expr ties = n.arg("self").eq(restored(result, n));
        Expr count = ties.call("sum.dim_IntList", n.dims("dim", "self"), true);
        return restored(grad, n).div(count).mul(ties);
    }

    /**
     * An element of all, by its value.
     *
     * @param along the operator that finds it along a dimension
     */
    private static Declaration ofAll(String name, String gradFn, String along) {
        return operator(name + "(Tensor self) -> Tensor")
                .gradFn(gradFn)
                .types(one(call -> {
                    requireOrder(call, name);
                    if (call.shape("self").elements() == 0 && !name.contains("median")) {
                        throw GraphException.argument(
                                Reason.SHAPE_MISMATCH, "self", "has no element: " + call.shape("self"));
                    }
                    return call.type("self").withShape(Shape.SCALAR);
                }))
                .vjp("self", n -> {
                    Expr self = n.arg("self");
                    Expr bothNan = self.call("isnan").and(n.result().call("isnan"));
                    Expr ties = self.eq(n.result()).or(bothNan);
                    return n.grad().div(ties.sumAll()).mul(ties);
                })
                .batch(Batch.flattening(along))
                .kernel(name)
                .samples("float64[2, 3]", "float64[]");
    }

    /** One element for each place along a dimension, by its index. */
    private static Declaration choice(String name, String gradFn) {
        return operator(name + "(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)")
                .gradFn(gradFn)
                .types(call -> {
                    requireOrder(call, name);
                    return chosen(call);
                })
                .vjp("self", Extrema::scatteredToChosen)
                .batch(Batch.along("self", "dim"))
                .kernel(name)
                .samples("float64[2, 3], 1", "float64[2, 3], 0, True", "float64[], 0");
    }

    private static void requireOrder(Call call, String name) {
        if (name.contains("median")) {
            Require.notBool(call, "self");
        }
    }

    /** Types of values and indices. */
    static List<TensorType> chosen(Call call) {
        TensorType values = nonEmpty(call, call.type("self").dtype());
        return List.of(values, values.withDtype(DType.INT64));
    }

    /** The cotangent of the chosen elements at their places in zeros. */
    static Expr scatteredToChosen(Backward n) {
        boolean whole = n.rank("self") == 0 || n.bool("keepdim");
        int dim = n.dim("dim", n.rank("self"));
        Expr grad = whole ? n.grad() : n.grad().unsqueeze(dim);
        Expr indices = whole ? n.result(1) : n.result(1).unsqueeze(dim);
        return n.full(n.type("self"), 0).call("scatter", dim, indices, grad);
    }

    private static Declaration position(String name) {
        return operator(name + "(Tensor self, int? dim=None, bool keepdim=False) -> Tensor")
                .types(one(call -> {
                    Require.notBool(call, "self");
                    return nonEmpty(call, DType.INT64);
                }))
                .batch(Batch.along("self", "dim"))
                .kernel(name);
    }

    /** The type of a reduction that needs an element along each dimension it reduces. */
    private static TensorType nonEmpty(Call call, DType dtype) {
        Shape shape = call.shape("self");
        for (long dim : Dims.all(call, "dim", shape.rank())) {
            if (shape.dim((int) dim) == 0) {
                throw GraphException.argument(
                        Reason.SHAPE_MISMATCH, "self", "has no element along dimension " + dim + ": " + shape);
            }
        }
        return Reductions.reduced(call, dtype);
    }
}
