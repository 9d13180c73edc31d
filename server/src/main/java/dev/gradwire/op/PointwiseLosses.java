package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Losses of an input against a target of the same shape, element by element. */
final class PointwiseLosses {
    private static final String[] SAMPLES = {
        "float64[2, 3], float64[2, 3]", "float64[3], float64[2, 1], 0", "float64[], float64[], 2"
    };

    private PointwiseLosses() {}

    static List<Declaration> declarations() {
        return List.of(
                difference(
                                "mse_loss(Tensor self, Tensor target, int reduction=1) -> Tensor",
                                "MseLossBackward0",
                                n -> {
                                    Expr d = difference(n);
                                    return d.mul(d);
                                },
                                n -> difference(n).mul(2))
                        .doc("(self − target)²")
                        .samples(SAMPLES),
                difference(
                                "smooth_l1_loss(Tensor self, Tensor target, int reduction=1, float beta=1.0) -> Tensor",
                                "SmoothL1LossBackward0",
                                PointwiseLosses::smoothL1,
                                PointwiseLosses::smoothL1Slope)
                        .doc("½ d² / beta where |d| < beta, |d| − ½ beta elsewhere, with d = self − target")
                        .samples(SAMPLES)
                        .samples("float64[2, 3], float64[2, 3], 1, 0.5", "float64[5], float64[5], 1, 0.0"),
                difference(
                                "huber_loss(Tensor self, Tensor target, int reduction=1, float delta=1.0) -> Tensor",
                                "HuberLossBackward0",
                                PointwiseLosses::huber,
                                PointwiseLosses::huberSlope)
                        .doc("½ d² where |d| ≤ delta, delta · (|d| − ½ delta) elsewhere, with d = self − target")
                        .samples(SAMPLES)
                        .samples("float64[2, 3], float64[2, 3], 1, 0.5"),
                operator("l1_loss(Tensor self, Tensor target, int reduction=1) -> Tensor")
                        .doc("|self − target|; the subgradient at 0 is 0")
                        .composite(n -> List.of(Loss.reduce(n, difference(n).abs())))
                        .complex()
                        .samples(SAMPLES)
                        .samples("complex128[2, 3], complex128[2, 3]"),
                operator("soft_margin_loss(Tensor self, Tensor target, int reduction=1) -> Tensor")
                        .doc("log(1 + exp(−target · self))")
                        .gradFn("SoftMarginLossBackward0")
                        .types(one(PointwiseLosses::each))
                        .vjp("self", n -> {
                            Expr t = n.arg("target");
                            Expr slope =
                                    t.mul(n.arg("self")).neg().sigmoid().mul(t).neg();
                            return slope.mul(Loss.spread(n, slope.shape()));
                        })
                        .decompose(n -> Loss.reduce(
                                n,
                                n.arg("target").mul(n.arg("self")).neg().exp().call("log1p")))
                        .samples(SAMPLES),
                operator("kl_div(Tensor self, Tensor target, int reduction=1, *, bool log_target=False) -> Tensor")
                        .doc("target · (log target − self); with log_target exp(target) · (target − self)")
                        .composite(n -> {
                            Expr t = n.arg("target");
                            Expr x = n.arg("self");
                            return List.of(Loss.reduce(
                                    n,
                                    n.bool("log_target")
                                            ? t.exp().mul(t.sub(x))
                                            : t.call("xlogy", t).sub(t.mul(x))));
                        })
                        .samples(
                                "float64[2, 3], float64[2, 3]{0.1..1}",
                                "float64[2, 3], float64[2, 3], 2, log_target=True"),
                operator("poisson_nll_loss(Tensor input, Tensor target, bool log_input, bool full, float eps,"
                                + " int reduction) -> Tensor")
                        .doc("exp(input) − target · input, or input − target · log(input + eps); full adds Stirling's"
                                + " approximation of log target!")
                        .composite(n -> List.of(Loss.reduce(n, poisson(n))))
                        .samples(
                                "float64[2, 3], float64[2, 3]{0.1..3}, True, False, 1e-8, 1",
                                "float64[4]{0.1..3}, float64[4]{0.1..3}, False, True, 1e-8, 0"),
                operator(
                                "binary_cross_entropy(Tensor self, Tensor target, Tensor? weight=None, int reduction=1) -> Tensor")
                        .doc(
                                "−weight · (target · log self + (1 − target) · log(1 − self)), logarithms no less than −100")
                        .gradFn("BinaryCrossEntropyBackward0")
                        .types(one(call -> {
                            Require.shape(call, "target", call.shape("self"), "that of self");
                            requireExpands(call, "weight", call.shape("self"));
                            return each(call);
                        }))
                        .vjp("self", n -> {
                            Expr x = n.arg("self");
                            Expr variance = x.rsub(1).mul(x).call("clamp_min", (double) 1e-12f);
                            return weighted(n, x.sub(n.arg("target")).div(variance));
                        })
                        .vjp("target", n -> {
                            Expr x = n.arg("self");
                            return weighted(n, x.rsub(1).log().sub(x.log()));
                        })
                        .decompose(n -> {
                            Expr x = n.arg("self");
                            Expr t = n.arg("target");
                            Expr no = x.neg().call("log1p").call("clamp_min", -100.0);
                            Expr yes = x.log().call("clamp_min", -100.0);
                            Expr each = weighted(n, t.sub(1).mul(no).sub(t.mul(yes)), n.call());
                            return Loss.reduce(n, each.to(each(n.call()).dtype()));
                        })
                        .samples(
                                "float64[2, 3]{0.1..0.9}, float64[2, 3]{0.1..0.9}",
                                "float64[3]{0.1..0.9}, float64[3]{0.1..0.9}, float64[3], 0"),
                operator("binary_cross_entropy_with_logits(Tensor self, Tensor target, Tensor? weight=None,"
                                + " Tensor? pos_weight=None, int reduction=1) -> Tensor")
                        .doc("binary_cross_entropy of sigmoid(self), pos_weight times where target is 1")
                        .gradFn("BinaryCrossEntropyWithLogitsBackward0")
                        .types(one(PointwiseLosses::logitsType))
                        .vjp("self", n -> {
                            Expr x = n.arg("self");
                            Expr t = n.arg("target");
                            Expr yes = n.has("pos_weight") ? t.mul(n.arg("pos_weight")) : t;
                            Expr slope = n.has("pos_weight")
                                    ? yes.add(1).sub(t).mul(x.sigmoid()).sub(yes)
                                    : x.sigmoid().sub(t);
                            return weighted(n, slope);
                        })
                        .vjp("target", n -> {
                            Expr x = n.arg("self");
                            return weighted(
                                    n,
                                    n.has("pos_weight")
                                            ? logSigmoid(x.neg())
                                                    .sub(logSigmoid(x).mul(n.arg("pos_weight")))
                                            : x.neg());
                        })
                        .decompose(n -> Loss.reduce(n, weighted(n, logits(n), n.call())))
                        .samples(SAMPLES_OF_LOGITS));
    }

