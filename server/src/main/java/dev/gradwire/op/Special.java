package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.Unary.function;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Error functions, the gamma family and Bessel functions. Formulas: DLMF 5, 7 and 10. */
final class Special {
    private static final double SQRT_PI = Math.sqrt(Math.PI);
    private static final double SQRT_2_PI = Math.sqrt(2 * Math.PI);

    private Special() {}

    static List<Declaration> declarations() {
        return List.of(
                function(
                                "erf",
                                "error function",
                                "",
                                n -> n.grad().mul(gauss(n.self()).mul(2 / SQRT_PI)))
                        .alias("special_erf"),
                function(
                                "erfc",
                                "1 − erf(self)",
                                "",
                                n -> n.grad().mul(gauss(n.self()).mul(-2 / SQRT_PI)))
                        .alias("special_erfc"),
                function(
                        "special_erfcx",
                        "e^(self²) erfc(self)",
                        "",
                        full(),
                        n -> n.grad().mul(n.self().mul(n.result()).mul(2).sub(2 / SQRT_PI))),
                function(
                                "erfinv",
                                "inverse of erf",
                                "{-0.9..0.9}",
                                n -> n.grad().mul(n.result().square().exp().mul(SQRT_PI / 2)))
                        .alias("special_erfinv"),
                operator("special_ndtr(Tensor self) -> Tensor")
                        .doc("distribution function of the normal distribution")
                        .composite(n -> List.of(n.self()
                                .call("mul.Scalar", Math.sqrt(0.5))
                                .call("erf")
                                .call("add.Scalar", 1.0)
                                .call("mul.Scalar", 0.5)))
                        .samples("float64[2, 3]"),
                function(
                        "special_ndtri",
                        "inverse of special_ndtr",
                        "{0.1..0.9}",
                        full(),
                        n -> n.grad().mul(n.result().square().mul(0.5).exp().mul(SQRT_2_PI))),
                function(
                        "special_log_ndtr",
                        "log(special_ndtr(self))",
                        "",
                        full(),
                        n -> n.grad()
                                .mul(n.self()
                                        .square()
                                        .mul(-0.5)
                                        .sub(n.result())
                                        .exp()
                                        .div(SQRT_2_PI))),
                function(
                        "special_entr",
                        "−self · log(self)",
                        "{0.1..4}",
                        n -> n.grad().mul(n.self().log().add(1).neg())),
                function(
                                "lgamma",
                                "log |Γ(self)|",
                                "{0.1..4}",
                                n -> n.grad().mul(n.self().call("digamma")))
                        .alias("special_gammaln"),
                function(
                                "digamma",
                                "derivative of log Γ",
                                "{0.1..4}",
                                n -> n.grad().mul(polygamma(n, 1)))
                        .alias("special_digamma", "special_psi"),
                operator("polygamma(int n, Tensor self) -> Tensor")
                        .doc("derivative of order n + 1 of log Γ")
                        .gradFn("PolygammaBackward0")
                        .alias("special_polygamma")
                        .types(Elementwise.toFloat("self").requiring(Special::requireOrder))
                        .vjp("self", n -> n.grad().mul(polygamma(n, Math.addExact(n.integer("n"), 1))))
                        .kernel("polygamma")
                        .samples("0, float64[2, 3]{0.5..4}", "2, float64[3]{0.5..4}"),
                operator("mvlgamma(Tensor self, int p) -> Tensor")
                        .doc(
                                "log of the multivariate gamma function: p (p − 1)/4 · log π + Σ lgamma(self − j/2), j < p")
                        .gradFn("MvlgammaBackward0")
                        .alias("special_multigammaln")
                        .types(Elementwise.toFloat("self").requiring(Special::requireDimension))
                        .vjp("self", n -> n.grad().mul(sumShifted(n.self(), n.integer("p"), "digamma")))
                        .decompose(Special::multivariate)
                        .samples("float64[2, 3]{2..4}, 3", "float64[]{2..4}, 1"),
                function(
                                "i0",
                                "modified Bessel function I₀",
                                "",
                                n -> n.grad().mul(n.self().call("special_i1")))
                        .alias("special_i0"),
                function(
                        "special_i1",
                        "modified Bessel function I₁",
                        "{0.5..2}",
                        n -> n.grad()
                                .mul(besselSlope(
                                        n, x -> x.call("i0").sub(n.result().div(x))))),
                function(
                        "special_i0e",
                        "e^−|self| · I₀(self)",
                        "{0.5..2}",
                        n -> n.grad()
                                .mul(n.self()
                                        .call("special_i1e")
                                        .sub(n.self().sign().mul(n.result())))),
                function(
                        "special_i1e",
                        "e^−|self| · I₁(self)",
                        "{0.5..2}",
                        n -> n.grad()
                                .mul(besselSlope(
                                        n,
                                        x -> x.call("special_i0e")
                                                .sub(n.result().mul(x.sign().add(x.reciprocal())))))),
                function(
                        "special_bessel_j0",
                        "Bessel function J₀",
                        "",
                        full(),
                        n -> n.grad().mul(n.self().call("special_bessel_j1").neg())),
                function(
                        "special_bessel_j1",
                        "Bessel function J₁",
                        "{0.5..2}",
                        full(),
                        n -> n.grad()
                                .mul(besselSlope(
                                        n,
                                        x -> x.call("special_bessel_j0")
                                                .sub(n.result().div(x))))),
                function(
                        "special_bessel_y0",
                        "Bessel function Y₀",
                        "{0.5..2}",
                        full(),
                        n -> n.grad().mul(n.self().call("special_bessel_y1").neg())),
                function(
                        "special_bessel_y1",
                        "Bessel function Y₁",
                        "{0.5..2}",
                        full(),
                        n -> n.grad().mul(ofY1(n.self(), n.result()))),
                function(
                        "special_modified_bessel_i0",
                        "modified Bessel function I₀",
                        "",
                        full(),
                        n -> n.grad().mul(n.self().call("special_modified_bessel_i1"))),
                function(
                        "special_modified_bessel_i1",
                        "modified Bessel function I₁",
                        "{0.5..2}",
                        full(),
                        n -> n.grad()
                                .mul(besselSlope(
                                        n,
                                        x -> x.call("special_modified_bessel_i0")
                                                .sub(n.result().div(x))))),
                function(
                        "special_modified_bessel_k0",
                        "modified Bessel function K₀",
                        "{0.5..2}",
                        full(),
                        n -> n.grad()
                                .mul(n.self().call("special_modified_bessel_k1").neg())),
                function(
                        "special_modified_bessel_k1",
                        "modified Bessel function K₁",
                        "{0.5..2}",
                        full(),
                        n -> n.grad()
                                .mul(n.self()
                                        .call("special_modified_bessel_k0")
                                        .add(n.result().div(n.self()))
                                        .neg())),
                gammaIntegral("igamma", "regularised lower incomplete gamma function", UnaryOperator.identity())
                        .alias("special_gammainc"),
                gammaIntegral("igammac", "regularised upper incomplete gamma function", Expr::neg)
                        .alias("special_gammaincc"),
                operator("special_zeta.other_scalar(Tensor self, Scalar other) -> Tensor")
                        .doc("Hurwitz zeta function Σ (k + other)^−self")
                        .gradFn("SpecialZetaBackward2")
                        .overload("special_zeta.self_scalar(Scalar self, Tensor other) -> Tensor")
                        .gradFn("SpecialZetaBackward1")
                        .overload("special_zeta(Tensor self, Tensor other) -> Tensor")
                        .gradFn("SpecialZetaBackward0")
                        .types(Elementwise.toFullFloat("self", "other"))
                        .vjp("self", unknown("self"))
                        .vjp(
                                "other",
                                n -> n.grad()
                                        .mul(n.promoted("self").neg())
                                        .mul(n.promoted("self").add(1).call("special_zeta", n.arg("other"))))
                        .kernel("special_zeta")
                        .samples("2, float64[3]{0.5..4}"));
    }

