package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.TensorType;
import java.util.List;

/** Softmax, its logarithm, and their derivatives as operators. */
final class Softmax {
    private Softmax() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor")
                        .doc("exp(self) / Σ exp(self) along dim")
                        .alias("special_softmax")
                        .composite(n -> List.of(converted(n).call("_softmax", n.raw("dim"), false)))
                        .samples("float64[2, 3], 1", "float64[2], 0, torch.float64"),
                operator("log_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor")
                        .doc("self − log Σ exp(self) along dim")
                        .alias("special_log_softmax")
                        .composite(n -> List.of(converted(n).call("_log_softmax", n.raw("dim"), false)))
                        .samples("float64[2, 3], 1"),
                operator("softmin(Tensor self, int dim, ScalarType? dtype=None) -> Tensor")
                        .doc("softmax of −self along dim")
                        .composite(n -> List.of(n.arg("self").neg().call("softmax", n.raw("dim"), n.raw("dtype"))))
                        .samples("float64[2, 3], 1"),
                operator("_softmax(Tensor self, int dim, bool half_to_float) -> Tensor")
                        .doc("exp(self) / Σ exp(self) along dim")
                        .gradFn("SoftmaxBackward0")
                        .types(one(Softmax::along))
                        .vjp("self", n -> n.grad().call("_softmax_backward_data", n.result(), n.raw("dim"), own(n)))
                        .batch(Batch.along("self", "dim"))
                        .loops(call -> InLoops.alongLast(call, "self"), InLoops::softmax)
                        .kernelWhere("_softmax", call -> !call.bool("half_to_float"))
                        .decompose(n -> n.arg("self").to(DType.FLOAT32).call("_softmax", n.raw("dim"), false))
                        .samples(
                                "float64[2, 3], 1, False",
                                "float64[3, 1, 2], -2, False",
                                "float64[], 0, False",
                                "float64[2, 0], 1, False"),
                operator("_log_softmax(Tensor self, int dim, bool half_to_float) -> Tensor")
                        .doc("self − log Σ exp(self) along dim")
                        .gradFn("LogSoftmaxBackward0")
                        .types(one(Softmax::along))
                        .vjp("self", n -> n.grad().call("_log_softmax_backward_data", n.result(), n.raw("dim"), own(n)))
                        .batch(Batch.along("self", "dim"))
                        .loops(call -> InLoops.alongLast(call, "self"), InLoops::logSoftmax)
                        .kernelWhere("_log_softmax", call -> !call.bool("half_to_float"))
                        .decompose(n -> n.arg("self").to(DType.FLOAT32).call("_log_softmax", n.raw("dim"), false))
                        .samples("float64[2, 3], 1, False", "float64[3, 1, 2], -2, False", "float64[], 0, False"),
                operator("_safe_softmax(Tensor self, int dim, ScalarType? dtype=None) -> Tensor")
                        .doc("softmax along dim, zeros where all of self is −∞")
                        .gradFn("SafeSoftmaxBackward0")
                        .types(one(call -> {
                            Dims.normalize(call, "dim", call.type("self").rank());
                            DType dtype = call.dtype("dtype", call.type("self").dtype());
                            Require.floating(call.has("dtype") ? "dtype" : "self", dtype);
                            return call.type("self").withDtype(dtype);
                        }))
                        .vjp("self", n -> n.grad().call("_softmax_backward_data", n.result(), n.raw("dim"), own(n)))
                        .decompose(n -> {
                            Expr self = converted(n);
                            Expr none = self.eq(Double.NEGATIVE_INFINITY).call("all", n.raw("dim"), true);
                            return none.where(0.0, self.call("_softmax", n.raw("dim"), false));
                        })
                        .samples("float64[2, 3], 1", "float64[3], 0"),
                // y ∘ (g − Σ g ∘ y), the Jacobian of y = softmax(x) times g: it is symmetric
                operator("_softmax_backward_data(Tensor grad_output, Tensor output, int dim, ScalarType input_dtype)"
                                + " -> Tensor")
                        .doc("output · (grad_output − Σ grad_output · output) along dim")
                        .gradFn("SoftmaxBackwardDataBackward0")
                        .types(one(Softmax::backward))
                        .vjp(
                                "grad_output",
                                n -> n.grad()
                                        .to(out(n))
                                        .call("_softmax_backward_data", n.arg("output"), n.raw("dim"), out(n)))
                        .vjp("output", n -> {
                            Expr u = n.grad().to(out(n));
                            Expr g = n.arg("grad_output").to(out(n));
                            Expr y = n.arg("output");
                            return u.mul(g.sub(along(g.mul(y), n))).sub(g.mul(along(u.mul(y), n)));
                        })
                        .batch(Batch.along("output", "dim"))
                        .loops(call -> isOneDtype(call) && InLoops.alongLast(call, "output"), InLoops::softmaxBackward)
                        .kernelWhere("_softmax_backward_data", Softmax::isOneDtype)
                        .decompose(n -> inOutputDtype(n, "_softmax_backward_data"))
                        .samples(
                                "float64[2, 3], float64[2, 3], 1, torch.float64",
                                "float64[], float64[], 0, torch.float64"),
                operator(
                                "_log_softmax_backward_data(Tensor grad_output, Tensor output, int dim, ScalarType input_dtype)"
                                        + " -> Tensor")
                        .doc("grad_output − exp(output) · Σ grad_output along dim")
                        .gradFn("LogSoftmaxBackwardDataBackward0")
                        .types(one(Softmax::backward))
                        .vjp("grad_output", n -> {
                            Expr u = n.grad().to(out(n));
                            return u.sub(along(u.mul(n.arg("output").exp()), n));
                        })
                        .vjp("output", n -> {
                            Expr total = along(n.arg("grad_output").to(out(n)), n);
                            return n.grad()
                                    .to(out(n))
                                    .mul(n.arg("output").exp())
                                    .mul(total)
                                    .neg();
                        })
                        .batch(Batch.along("output", "dim"))
                        .loops(
                                call -> isOneDtype(call) && InLoops.alongLast(call, "output"),
                                InLoops::logSoftmaxBackward)
                        .kernelWhere("_log_softmax_backward_data", Softmax::isOneDtype)
                        .decompose(n -> inOutputDtype(n, "_log_softmax_backward_data"))
                        .samples(
                                "float64[2, 3], float64[2, 3], -1, torch.float64",
                                "float64[], float64[], 0, torch.float64"));
    }

    /** The library turns float32 into half precision on CUDA only. */
    private static boolean isOneDtype(Call call) {
        DType dtype = call.type("output").dtype();
        return call.dtype("input_dtype", dtype) == dtype;
    }

    private static Expr inOutputDtype(Args n, String op) {
        return n.arg("grad_output")
                .call(op, n.arg("output"), n.raw("dim"), out(n))
                .to(n.dtype("input_dtype", out(n)));
    }

    private static Expr converted(Args n) {
        return n.arg("self").to(n.dtype("dtype", n.type("self").dtype()));
    }

    private static DType own(Args n) {
        return n.type("self").dtype();
    }

    private static DType out(Args n) {
        return n.type("output").dtype();
    }

    /** Σ along dim, which stays with size 1. */
    private static Expr along(Expr tensor, Args n) {
        return tensor.sumKeepingDims(n.dim("dim", tensor.rank()));
    }

    private static TensorType along(Call call) {
        Require.floating(call, "self");
        Dims.normalize(call, "dim", call.type("self").rank());
        boolean toFloat = call.bool("half_to_float");
        Require.that(
                !toFloat || call.type("self").dtype().sizeInBytes() == 2,
                "half_to_float",
                "is for float16 and bfloat16, but self is "
                        + call.type("self").dtype().label());
        return toFloat ? call.type("self").withDtype(DType.FLOAT32) : call.type("self");
    }

    private static TensorType backward(Call call) {
        Require.floating(call, "grad_output", "output");
        Require.shape(call, "output", call.shape("grad_output"), "that of grad_output");
        Require.sameDtype(call, "output", "grad_output");
        Dims.normalize(call, "dim", call.type("output").rank());
        DType input = call.dtype("input_dtype", call.type("output").dtype());
        Require.floating("input_dtype", input);
        return call.type("grad_output").withDtype(input);
    }
}
