package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.Unary.analytic;
import static dev.gradwire.op.Unary.function;

import java.util.List;

/** Circular and hyperbolic functions and their inverses. */
final class Trigonometric {
    private static final double DEGREE = Math.PI / 180;

    private Trigonometric() {}

    static List<Declaration> declarations() {
        return List.of(
                analytic("sin", "sine", "", n -> n.grad().mul(n.self().cos().conj())),
                analytic(
                        "cos",
                        "cosine",
                        "",
                        n -> n.grad().mul(n.self().sin().neg().conj())),
                analytic(
                        "tan",
                        "tangent",
                        "{-1.2..1.2}",
                        n -> n.grad().mul(n.result().square().add(1).conj())),
                analytic(
                                "asin",
                                "inverse of the sine",
                                "{-0.9..0.9}",
                                n -> n.grad()
                                        .mul(n.self().square().rsub(1).rsqrt().conj()))
                        .alias("arcsin"),
                analytic(
                                "acos",
                                "inverse of the cosine",
                                "{-0.9..0.9}",
                                n -> n.grad()
                                        .mul(n.self()
                                                .square()
                                                .rsub(1)
                                                .rsqrt()
                                                .neg()
                                                .conj()))
                        .alias("arccos"),
                analytic(
                                "atan",
                                "inverse of the tangent",
                                "",
                                n -> n.grad().div(n.self().square().add(1).conj()))
                        .alias("arctan"),
                analytic(
                        "sinh",
                        "hyperbolic sine",
                        "",
                        n -> n.grad().mul(n.self().call("cosh").conj())),
                analytic(
                        "cosh",
                        "hyperbolic cosine",
                        "",
                        n -> n.grad().mul(n.self().call("sinh").conj())),
                analytic(
                        "tanh",
                        "hyperbolic tangent",
                        "",
                        n -> n.grad().mul(n.result().square().rsub(1).conj())),
                analytic(
                                "asinh",
                                "inverse of the hyperbolic sine",
                                "",
                                n -> n.grad()
                                        .mul(n.self().square().add(1).rsqrt().conj()))
                        .alias("arcsinh"),
                analytic(
                                "acosh",
                                "inverse of the hyperbolic cosine",
                                "{1.1..4}",
                                n -> n.grad().mul(ofAcosh(n.self()).conj()))
                        .alias("arccosh"),
                analytic(
                                "atanh",
                                "inverse of the hyperbolic tangent",
                                "{-0.9..0.9}",
                                n -> n.grad().div(n.self().square().rsub(1).conj()))
                        .alias("arctanh"),
                analytic("sinc", "sin(π self) / (π self), 1 at 0", "", Trigonometric::ofSinc)
                        .alias("special_sinc"),
                function("deg2rad", "self · π / 180", "", n -> n.grad().mul(DEGREE)),
                function("rad2deg", "self · 180 / π", "", n -> n.grad().div(DEGREE)),
                operator("atan2(Tensor self, Tensor other) -> Tensor")
                        .doc("the angle of the point (other, self); derivative 0 at (0, 0)")
                        .gradFn("Atan2Backward0")
                        .alias("arctan2")
                        .types(Elementwise.toFloat("self", "other"))
                        .vjp("self", n -> n.grad().mul(n.arg("other").div(squaredRadius(n))))
                        .vjp("other", n -> n.grad().mul(n.self().neg().div(squaredRadius(n))))
                        .kernel("atan2")
                        .samples("float64[2, 3], float64[3]{0.5..2}", "float64[], float64[2]{0.5..2}"));
    }

    /** Infinite at (0, 0), where a division by it gives the 0 that PyTorch has. */
    private static Expr squaredRadius(Backward n) {
        Expr squared = n.self().square().add(n.arg("other").square());
        return squared.eq(0).where(Double.POSITIVE_INFINITY, squared);
    }

    /** {@code 1 / √(z² − 1)}; the root of a product is that of its factors for positive real numbers alone. */
    private static Expr ofAcosh(Expr z) {
        return z.dtype().isComplex()
                ? z.add(1).rsqrt().mul(z.sub(1).rsqrt())
                : z.square().sub(1).rsqrt();
    }

    /** {@code (πx cos πx − sin πx) / (πx²)}, and 0 at 0. */
    private static Expr ofSinc(Backward n) {
        Expr x = n.self();
        Expr angle = x.mul(Math.PI);
        Expr scale = x.square().mul(Math.PI);
        Expr slope = angle.mul(angle.cos()).sub(angle.sin()).div(scale);
        return n.grad().mul(scale.eq(0).where(0.0, slope).conj());
    }
}