    private static Elementwise full() {
        return Elementwise.toFullFloat("self");
    }

    /** {@code e^(−x²)}. */
    private static Expr gauss(Expr x) {
        return x.square().neg().exp();
    }

    private static Expr polygamma(Args n, long order) {
        return n.call("polygamma", order, n.self());
    }

    private static void requireOrder(Call call) {
        if (call.integer("n") < 0) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT, "n", "must not be negative, but is " + call.integer("n"));
        }
    }

    private static void requireDimension(Call call) {
        long p = call.integer("p");
        if (p < 1 || p > 1000) {
            throw GraphException.argument(Reason.INVALID_ARGUMENT, "p", "must lie between 1 and 1000, but is " + p);
        }
    }

    private static Expr multivariate(Args n) {
        long p = n.integer("p");
        Expr sum = sumShifted(n.promoted("self"), p, "lgamma");
        return p == 1 ? sum : sum.add(p * (p - 1) * Math.log(Math.PI) / 4);
    }

    /** {@code Σ f(x − j/2)} for j from 0 to p − 1. */
    private static Expr sumShifted(Expr x, long p, String f) {
        return IntStream.range(0, (int) p)
                .mapToObj(j -> x.sub(j / 2.0).call(f))
                .reduce(Expr::add)
                .orElseThrow();
    }

    /** A derivative with a term y(x)/x, whose limit at 0 is ½. */
    private static Expr besselSlope(Backward n, UnaryOperator<Expr> slope) {
        double tiny = epsilon(n.self().dtype());
        Expr small = n.self().abs().le(tiny);
        return small.where(0.5, slope.apply(small.where(tiny, n.self())));
    }

    /** {@code Y₁′(x) = Y₀(x) − Y₁(x)/x}, which is ∞ at 0. */
    private static Expr ofY1(Expr x, Expr y1) {
        Expr slope = x.call("special_bessel_y0").sub(y1.div(x));
        return x.eq(0).where(Double.POSITIVE_INFINITY, slope);
    }

    private static double epsilon(DType dtype) {
        return switch (dtype) {
            case FLOAT64 -> Math.ulp(1.0);
            case FLOAT16 -> 0x1p-10;
            case BFLOAT16 -> 0x1p-7;
            default -> Math.ulp(1f);
        };
    }

    /** {@code ∫ t^(a−1) e^−t dt / Γ(a)} up to x or from x; only the derivative for x is elementary. */
    private static Declaration gammaIntegral(String name, String doc, UnaryOperator<Expr> sign) {
        return operator(name + "(Tensor self, Tensor other) -> Tensor")
                .doc(doc)
                .gradFn(Unary.gradFn(name))
                .types(Elementwise.floating("self", "other"))
                .vjp("self", unknown("self"))
                .vjp("other", n -> n.grad().mul(sign.apply(density(n.promoted("self"), n.arg("other")))))
                .kernel(name)
                .samples("2.5, float64[2, 3]{0.5..3}");
    }

    private static Expr density(Expr a, Expr x) {
        return a.sub(1).mul(x.log()).sub(x).sub(a.call("lgamma")).exp();
    }

    private static Function<Backward, @Nullable Expr> unknown(String parameter) {
        return _ -> {
            throw GraphException.argument(Reason.NOT_DIFFERENTIABLE, parameter, "has no derivative, in PyTorch either");
        };
    }
}
