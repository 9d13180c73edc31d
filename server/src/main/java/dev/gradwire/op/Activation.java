package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/**
 * Activation functions made of straight pieces; at a kink the derivative is PyTorch's choice. At NaN PyTorch's CPU
 * kernels do not agree with themselves (whole vectors give 0, the rest behind them and CUDA the cotangent): the
 * cotangent it is.
 */
final class Activation {
    /** PyTorch's sixth, which is that of float32 for all dtypes. */
    private static final double SIXTH = 1 / 6f;

    private Activation() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("relu(Tensor self) -> Tensor")
                        .doc("max(self, 0); the derivative at 0 is 0")
                        .gradFn("ReluBackward0")
                        .types(Elementwise.numbers("self"))
                        .vjp("self", n -> n.result().le(0).where(0.0, n.grad()))
                        .kernel("relu")
                        .samples("float64[2, 3]", "float64[]", "float64[0, 2]"),
                operator("relu6(Tensor self) -> Tensor")
                        .doc("min(max(self, 0), 6); the derivative at 0 and 6 is 0")
                        .composite(n -> List.of(n.self().call("hardtanh", 0, 6)))
                        .samples("float64[2, 3]{-2..8}"),
                operator("leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor")
                        .doc("self for self > 0, else negative_slope · self")
                        .gradFn("LeakyReluBackward0")
                        .types(Elementwise.floating("self"))
                        .vjp(
                                "self",
                                n -> n.self().gt(0).where(n.grad(), n.grad().mul(n.raw("negative_slope"))))
                        .decompose(n -> n.self().gt(0).where(n.self(), n.self().mul(n.raw("negative_slope"))))
                        .samples("float64[2, 3]", "float64[], 0.2"),
                operator("hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1) -> Tensor")
                        .doc("min(max(self, min_val), max_val); the derivative at the bounds is 0")
                        .gradFn("HardtanhBackward0")
                        .types(Elementwise.numbers("self"))
                        .vjp(
                                "self",
                                n -> n.self()
                                        .le(n.raw("min_val"))
                                        .or(n.self().ge(n.raw("max_val")))
                                        .where(0.0, n.grad()))
                        .choosing()
                        .decompose(n -> n.self().call("clamp.Tensor", bound(n, "min_val"), bound(n, "max_val")))
                        .samples("float64[2, 3]", "float64[], -0.5, 0.75"),
                operator("hardsigmoid(Tensor self) -> Tensor")
                        .doc("min(max(self + 3, 0), 6) / 6; the derivative at −3 and 3 is 0")
                        .gradFn("HardsigmoidBackward0")
                        .types(Elementwise.floating("self"))
                        .vjp(
                                "self",
                                n -> n.self()
                                        .gt(-3)
                                        .and(n.self().lt(3))
                                        .where(n.grad().mul(SIXTH), 0.0))
                        .kernel("hardsigmoid")
                        .samples("float64[2, 3]{-4..4}"),
                operator("hardswish(Tensor self) -> Tensor")
                        .doc("self · hardsigmoid(self); the derivative at −3 is 0, at 3 it is 1")
                        .gradFn("HardswishBackward0")
                        .types(Elementwise.floating("self"))
                        .vjp("self", n -> n.grad().mul(hardswishSlope(n.self())))
                        .kernel("hardswish")
                        .samples("float64[2, 3]{-4..4}"),
                operator("hardshrink(Tensor self, Scalar lambd=0.5) -> Tensor")
                        .doc("self for |self| > lambd, else 0")
                        .gradFn("HardshrinkBackward0")
                        .types(Elementwise.floating("self"))
                        .vjp("self", n -> shrunk(n).where(0.0, n.grad()))
                        .choosing()
                        .decompose(n -> shrunk(n).where(0.0, n.self()))
                        .samples("float64[2, 3]", "float64[], 0.25"),
                operator("softshrink(Tensor self, Scalar lambd=0.5) -> Tensor")
                        .doc("self without lambd of its magnitude, 0 for |self| ≤ lambd")
                        .gradFn("SoftshrinkBackward0")
                        .types(Elementwise.floating("self").requiring(Activation::requireLambda))
                        .vjp("self", n -> shrunk(n).where(0.0, n.grad()))
                        .decompose(n -> n.self()
                                .gt(n.raw("lambd"))
                                .where(
                                        n.self().sub(n.raw("lambd")),
                                        n.self()
                                                .lt(-n.number("lambd"))
                                                .where(
                                                        n.self().add(n.raw("lambd")),
                                                        n.self().mul(0))))
                        .samples("float64[2, 3]", "float64[], 0.25"),
                operator("threshold(Tensor self, Scalar threshold, Scalar value) -> Tensor")
                        .doc("self for self > threshold, else value")
                        .gradFn("ThresholdBackward0")
                        .types(Elementwise.numbers("self"))
                        .vjp("self", n -> n.self().le(n.raw("threshold")).where(0.0, n.grad()))
                        .choosing()
                        .decompose(n -> n.self().le(n.raw("threshold")).where(like(n, "value"), n.self()))
                        .samples("float64[2, 3], 0.1, 20"),
                operator("softsign(Tensor self) -> Tensor")
                        .doc("self / (1 + |self|)")
                        .composite(n -> List.of(n.self().div(n.self().abs().add(1))))
                        .complex()
                        .samples("float64[2, 3]", "complex128[2, 3]"),
                operator("prelu(Tensor self, Tensor weight) -> Tensor")
                        .doc("self for self > 0, else weight · self, with one weight or one for each channel")
                        .composite(n -> List.of(n.self().call("_prelu_kernel", alongChannels(n))))
                        .samples("float64[2, 3, 2], float64[3]", "float64[3], float64[1]", "float64[2, 3], float64[1]"),
                operator("_prelu_kernel(Tensor self, Tensor weight) -> Tensor")
                        .doc("self for self > 0, else weight · self")
                        .gradFn("PreluKernelBackward0")
                        .types(Elementwise.floating("self", "weight"))
                        .vjp(
                                "self",
                                n -> n.self().gt(0).where(n.grad(), n.grad().mul(n.arg("weight"))))
                        .vjp("weight", n -> n.self().ge(0).where(0.0, n.grad().mul(n.self())))
                        .decompose(n -> n.promoted("self")
                                .gt(0)
                                .where(n.promoted("self"), n.promoted("self").mul(n.promoted("weight"))))
                        .samples("float64[2, 3], float64[1, 3]"));
    }

    /** 0 up to −3, (2x + 3)/6 up to 3, then 1. */
    private static Expr hardswishSlope(Expr x) {
        return x.le(-3).where(0.0, x.lt(3).where(x.div(3).add(0.5), 1.0));
    }

    /** A number in the dtype of self. */
    private static Expr like(Args n, String number) {
        return n.arg(number).as(n.type("self").dtype());
    }

    private static Expr bound(Args n, String number) {
        return Clamping.bound(n.arg(number), n.type("self").dtype());
    }

    private static Expr shrunk(Args n) {
        double lambd = n.number("lambd");
        return n.self().ge(-lambd).and(n.self().le(lambd));
    }

    private static void requireLambda(Call call) {
        if (!(call.number("lambd") >= 0)) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT, "lambd", "must not be negative, but is " + call.number("lambd"));
        }
    }

    /** The weights as a tensor that broadcasts along dimension 1 of self. */
    private static Expr alongChannels(Args n) {
        TensorType weight = n.type("weight");
        Shape self = n.shape("self");
        long count = weight.shape().elements();
        long channels = self.rank() > 1 ? self.dim(1) : 1;
        if (weight.rank() > 1 || count != 1 && (self.rank() == 0 || count != channels)) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    "weight",
                    "has shape " + weight.shape() + ", but self of shape " + self + " needs one weight or " + channels);
        }
        if (self.rank() == weight.rank()) {
            return n.arg("weight");
        }
        long[] dims = new long[self.rank()];
        Arrays.fill(dims, 1);
        if (dims.length > 1) {
            dims[1] = count;
        }
        return n.arg("weight").reshape(dims);
    }
}