    private static final String[] SAMPLES_OF_LOGITS = {
        "float64[2, 3], float64[2, 3]{0..1}",
        "float64[2, 3], float64[2, 3]{0..1}, float64[3], float64[3]{0.5..2}, 0",
        "float64[], float64[]{0..1}"
    };

    /** A loss that is a function of self − target. */
    private static Declaration difference(
            String schema, String gradFn, Function<Args, Expr> each, Function<Args, Expr> slope) {
        return operator(schema)
                .gradFn(gradFn)
                .types(one(PointwiseLosses::each))
                .vjp("self", n -> {
                    Expr back = slope.apply(n);
                    return back.mul(Loss.spread(n, back.shape()));
                })
                .vjp("target", n -> {
                    Expr back = slope.apply(n);
                    return back.mul(Loss.spread(n, back.shape())).neg();
                })
                .decompose(n -> Loss.reduce(n, each.apply(n)));
    }

    private static TensorType each(Call call) {
        if (call.op().canonical().indexOf("beta") >= 0) {
            Require.that(call.number("beta") >= 0, "beta", "must not be negative, but is " + call.number("beta"));
        }
        if (call.op().canonical().indexOf("delta") >= 0) {
            Require.that(call.number("delta") > 0, "delta", "must be positive, but is " + call.number("delta"));
        }
        List<String> operands = List.of("self", "target");
        DType dtype = Elementwise.resultType(call, operands);
        Require.floating("self", dtype);
        return Loss.reduced(call, new TensorType(dtype, Elementwise.broadcast(call, operands)));
    }

