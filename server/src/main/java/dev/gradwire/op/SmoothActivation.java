package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;

/** Activation functions made of exponentials. */
final class SmoothActivation {
    private static final double SELU_ALPHA = 1.6732632423543772;
    private static final double SELU_SCALE = 1.0507009873554805;

    private SmoothActivation() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor")
                        .doc("scale · self for self > 0, else scale · alpha · (e^(input_scale · self) − 1)")
                        .gradFn("EluBackward0")
                        .types(Elementwise.floating("self"))
                        .vjp("self", n -> ofElu(n, n.number("alpha"), n.number("scale"), n.number("input_scale")))
                        .decompose(n -> elu(n, n.number("alpha"), n.number("scale"), n.number("input_scale")))
                        .samples("float64[2, 3]", "float64[], 0.5, 2.0, 0.75"),
                operator("celu(Tensor self, Scalar alpha=1.0) -> Tensor")
                        .doc("self for self > 0, else alpha · (e^(self / alpha) − 1)")
                        .gradFn("CeluBackward0")
                        .types(Elementwise.floating("self").requiring(SmoothActivation::requireAlpha))
                        .vjp("self", n -> ofElu(n, n.number("alpha"), 1, 1 / n.number("alpha")))
                        .decompose(n -> elu(n, n.number("alpha"), 1, 1 / n.number("alpha")))
                        .samples("float64[2, 3]", "float64[], 0.5"),
                operator("selu(Tensor self) -> Tensor")
                        .doc("elu with the alpha and scale that keep mean 0 and variance 1")
                        .composite(n -> List.of(n.self().call("elu", SELU_ALPHA, SELU_SCALE)))
                        .samples("float64[2, 3]"),
                operator("gelu(Tensor self, *, str approximate=\"none\") -> Tensor")
                        .doc("self · Φ(self), with the normal distribution function Φ or its approximation by tanh")
                        .gradFn("GeluBackward0")
                        .types(Elementwise.floating("self").requiring(SmoothActivation::requireApproximation))
                        .vjp(
                                "self",
                                n -> n.grad().mul(n.text("approximate").equals("tanh") ? ofTanhGelu(n) : ofGelu(n)))
                        .kernel("gelu")
                        .samples("float64[2, 3]", "float64[2], approximate=\"tanh\""),
                operator("silu(Tensor self) -> Tensor")
                        .doc("self · sigmoid(self)")
                        .gradFn("SiluBackward0")
                        .types(Elementwise.floating("self"))
                        .vjp("self", n -> {
                            Expr s = n.self().sigmoid();
                            return n.grad().mul(s.mul(n.self().mul(s.rsub(1)).add(1)));
                        })
                        .kernel("silu")
                        .samples("float64[2, 3]", "float64[]"),
                operator("mish(Tensor self) -> Tensor")
                        .doc("self · tanh(softplus(self))")
                        .gradFn("MishBackward0")
                        .types(Elementwise.floating("self"))
                        .vjp("self", n -> {
                            Expr t = n.self().exp().call("log1p").tanh();
                            Expr slope = n.self().sigmoid().mul(t.square().rsub(1));
                            return n.grad().mul(t.add(n.self().mul(slope)));
                        })
                        .kernel("mish")
                        .samples("float64[2, 3]", "float64[]"),
                operator("softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor")
                        .doc("log(1 + e^(beta · self)) / beta, self where beta · self > threshold")
                        .gradFn("SoftplusBackward0")
                        .types(Elementwise.floating("self"))
                        .vjp("self", n -> {
                            Expr z = n.self().mul(n.raw("beta"));
                            return z.gt(n.raw("threshold"))
                                    .where(n.grad(), n.grad().mul(z.sigmoid()));
                        })
                        .decompose(n -> {
                            Expr z = n.self().mul(n.raw("beta"));
                            // max(z, 0) + log(1 + e^−|z|), which does not overflow in half precision.
                            Expr curve = z.call("clamp_min", 0)
                                    .add(z.abs().neg().exp().call("log1p"));
                            return z.gt(n.raw("threshold")).where(n.self(), curve.div(n.raw("beta")));
                        })
                        .samples("float64[2, 3]", "float64[], 2.0, 1"),
                operator("log_sigmoid(Tensor self) -> Tensor")
                        .doc("log(sigmoid(self))")
                        .composite(n -> List.of(n.self().call("log_sigmoid_forward")))
                        .samples("float64[2, 3]"),
                operator("log_sigmoid_forward(Tensor self) -> (Tensor output, Tensor buffer)")
                        .doc("min(self, 0) − log(1 + e^−|self|), and e^−|self|")
                        .gradFn("LogSigmoidBackward0")
                        .types(call -> {
                            TensorType self =
                                    Elementwise.floating("self").infer(call).getFirst();
                            return List.of(self, self);
                        })
                        .notDifferentiable(1)
                        .vjp("self", n -> n.grad().mul(n.self().neg().sigmoid()))
                        .decomposeAll(n -> {
                            Expr buffer = n.self().abs().neg().exp();
                            return List.of(n.self().call("clamp_max", 0).sub(buffer.call("log1p")), buffer);
                        })
                        .samples("float64[2, 3]"),
                operator("tanhshrink(Tensor self) -> Tensor")
                        .doc("self − tanh(self)")
                        .composite(n -> List.of(n.self().sub(n.self().tanh())))
                        .complex()
                        .samples("float64[2, 3]", "complex128[2, 3]"),
                operator("glu(Tensor self, int dim=-1) -> Tensor")
                        .doc("the first half of self along dim, times the sigmoid of the second")
                        .gradFn("GluBackward0")
                        .types(call -> List.of(halved(call)))
                        .vjp("self", n -> {
                            Expr s = half(n, 1).sigmoid();
                            Expr first = n.grad().mul(s);
                            return Expr.cat(List.of(first, first.mul(half(n, 0)).mul(s.rsub(1))), dim(n));
                        })
                        .decompose(n -> half(n, 0).mul(half(n, 1).sigmoid()))
                        .samples("float64[2, 4]", "float64[2, 3], 0", "float64[4, 0]"));
    }

    private static Expr elu(Args n, double alpha, double scale, double inputScale) {
        Expr curve = negative(n).mul(inputScale).call("expm1").mul(alpha * scale);
        return n.self().le(0).where(curve, n.self().mul(scale));
    }

    private static Expr ofElu(Backward n, double alpha, double scale, double inputScale) {
        Expr slope = negative(n).mul(inputScale).exp().mul(alpha * scale * inputScale);
        return n.self().le(0).where(n.grad().mul(slope), n.grad().mul(scale));
    }

    /** Self where it is negative, else 0, so that no exponential overflows where it is not used. */
    private static Expr negative(Args n) {
        return n.self().maskedBy(n.self().lt(0));
    }

    /** {@code Φ(x) + x φ(x)}. */
    private static Expr ofGelu(Backward n) {
        Expr x = n.self();
        Expr distribution = x.mul(Math.sqrt(0.5)).call("erf").add(1).mul(0.5);
        Expr density = x.square().mul(-0.5).exp().mul(1 / Math.sqrt(2 * Math.PI));
        return distribution.add(x.mul(density));
    }

    /** {@code ½ (1 + t) + ½ x (1 − t²) u′} with {@code t = tanh u, u = √(2/π) (x + 0.044715 x³)}. */
    private static Expr ofTanhGelu(Backward n) {
        double beta = Math.sqrt(2 / Math.PI);
        Expr x = n.self();
        Expr squared = x.square();
        Expr t = x.mul(squared.mul(0.044715).add(1)).mul(beta).tanh();
        Expr inner = squared.mul(3 * 0.044715).add(1).mul(beta);
        return t.add(1).add(x.mul(t.square().rsub(1)).mul(inner)).mul(0.5);
    }

    private static void requireAlpha(Call call) {
        if (call.number("alpha") == 0) {
            throw GraphException.argument(Reason.INVALID_ARGUMENT, "alpha", "must not be 0");
        }
    }

    private static void requireApproximation(Call call) {
        String approximate = call.text("approximate");
        if (!approximate.equals("none") && !approximate.equals("tanh")) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT,
                    "approximate",
                    "must be \"none\" or \"tanh\", but is \"" + approximate + "\"");
        }
    }

    private static TensorType halved(Call call) {
        TensorType self = Elementwise.floating("self").infer(call).getFirst();
        if (self.rank() == 0) {
            throw GraphException.argument(Reason.SHAPE_MISMATCH, "self", "must have dimensions to be halved");
        }
        int dim = Dims.normalize(call, "dim", self.rank());
        Shape shape = self.shape();
        if (shape.dim(dim) % 2 != 0) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    "self",
                    "must have an even size to be halved along dimension " + dim + ", but has shape " + shape);
        }
        return self.withShape(shape.withDim(dim, shape.dim(dim) / 2));
    }

    private static int dim(Args n) {
        return n.dim("dim", n.rank("self"));
    }

    private static Expr half(Args n, int which) {
        long size = n.shape("self").dim(dim(n)) / 2;
        return n.self().slice(dim(n), which * size, (which + 1) * size);
    }
}
