package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.Unary.analytic;

import java.util.List;

/** Exponentials, logarithms and what is made of them. */
final class Exponential {
    private static final double LN_2 = Math.log(2);
    private static final double LN_10 = Math.log(10);

    private Exponential() {}

    static List<Declaration> declarations() {
        return List.of(
                analytic("exp", "e^self", "", n -> n.grad().mul(n.result().conj())),
                analytic(
                                "exp2",
                                "2^self",
                                "",
                                n -> n.grad().mul(n.result().conj()).mul(LN_2))
                        .alias("special_exp2"),
                analytic(
                                "expm1",
                                "e^self − 1, exact near 0",
                                "",
                                n -> n.grad().mul(n.result().add(1).conj()))
                        .alias("special_expm1"),
                analytic(
                        "log",
                        "natural logarithm",
                        "{0.1..4}",
                        n -> n.grad().div(n.self().conj())),
                analytic(
                        "log2",
                        "logarithm to base 2",
                        "{0.1..4}",
                        n -> n.grad().div(n.self().mul(LN_2).conj())),
                analytic(
                        "log10",
                        "logarithm to base 10",
                        "{0.1..4}",
                        n -> n.grad().div(n.self().mul(LN_10).conj())),
                analytic(
                                "log1p",
                                "log(1 + self), exact near 0",
                                "{-0.9..4}",
                                n -> n.grad().div(n.self().add(1).conj()))
                        .alias("special_log1p"),
                analytic(
                                "sigmoid",
                                "1 / (1 + e^−self)",
                                "",
                                n -> n.grad()
                                        .mul(n.result().rsub(1).conj())
                                        .mul(n.result().conj()))
                        .alias("special_expit"),
                operator("logit(Tensor self, float? eps=None) -> Tensor")
                        .doc("log(self / (1 − self)), self kept in [eps, 1 − eps] if eps is given")
                        .gradFn("LogitBackward0")
                        .alias("special_logit")
                        .types(Elementwise.toFloat("self"))
                        .vjp("self", Exponential::ofLogit)
                        .decompose(Exponential::logit)
                        .samples("float64[2, 3]{0.1..0.9}", "float64[3]{-0.5..1.5}, 0.25", "float64[]{0.1..0.9}"),
                operator("logaddexp(Tensor self, Tensor other) -> Tensor")
                        .doc("log(e^self + e^other)")
                        .gradFn("LogaddexpBackward0")
                        .types(Elementwise.floating("self", "other"))
                        .vjp(
                                "self",
                                n -> n.grad()
                                        .div(n.arg("other").sub(n.self()).exp().add(1)))
                        .vjp(
                                "other",
                                n -> n.grad()
                                        .div(n.self().sub(n.arg("other")).exp().add(1)))
                        .kernel("logaddexp")
                        .samples("float64[2, 3], float64[3]", "float64[], float64[2]"),
                operator("logaddexp2(Tensor self, Tensor other) -> Tensor")
                        .doc("log₂(2^self + 2^other)")
                        .gradFn("Logaddexp2Backward0")
                        .types(Elementwise.floating("self", "other"))
                        .vjp(
                                "self",
                                n -> n.grad()
                                        .div(n.arg("other")
                                                .sub(n.self())
                                                .call("exp2")
                                                .add(1)))
                        .vjp(
                                "other",
                                n -> n.grad()
                                        .div(n.self()
                                                .sub(n.arg("other"))
                                                .call("exp2")
                                                .add(1)))
                        .kernel("logaddexp2")
                        .samples("float64[2, 3], float64[3]", "float64[], float64[2]"),
                operator("xlogy.Scalar_Other(Tensor self, Scalar other) -> Tensor")
                        .doc("self · log(other), 0 where self is 0")
                        .gradFn("XlogyBackward2")
                        .overload("xlogy.Scalar_Self(Scalar self, Tensor other) -> Tensor")
                        .gradFn("XlogyBackward1")
                        .overload("xlogy.Tensor(Tensor self, Tensor other) -> Tensor")
                        .gradFn("XlogyBackward0")
                        .alias("special_xlogy")
                        .types(Elementwise.toFloat("self", "other"))
                        .vjp("self", n -> flat(n, 0).where(0.0, n.grad().call("xlogy", n.arg("other"))))
                        .vjp("other", n -> n.grad().mul(n.self()).div(n.arg("other")))
                        .kernel("xlogy.Tensor")
                        .samples("float64[2, 3], float64[3]{0.1..4}", "float64[3], 2.5", "2, float64[3]{0.1..4}"),
                operator("special_xlog1py.other_scalar(Tensor self, Scalar other) -> Tensor")
                        .doc("self · log(1 + other), 0 where self is 0")
                        .gradFn("SpecialXlog1PyBackward2")
                        .overload("special_xlog1py.self_scalar(Scalar self, Tensor other) -> Tensor")
                        .gradFn("SpecialXlog1PyBackward1")
                        .overload("special_xlog1py(Tensor self, Tensor other) -> Tensor")
                        .gradFn("SpecialXlog1PyBackward0")
                        .types(Elementwise.toFloat("self", "other"))
                        .vjp("self", n -> flat(n, -1).where(0.0, n.grad().call("special_xlog1py", n.arg("other"))))
                        .vjp(
                                "other",
                                n -> n.grad().mul(n.self()).div(n.arg("other").add(1)))
                        .kernel("special_xlog1py")
                        .samples("float64[2, 3], float64[3]{-0.9..4}", "float64[3], 2.5", "2, float64[3]{-0.9..4}"));
    }

    private static Expr logit(Args n) {
        Expr x = n.promoted("self");
        if (n.has("eps")) {
            double low = n.number("eps");
            x = x.lt(low).where(low, x.gt(1 - low).where(1 - low, x));
        }
        return x.div(x.rsub(1)).log();
    }

    /** {@code 1 / (x (1 − x))} where logit depends on x; without eps it is not defined elsewhere. */
    private static Expr ofLogit(Backward n) {
        Expr x = n.self();
        double low = n.has("eps") ? n.number("eps") : 0;
        Expr slope = x.mul(x.rsub(1)).reciprocal();
        return n.grad().mul(x.ge(low).and(x.le(1 - low)).where(slope, n.has("eps") ? 0.0 : Double.NaN));
    }

    /** Where self is 0 and the logarithm undefined: there the result stays 0, and so does the derivative. */
    private static Expr flat(Backward n, double pole) {
        return n.self().eq(0).and(n.promoted("other").le(pole));
    }
}
