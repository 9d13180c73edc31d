package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.TensorType;
import java.util.List;

/** Integer and fractional parts, signs, and the parts of a floating point number. */
final class Rounding {
    private Rounding() {}

    static List<Declaration> declarations() {
        return List.of(
                step("floor", "the greatest integer ≤ self"),
                step("ceil", "the least integer ≥ self"),
                step("round", "the nearest integer, halves to even"),
                step("trunc", "the integer part, towards 0").alias("fix"),
                operator("round.decimals(Tensor self, *, int decimals) -> Tensor")
                        .doc("self rounded to a number of decimal places, which may be negative")
                        .gradFn("RoundBackward1")
                        .types(Elementwise.floating("self"))
                        .zeroVjp("self")
                        .kernel("round.decimals")
                        .samples("float64[2, 3], decimals=1"),
                operator("frac(Tensor self) -> Tensor")
                        .doc("self − trunc(self)")
                        .gradFn("FracBackward0")
                        .types(Elementwise.floating("self"))
                        .vjp("self", n -> n.grad())
                        .kernel("frac")
                        .samples("float64[2, 3]", "float64[]"),
                operator("sign(Tensor self) -> Tensor")
                        .doc("−1, 0 or 1")
                        .gradFn("SignBackward0")
                        .types(Elementwise.keep("self"))
                        .zeroVjp("self")
                        .kernel("sign")
                        .samples("float64[2, 3]"),
                operator("signbit(Tensor self) -> Tensor")
                        .doc("whether the sign is negative, that of −0 included")
                        .types(Elementwise.test("self"))
                        .kernel("signbit"),
                operator("copysign.Scalar(Tensor self, Scalar other) -> Tensor")
                        .doc("|self| with the sign of other, that of −0 included")
                        .gradFn("CopysignBackward1")
                        .overload("copysign.Tensor(Tensor self, Tensor other) -> Tensor")
                        .gradFn("CopysignBackward0")
                        .types(Elementwise.toFloat("self", "other"))
                        .vjp(
                                "self",
                                n -> n.grad().mul(n.self().sign().mul(n.result().sign())))
                        .zeroVjp("other")
                        .kernel("copysign.Tensor")
                        .samples("float64[2, 3], float64[3]", "float64[3], -1"),
                operator("nextafter(Tensor self, Tensor other) -> Tensor")
                        .doc("the floating point number that follows self in the direction of other")
                        .gradFn("NextafterBackward0")
                        .types(Elementwise.floating("self", "other"))
                        .vjp("self", n -> n.grad().maskedBy(n.self().ne(n.arg("other"))))
                        .zeroVjp("other")
                        .kernel("nextafter")
                        .samples("float64[2, 3], float64[3]"),
                // PyTorch has no derivative for it: NotImplemented is the name of its grad_fn.
                operator("heaviside(Tensor self, Tensor values) -> Tensor")
                        .doc("0 for self < 0, values for self = 0, 1 for self > 0")
                        .gradFn("NotImplemented")
                        .types(Elementwise.keep("self", "values"))
                        .kernel("heaviside"),
                operator("frexp.Tensor(Tensor self) -> (Tensor mantissa, Tensor exponent)")
                        .doc("self = mantissa · 2^exponent, with a mantissa in [0.5, 1)")
                        .gradFn("FrexpBackward0")
                        .types(call -> {
                            TensorType self =
                                    Elementwise.floating("self").infer(call).getFirst();
                            return List.of(self, self.withDtype(DType.INT32));
                        })
                        .vjp("self", n -> n.grad().div(power(n)))
                        .batch(Batch.leading())
                        .kernel("frexp.Tensor")
                        .samples("float64[2, 3]"));
    }

    /** 2^exponent in the dtype of the mantissa, so that it does not overflow before the quotient does. */
    private static Expr power(Backward n) {
        return n.result(1).to(n.type("self").dtype()).call("exp2");
    }

    /** A function whose derivative is 0 where it has one. */
    private static Declaration step(String name, String doc) {
        return operator(name + "(Tensor self) -> Tensor")
                .doc(doc)
                .gradFn(Unary.gradFn(name))
                .types(Elementwise.numbers("self"))
                .zeroVjp("self")
                .kernel(name)
                .samples("float64[2, 3]", "float64[]", "float64[0, 2]");
    }
}
