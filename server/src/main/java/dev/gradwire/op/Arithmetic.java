package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.op.Elementwise.Promotion;
import dev.gradwire.tensor.DType;
import java.util.List;
import java.util.function.Consumer;

/** Sums, differences, products, quotients and remainders. */
final class Arithmetic {
    private Arithmetic() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor")
                        .doc("self + alpha · other")
                        .gradFn("AddBackward0")
                        .overload("add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor")
                        .gradFn("AddBackward1")
                        .alias("add_")
                        .complex()
                        .types(Elementwise.keep("self", "other").requiring(wholeFactor("alpha", "self", "other")))
                        .vjp("self", n -> n.grad())
                        .vjp("other", n -> times(n.grad(), n.arg("alpha").conj().argument()))
                        .kernelWhere("add.Tensor", Arithmetic::isRealAlpha)
                        .decompose(n -> n.self().add(n.arg("other").mul(n.raw("alpha"))))
                        .samples(
                                "float64[2, 3], float64[3]",
                                "float64[3], 2.5",
                                "float64[], float64[2], alpha=0.5",
                                "complex128[2, 3], float64[3]",
                                "complex128[3], complex128[3], alpha=complex(0.5, -1.0)"),
                operator("sub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor")
                        .doc("self − alpha · other")
                        .gradFn("SubBackward0")
                        .overload("sub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor")
                        .gradFn("SubBackward1")
                        .alias("subtract")
                        .complex()
                        .types(Elementwise.numbers("self", "other").requiring(wholeFactor("alpha", "self", "other")))
                        .vjp("self", n -> n.grad())
                        .vjp(
                                "other",
                                n -> times(n.grad().neg(), n.arg("alpha").conj().argument()))
                        .kernelWhere("sub.Tensor", Arithmetic::isRealAlpha)
                        .decompose(n -> n.self().sub(n.arg("other").mul(n.raw("alpha"))))
                        .samples(
                                "float64[2, 3], float64[3]",
                                "float64[3], 2.5",
                                "float64[], float64[2], alpha=0.5",
                                "complex128[2, 3], float64[3]",
                                "complex128[3], complex128[3], alpha=complex(0.5, -1.0)"),
                operator("rsub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor")
                        .doc("other − alpha · self")
                        .gradFn("RsubBackward1")
                        .overload("rsub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor")
                        .gradFn("RsubBackward0")
                        .complex()
                        .types(Elementwise.numbers("self", "other").requiring(wholeFactor("alpha", "self", "other")))
                        .vjp(
                                "self",
                                n -> times(n.grad().neg(), n.arg("alpha").conj().argument()))
                        .vjp("other", n -> n.grad())
                        .kernelWhere(
                                "sub.Tensor",
                                call -> List.of(call.arg("other"), call.arg("self"), call.arg("alpha")),
                                Arithmetic::isRealAlpha)
                        .decompose(n -> n.arg("other").sub(n.self().mul(n.raw("alpha"))))
                        .samples(
                                "float64[2, 3], 1",
                                "float64[2, 3], float64[3], alpha=2.5",
                                "complex128[2, 3], complex(1.0, 2.0)",
                                "complex128[3], complex128[3], alpha=complex(0.5, -1.0)"),
                operator("mul.Tensor(Tensor self, Tensor other) -> Tensor")
                        .doc("self · other")
                        .gradFn("MulBackward0")
                        .overload("mul.Scalar(Tensor self, Scalar other) -> Tensor")
                        .gradFn("MulBackward1")
                        .alias("multiply")
                        .complex()
                        .types(Elementwise.keep("self", "other"))
                        .vjp("self", n -> n.grad().mul(n.arg("other").conj()))
                        .vjp("other", n -> n.grad().mul(n.self().conj()))
                        .kernel("mul.Tensor")
                        .samples(
                                "float64[2, 3], float64[3, 1, 1]",
                                "float64[3], -2",
                                "float64[0, 2], float64[2]",
                                "complex128[2, 3], complex128[3]",
                                "complex128[3], float64[2, 3]",
                                "float64[3], complex(1.0, -2.0)"),
                operator("div.Tensor(Tensor self, Tensor other) -> Tensor")
                        .doc("self / other")
                        .gradFn("DivBackward0")
                        .overload("div.Scalar(Tensor self, Scalar other) -> Tensor")
                        .gradFn("DivBackward1")
                        .alias("divide", "true_divide")
                        .complex()
                        .types(Elementwise.toFloat("self", "other"))
                        .vjp("self", n -> n.grad().div(n.arg("other").conj()))
                        .vjp(
                                "other",
                                n -> n.grad()
                                        .neg()
                                        .mul(n.result().div(n.arg("other")).conj()))
                        .kernel("div.Tensor")
                        .samples(
                                "float64[2, 3], float64[3]{0.5..2}",
                                "float64[3], -2",
                                "float64[0, 2], float64[2]",
                                "complex128[2, 3], complex128[3]{0.5..2}",
                                "float64[3], complex128[3]{0.5..2}"),
                operator("div.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor")
                        .doc("self / other, rounded to an integer (\"floor\" or \"trunc\") or not (None)")
                        .gradFn("DivBackward2")
                        .overload("div.Scalar_mode(Tensor self, Scalar other, *, str? rounding_mode) -> Tensor")
                        .gradFn("DivBackward3")
                        .alias("divide")
                        .types(Elementwise.by(Arithmetic::divisionPromotion, "self", "other"))
                        .vjp(
                                "self",
                                n -> n.has("rounding_mode") ? null : n.grad().div(n.arg("other")))
                        .vjp(
                                "other",
                                n -> n.has("rounding_mode")
                                        ? null
                                        : n.grad().neg().mul(n.result().div(n.arg("other"))))
                        .kernel("div.Tensor_mode")
                        .samples(
                                "float64[2, 3], float64[3]{0.5..2}, rounding_mode=None",
                                "float64[3], 0.75, rounding_mode=\"floor\"",
                                "float64[3], float64[]{0.5..2}, rounding_mode=\"trunc\""),
                // PyTorch has no derivative for it: NotImplemented is the name of its grad_fn.
                operator("floor_divide(Tensor self, Tensor other) -> Tensor")
                        .doc("⌊self / other⌋")
                        .gradFn("NotImplemented")
                        .overload("floor_divide.Scalar(Tensor self, Scalar other) -> Tensor")
                        .gradFn("NotImplemented")
                        .types(Elementwise.numbers("self", "other"))
                        .kernel("floor_divide"),
                operator("remainder.Scalar(Tensor self, Scalar other) -> Tensor")
                        .doc("self − other · ⌊self / other⌋, with the sign of other")
                        .gradFn("RemainderBackward0")
                        .overload("remainder.Tensor(Tensor self, Tensor other) -> Tensor")
                        .gradFn("RemainderBackward1")
                        .overload("remainder.Scalar_Tensor(Scalar self, Tensor other) -> Tensor")
                        .gradFn("RemainderBackward1")
                        .types(Elementwise.numbers("self", "other"))
                        .vjp("self", n -> n.grad())
                        .vjp("other", n -> n.grad().neg().mul(n.self().div(n.arg("other"), "floor")))
                        .kernel("remainder.Tensor")
                        .samples("float64[2, 3], float64[3]{0.5..2}", "float64[3], -0.75"),
                operator("fmod.Scalar(Tensor self, Scalar other) -> Tensor")
                        .doc("self − other · trunc(self / other), with the sign of self")
                        .gradFn("FmodBackward0")
                        .overload("fmod.Tensor(Tensor self, Tensor other) -> Tensor")
                        .gradFn("FmodBackward1")
                        .types(Elementwise.numbers("self", "other"))
                        .vjp("self", n -> n.grad())
                        .vjp("other", n -> n.grad().neg().mul(n.self().div(n.arg("other"), "trunc")))
                        .kernel("fmod.Tensor")
                        .samples("float64[2, 3], float64[3]{0.5..2}", "float64[3], -0.75"),
                operator("neg(Tensor self) -> Tensor")
                        .doc("−self")
                        .gradFn("NegBackward0")
                        .alias("negative")
                        .complex()
                        .types(Elementwise.numbers("self"))
                        .vjp("self", n -> n.grad().neg())
                        .kernel("neg")
                        .samples("float64[2, 3]", "float64[]", "float64[0, 2]", "complex128[2, 3]"),
                operator("abs(Tensor self) -> Tensor")
                        .doc("|self|; the subgradient at 0 is 0")
                        .gradFn("AbsBackward0")
                        .alias("absolute")
                        .complex()
                        .types(Elementwise.magnitude("self"))
                        .vjp("self", n -> n.grad().mul(n.self().sgn()))
                        .kernel("abs")
                        .samples("float64[2, 3]", "float64[]", "float64[0, 2]", "complex128[2, 3]", "complex128[]"),
                operator("addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor")
                        .doc("self + value · tensor1 · tensor2")
                        .gradFn("AddcmulBackward0")
                        .complex()
                        .types(Elementwise.numbers("self", "tensor1", "tensor2"))
                        .vjp("self", n -> n.grad())
                        .vjp(
                                "tensor1",
                                n -> n.grad()
                                        .mul(times(n.arg("tensor2"), n.raw("value"))
                                                .conj()))
                        .vjp(
                                "tensor2",
                                n -> n.grad()
                                        .mul(times(n.arg("tensor1"), n.raw("value"))
                                                .conj()))
                        .decompose(n -> n.promoted("self")
                                .add(times(
                                        n.promoted("tensor1").mul(n.promoted("tensor2")), wholeForWhole(n, "value"))))
                        .samples(
                                "float64[2, 3], float64[3], float64[2, 1], value=0.5",
                                "float64[], float64[2], 3",
                                "complex128[2, 3], complex128[3], float64[2, 1], value=complex(0.5, 1.0)"),
                operator("addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor")
                        .doc("self + value · tensor1 / tensor2")
                        .gradFn("AddcdivBackward0")
                        .complex()
                        .types(Elementwise.floating("self", "tensor1", "tensor2"))
                        .vjp("self", n -> n.grad())
                        .vjp(
                                "tensor1",
                                n -> times(n.grad(), n.arg("value").conj().argument())
                                        .div(n.arg("tensor2").conj()))
                        .vjp(
                                "tensor2",
                                n -> n.grad()
                                        .neg()
                                        .mul(times(n.arg("tensor1"), n.raw("value"))
                                                .div(n.arg("tensor2").square())
                                                .conj()))
                        .decompose(n -> n.promoted("self")
                                .add(times(n.promoted("tensor1").div(n.promoted("tensor2")), n.raw("value"))))
                        .samples(
                                "float64[2, 3], float64[3], float64[2, 1]{0.5..2}, value=0.5",
                                "complex128[2, 3], complex128[3], complex128[2, 1]{0.5..2}, value=complex(0.5, 1.0)"),
                operator("lerp.Scalar(Tensor self, Tensor end, Scalar weight) -> Tensor")
                        .doc("self + weight · (end − self)")
                        .gradFn("LerpBackward0")
                        .overload("lerp.Tensor(Tensor self, Tensor end, Tensor weight) -> Tensor")
                        .gradFn("LerpBackward1")
                        .complex()
                        .types(Elementwise.floating("self", "end", "weight"))
                        .vjp(
                                "self",
                                n -> n.grad().mul(n.promoted("weight").rsub(1).conj()))
                        .vjp("end", n -> n.grad().mul(n.arg("weight").conj()))
                        .vjp(
                                "weight",
                                n -> n.grad().mul(n.arg("end").sub(n.self()).conj()))
                        // As a tensor a number would be rounded to half precision.
                        .kernelWhere(
                                "lerp.Tensor",
                                call -> !call.isNumber("weight")
                                        || !isHalf(call.type("self").dtype()))
                        .decompose(n -> {
                            Expr along = n.promoted("end").sub(n.promoted("self"));
                            boolean near = !(n.raw("weight") instanceof Argument.Float(double weight) && weight >= 0.5);
                            return near
                                    ? n.promoted("self").add(along.mul(n.arg("weight")))
                                    : n.promoted("end").sub(along.mul(1 - n.number("weight")));
                        })
                        .samples(
                                "float64[2, 3], float64[3], 0.25",
                                "float64[2, 3], float64[3], float64[2, 1]",
                                "complex128[2, 3], complex128[3], complex(0.25, 1.0)",
                                "complex128[2, 3], complex128[3], complex128[2, 1]"));
    }

    private static boolean isHalf(DType dtype) {
        return dtype.isFloating() && dtype.sizeInBytes() < DType.FLOAT32.sizeInBytes();
    }

    /** The kernels take real numbers alone. */
    private static boolean isRealAlpha(Call call) {
        return !(call.arg("alpha") instanceof Argument.Complex);
    }

    /** A product that is left out where the factor is 1. */
    static Expr times(Expr tensor, Argument factor) {
        return factor.equals(new Argument.Int(1)) || factor.equals(new Argument.Float(1)) ? tensor : tensor.mul(factor);
    }

    /** A factor as PyTorch takes it for integers: without its fraction. */
    private static Argument wholeForWhole(Args n, String factor) {
        boolean cut = n.raw(factor) instanceof Argument.Float
                && !n.promoted("self").dtype().isFloating();
        return cut ? new Argument.Int((long) n.number(factor)) : n.raw(factor);
    }

    /** Integers take no part in sums with broken multiples of each other. */
    private static Consumer<Call> wholeFactor(String factor, String... operands) {
        return call -> {
            boolean integral = !Elementwise.resultType(call, List.of(operands)).isDifferentiable();
            if (integral && call.arg(factor) instanceof Argument.Float) {
                throw GraphException.argument(
                        Reason.DTYPE_MISMATCH, factor, "must be an integer where the tensors are of integers");
            }
            boolean real = !Elementwise.resultType(call, List.of(operands)).isComplex();
            if (real && call.arg(factor) instanceof Argument.Complex) {
                throw GraphException.argument(Reason.DTYPE_MISMATCH, factor, "must be real where the tensors are real");
            }
        };
    }

    private static Promotion divisionPromotion(Call call) {
        if (!call.has("rounding_mode")) {
            return Promotion.FLOAT;
        }
        String mode = call.text("rounding_mode");
        if (!mode.equals("floor") && !mode.equals("trunc")) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT,
                    "rounding_mode",
                    "must be None, \"floor\" or \"trunc\", but is \"" + mode + "\"");
        }
        return Promotion.NUMBER;
    }
}
