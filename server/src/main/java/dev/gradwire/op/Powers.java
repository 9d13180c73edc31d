package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.Unary.analytic;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Powers and roots. */
final class Powers {
    private Powers() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor")
                        .doc("self to the power of exponent")
                        .gradFn("PowBackward0")
                        .complex()
                        .types(Elementwise.numbers("self", "exponent").requiring(Powers::requireWholePower))
                        .vjp("self", Powers::ofConstantPower)
                        .decompose(Powers::power)
                        .samples(
                                "float64[2, 3], 2",
                                "float64[2, 3], 3.0",
                                "float64[2, 3]{0.1..4}, -0.5",
                                "float64[2, 3]{0.1..4}, 2.5",
                                "float64[], 0",
                                "complex128[2, 3], 3.0",
                                "complex128[2, 3]{0.1..4}, complex(0.5, -1.0)",
                                "float64[3]{0.1..4}, complex(0.5, -1.0)"),
                operator("pow.Scalar(Scalar self, Tensor exponent) -> Tensor")
                        .doc("self to the power of exponent")
                        .gradFn("PowBackward2")
                        .overload("pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor")
                        .gradFn("PowBackward1")
                        .complex()
                        .types(Elementwise.numbers("self", "exponent"))
                        .vjp("self", Powers::ofBase)
                        .vjp("exponent", Powers::ofExponent)
                        .kernel("pow.Tensor_Tensor")
                        .samples(
                                "2.5, float64[3]",
                                "float64[2, 3]{0.1..4}, float64[3]",
                                "float64[]{0.1..4}, float64[2]",
                                "complex128[2, 3]{0.1..4}, complex128[3]",
                                "float64[2]{0.1..4}, complex128[2]",
                                "complex(0.5, -1.0), float64[2]"),
                operator("float_power.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor")
                        .doc("self to the power of exponent, computed in float64")
                        .overload("float_power.Scalar(Scalar self, Tensor exponent) -> Tensor")
                        .overload("float_power.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor")
                        .composite(n -> List.of(inDouble(n, "self").pow(inDouble(n, "exponent"))))
                        .complex()
                        .samples(
                                "float64[3], 2", "float32[3]{0.1..4}, float64[3]", "2, float64[3]", "complex128[3], 2"),
                operator("square(Tensor self) -> Tensor")
                        .doc("self²")
                        .composite(n -> List.of(n.self().pow(2)))
                        .complex()
                        .samples("float64[2, 3]", "complex128[2, 3]"),
                analytic(
                        "sqrt",
                        "√self",
                        "{0.1..4}",
                        n -> n.grad().div(n.result().mul(2).conj())),
                analytic(
                        "rsqrt",
                        "1 / √self",
                        "{0.1..4}",
                        n -> n.grad().mul(n.result().pow(3).conj()).mul(-0.5)),
                analytic(
                        "reciprocal",
                        "1 / self",
                        "{0.1..4}",
                        n -> n.grad().neg().mul(n.result().square().conj())),
                operator("hypot(Tensor self, Tensor other) -> Tensor")
                        .doc("√(self² + other²); where both are 0 the derivative is NaN, as in PyTorch")
                        .gradFn("HypotBackward0")
                        .types(Elementwise.floating("self", "other"))
                        .vjp("self", n -> n.grad().mul(n.self().div(n.result())))
                        .vjp("other", n -> n.grad().mul(n.arg("other").div(n.result())))
                        .kernel("hypot")
                        .samples("float64[2, 3], float64[3]{0.5..2}"),
                operator("ldexp.Tensor(Tensor self, Tensor other) -> Tensor")
                        .doc("self · 2^other")
                        .gradFn("LdexpBackward0")
                        .types(Elementwise.toFloat("self", "other"))
                        .vjp("self", n -> n.grad().mul(n.promoted("other").call("exp2")))
                        .vjp("other", n -> n.grad().mul(n.result()).mul(Math.log(2)))
                        .decompose(
                                n -> n.promoted("self").mul(n.promoted("other").call("exp2")))
                        .samples("float64[2, 3], float64[3]"));
    }

    /** A power by multiplication, division and roots, for the exponents for which PyTorch does so. */
    private static Expr power(Args n) {
        Expr x = n.promoted("self");
        if (!isReal(n.raw("exponent"))) {
            return x.call("pow.Tensor_Tensor", n.promoted("exponent"));
        }
        double e = real(n);
        if (e == 0) {
            return x.onesLike();
        } else if (e == 1) {
            return x;
        } else if (e == 2) {
            return x.square();
        } else if (e == 3) {
            return x.square().mul(x);
        } else if (e == -1) {
            return x.reciprocal();
        } else if (e == -2) {
            return x.square().reciprocal();
        } else if (e == 0.5) {
            return x.sqrt();
        } else if (e == -0.5) {
            return x.rsqrt();
        }
        return x.call("pow.Tensor_Tensor", n.promoted("exponent"));
    }

    /** {@code x^e: e · x^(e−1)}, and 0 for the exponent 0 whatever x is. */
    private static @Nullable Expr ofConstantPower(Backward n) {
        if (n.raw("exponent") instanceof Argument.Complex(double real, double imaginary) && imaginary != 0) {
            Expr power = n.self().pow(new Argument.Complex(real - 1, imaginary));
            return n.grad().mul(power.mul(n.raw("exponent")).conj());
        }
        double e = real(n);
        if (e == 0) {
            return null;
        }
        return e == 1 ? n.grad() : n.grad().mul(n.self().pow(e - 1).mul(e).conj());
    }

    private static boolean isReal(Argument exponent) {
        return !(exponent instanceof Argument.Complex(double _, double imaginary) && imaginary != 0);
    }

    /** An exponent that is real, though it may be given as a complex number. */
    private static double real(Args n) {
        return n.raw("exponent") instanceof Argument.Complex(double real, double _) ? real : n.number("exponent");
    }

    /** The same for an exponent that is a tensor. */
    private static Expr ofBase(Backward n) {
        // An exponent that is not used must not make an infinite power of 0 on the way.
        Expr zero = n.arg("exponent").eq(0);
        Expr e = zero.where(1, n.arg("exponent"));
        return zero.where(0.0, n.grad().mul(e.mul(n.self().pow(e.sub(1))).conj()));
    }

    /** {@code b^y: b^y · log b}, and 0 for b = 0 and y ≥ 0, its limit (which is not that of the product). */
    private static Expr ofExponent(Backward n) {
        Expr base = n.promoted("self");
        Expr y = n.promoted("exponent");
        Expr limit = base.eq(0).and(y.real().ge(0));
        return n.grad().mul(limit.where(0.0, n.result().mul(base.log())).conj());
    }

    private static void requireWholePower(Call call) {
        boolean integral = call.arg("exponent") instanceof Argument.Int
                && !call.type("self").dtype().isDifferentiable();
        if (integral && call.integer("exponent") < 0) {
            throw GraphException.argument(
                    Reason.DTYPE_MISMATCH, "exponent", "must not be negative where self is of integers");
        }
    }

    /** A tensor as float64 or complex128; numbers are as good as they are. */
    private static Expr inDouble(Args n, String parameter) {
        boolean complex =
                n.type("self").dtype().isComplex() || n.type("exponent").dtype().isComplex();
        return n.call().isNumber(parameter)
                ? n.arg(parameter)
                : n.arg(parameter).to(complex ? DType.COMPLEX128 : DType.FLOAT64);
    }
}
