package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.Reshapes.composite;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Map;

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
                        .complex()
                        .types(one(call -> reduced(call, total(call))))
                        .vjp("self", n -> spread(n.grad(), n))
                        .batch(Batch.reducing())
                        .kernel("sum.dim_IntList")
                        .samples(
                                "float64[2, 3]",
                                "float64[2, 3, 4], [0, -1], True",
                                "float64[], 0",
                                "float64[2, 0], 1",
                                "complex128[2, 3]",
                                "float64[2, 3], 1, dtype=torch.complex128"),
                operator("mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor")
                        .doc("the mean along dimensions, all by default")
                        .gradFn("MeanBackward1")
                        .overload("mean(Tensor self, *, ScalarType? dtype=None) -> Tensor")
                        .gradFn("MeanBackward0")
                        .complex()
                        .types(one(call -> reduced(call, floating(call))))
                        .vjp("self", n -> spread(n.grad(), n).div(count(n)))
                        .batch(Batch.reducing())
                        .loops(InLoops::isMean, InLoops::mean)
                        .kernel("mean.dim")
                        .samples(
                                "float64[2, 3]",
                                "float64[2, 3, 4], [0, -1], True",
                                "float64[], 0",
                                "complex128[2, 3], 1"),
                operator(
                                "nansum(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor")
                        .doc("the sum along dimensions, with NaN as 0")
                        .gradFn("NansumBackward0")
                        .types(one(call -> reduced(call, total(call))))
                        .vjp(
                                "self",
                                n -> spread(n.grad(), n)
                                        .maskedBy(n.arg("self").call("isnan").not()))
                        .decompose(n -> {
                            DType dtype = n.type("self").dtype();
                            Expr numbers = dtype.isDifferentiable()
                                    ? n.self().maskedBy(n.self().call("isnan").not())
                                    : n.self();
                            return numbers.callNamed(
                                    "sum.dim_IntList",
                                    Map.of("dtype", n.raw("dtype"), "keepdim", n.raw("keepdim")),
                                    n.raw("dim"));
                        })
                        .samples("float64[2, 3]", "float64[2, 3], 1, True"),
                composite(
                                "nanmean(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None)",
                                n -> {
                                    Expr numbers = n.arg("self").call("isnan").not();
                                    Expr count = numbers.call("sum.dim_IntList", n.raw("dim"), n.raw("keepdim"));
                                    Expr self = n.arg("self").to(floating(n.call()));
                                    return self.call("nansum", n.raw("dim"), n.raw("keepdim"))
                                            .div(count);
                                })
                        .doc("the mean along dimensions of what is not NaN")
                        .samples("float64[2, 3], 1"),
                operator("prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor")
                        .doc("the product along a dimension")
                        .gradFn("ProdBackward1")
                        .complex()
                        .types(one(call -> reduced(call, total(call))))
                        .vjp("self", n -> {
                            Expr others = products(n.arg("self").to(n.grad().dtype()), n.dim("dim", n.rank("self")));
                            return restored(n.grad(), n).mul(others.conj());
                        })
                        .batch(Batch.along("self", "dim"))
                        .kernel("prod.dim_int")
                        .samples(
                                "float64[2, 3], 1",
                                "float64[1, 4], 0, True",
                                "float64[], 0",
                                "float64[2, 0], -1",
                                "complex128[2, 3], 1"),
                operator("prod(Tensor self, *, ScalarType? dtype=None) -> Tensor")
                        .doc("the product of all elements")
                        .gradFn("ProdBackward0")
                        .complex()
                        .types(one(call -> new TensorType(total(call), Shape.SCALAR)))
                        .vjp("self", n -> {
                            Expr elements = n.arg("self")
                                    .to(n.grad().dtype())
                                    .reshape(n.shape("self").elements());
                            return n.grad().mul(products(elements, 0).conj()).reshape(n.shape("self"));
                        })
                        .batch(Batch.flattening("prod.dim_int"))
                        .kernel("prod")
                        .samples("float64[2, 3]", "float64[]", "complex128[2, 3]"),
                test("any").doc("whether an element along dimensions is not 0"),
                test("all").doc("whether no element along dimensions is 0"),
                operator("count_nonzero.dim_IntList(Tensor self, int[] dim) -> Tensor")
                        .overload("count_nonzero(Tensor self, int? dim=None) -> Tensor")
                        .doc("how many elements along dimensions are not 0")
                        .complex()
                        .types(one(call -> reduced(call, DType.INT64)))
                        .decompose(n -> n.arg("self").ne(0).sum(n.dims("dim", "self"))));
    }

    /** {@code any} and {@code all}. */
    private static Declaration test(String name) {
        return operator(name + ".dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor")
                .overload(name + ".dim(Tensor self, int dim, bool keepdim=False) -> Tensor")
                .overload(name + "(Tensor self) -> Tensor")
                .complex()
                .types(one(call -> {
                    DType dtype = call.type("self").dtype() == DType.UINT8 ? DType.UINT8 : DType.BOOL;
                    return new TensorType(dtype, Dims.reduce(call.shape("self"), tested(call), keepdim(call)));
                }))
                .batch(Batch.reducing(Reductions::tested))
                .kernel(
                        name + ".dims",
                        call -> List.of(call.arg("self"), Expr.argument(tested(call)), Expr.argument(keepdim(call))));
    }

    /** Here, unlike elsewhere, an empty list means no dimension. */
    private static long[] tested(Call call) {
        int rank = call.type("self").rank();
        return call.has("dim") ? Dims.listed(call, "dim", rank) : Dims.all(call, "dim", rank);
    }

    /**
     * For each element the product of all others along a dimension: of those before it and those behind it. Without a
     * division it is right at zeros, and so are its derivatives.
     */
    private static Expr products(Expr tensor, int dim) {
        if (tensor.rank() == 0 || tensor.size(dim) <= 1) {
            return tensor.onesLike();
        }
        long size = tensor.size(dim);
        long[] dims = {dim};
        Expr one = tensor.slice(dim, 0, 1).onesLike();
        Expr before = Expr.cat(List.of(one, tensor.slice(dim, 0, size - 1).call("cumprod", dim)), dim);
        Expr reversed = tensor.slice(dim, 1, size).call("flip", dims).call("cumprod", dim);
        Expr behind = Expr.cat(List.of(reversed.call("flip", dims), one), dim);
        return before.mul(behind);
    }

    /** The dtype of a sum: integers and bools add up as int64. */
    static DType total(Call call) {
        DType own = call.type("self").dtype();
        return call.dtype("dtype", own.isDifferentiable() ? own : DType.INT64);
    }

    /** The dtype of a mean, which integers do not have. */
    static DType floating(Call call) {
        boolean asked = call.op().canonical().indexOf("dtype") >= 0 && call.has("dtype");
        DType own = call.type("self").dtype();
        DType dtype = asked ? call.dtype("dtype", own) : own;
        if (!dtype.isDifferentiable()) {
            throw GraphException.argument(
                    Reason.DTYPE_UNSUPPORTED,
                    asked ? "dtype" : "self",
                    "must be of a floating point dtype, but is " + dtype.label());
        }
        return dtype;
    }

    /** The result of reducing {@code self} along {@code dim}. */
    static TensorType reduced(Call call, DType dtype) {
        Shape shape = call.shape("self");
        return new TensorType(dtype, Dims.reduce(shape, Dims.all(call, "dim", shape.rank()), keepdim(call)));
    }

    private static boolean keepdim(Call call) {
        return call.op().canonical().indexOf("keepdim") >= 0 && call.bool("keepdim");
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