    private static TensorType logitsType(Call call) {
        Require.shape(call, "target", call.shape("self"), "that of self");
        DType dtype = Elementwise.resultType(call, List.of("self", "target", "weight", "pos_weight"));
        Require.floating("self", dtype);
        Shape shape = Elementwise.broadcast(call, List.of("self", "pos_weight", "weight"));
        return Loss.reduced(call, new TensorType(dtype, shape));
    }

    private static void requireExpands(Call call, String parameter, Shape target) {
        if (call.has(parameter)
                && !Shape.broadcast(call.shape(parameter), target).equals(Optional.of(target))) {
            throw Require.shape(
                    parameter, "has shape " + call.shape(parameter) + ", which does not expand to " + target);
        }
    }

    private static Expr difference(Args n) {
        return n.arg("self").sub(n.arg("target"));
    }

    private static Expr smoothL1(Args n) {
        double beta = n.number("beta");
        Expr size = difference(n).abs();
        Expr linear = size.sub(0.5 * beta);
        return beta == 0 ? linear : size.lt(beta).where(size.mul(size).mul(0.5 / beta), linear);
    }

    private static Expr smoothL1Slope(Args n) {
        double beta = n.number("beta");
        Expr d = difference(n);
        Expr sign = d.gt(0).where(d.onesLike(), d.onesLike().neg());
        return beta == 0 ? sign : d.abs().lt(beta).where(d.div(beta), sign);
    }

    private static Expr huber(Args n) {
        double delta = n.number("delta");
        Expr size = difference(n).abs();
        return size.le(delta)
                .where(size.mul(size).mul(0.5), size.sub(0.5 * delta).mul(delta));
    }

    private static Expr huberSlope(Args n) {
        double delta = n.number("delta");
        Expr d = difference(n);
        return d.abs().lt(delta).where(d, d.sign().mul(delta));
    }

    private static Expr poisson(Args n) {
        Expr x = n.arg("input");
        Expr t = n.arg("target");
        Expr loss = n.bool("log_input")
                ? x.exp().sub(t.mul(x))
                : x.sub(t.mul(x.call("add.Scalar", n.raw("eps")).log()));
        if (!n.bool("full")) {
            return loss;
        }
        Expr stirling = t.mul(t.log())
                .sub(t)
                .add(t.call("mul.Scalar", 2 * Math.PI).log().call("mul.Scalar", 0.5));
        return loss.add(stirling.call("masked_fill", t.le(1), 0));
    }

    /** (1 − t) · x − (1 + (p − 1) · t) · log sigmoid x, which is exact for large |x|. */
    private static Expr logits(Args n) {
        Expr x = n.arg("self");
        Expr t = n.arg("target");
        Expr yes = logSigmoid(x);
        Expr factor =
                n.has("pos_weight") ? n.arg("pos_weight").sub(1).mul(t).add(1).mul(yes) : yes;
        return t.rsub(1).mul(x).sub(factor);
    }

    private static Expr logSigmoid(Expr x) {
        return x.call("log_sigmoid");
    }

    private static Expr weighted(Args n, Expr each, Call call) {
        return call.has("weight") ? each.mul(n.arg("weight")) : each;
    }

    /** The slope of each element's loss times its cotangent. */
    private static Expr weighted(Backward n, Expr slope) {
        Expr each = weighted(n, slope, n.call());
        return each.mul(Loss.spread(n, each.shape()));
    }
}
