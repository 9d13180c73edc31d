package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.function.Function;

/** Choosing between elements: extrema, conditions, replacements. Where two are alike, each gets half the cotangent. */
final class Selection {
    private Selection() {}

    static List<Declaration> declarations() {
        return List.of(
                extremum(
                        "maximum",
                        "the greater of self and other; NaN if one is; equal ones share the gradient",
                        n -> n.self().lt(n.arg("other")),
                        n -> n.self().gt(n.arg("other"))),
                extremum(
                        "minimum",
                        "the lesser of self and other; NaN if one is; equal ones share the gradient",
                        n -> n.self().gt(n.arg("other")),
                        n -> n.self().lt(n.arg("other"))),
                extremum(
                        "fmax",
                        "the greater of self and other; the other one if one is NaN; equal ones share the gradient",
                        n -> n.self()
                                .ge(n.arg("other"))
                                .or(isNan(n.arg("other")))
                                .not(),
                        n -> n.self().gt(n.arg("other")).or(isNan(n.arg("other")))),
                extremum(
                        "fmin",
                        "the lesser of self and other; the other one if one is NaN; equal ones share the gradient",
                        n -> n.self()
                                .le(n.arg("other"))
                                .or(isNan(n.arg("other")))
                                .not(),
                        n -> n.self().lt(n.arg("other")).or(isNan(n.arg("other")))),
                operator("max.other(Tensor self, Tensor other) -> Tensor")
                        .doc("maximum(self, other)")
                        .composite(n -> List.of(n.self().call("maximum", n.arg("other"))))
                        .samples("float64[2, 3], float64[3]"),
                operator("min.other(Tensor self, Tensor other) -> Tensor")
                        .doc("minimum(self, other)")
                        .composite(n -> List.of(n.self().call("minimum", n.arg("other"))))
                        .samples("float64[2, 3], float64[3]"),
                operator("where.self(Tensor condition, Tensor self, Tensor other) -> Tensor")
                        .doc("self where condition is true, other elsewhere")
                        .gradFn("WhereBackward0")
                        .complex()
                        .types(Elementwise.keep("self", "other").masked("condition"))
                        .vjp("self", n -> n.arg("condition").where(n.grad(), 0.0))
                        .vjp("other", n -> n.arg("condition").where(0.0, n.grad()))
                        .kernel("where.self")
                        .samples(
                                "bool[2, 3], float64[3], float64[2, 1]",
                                "bool[3], 1, float64[3]",
                                "bool[2, 3], complex128[3], float64[2, 1]"),
                // Numbers become tensors first, so that the grad_fn has both branches, as in PyTorch.
                operator("where.ScalarOther(Tensor condition, Tensor self, Scalar other) -> Tensor")
                        .doc("self where condition is true, other elsewhere")
                        .overload("where.ScalarSelf(Tensor condition, Scalar self, Tensor other) -> Tensor")
                        .overload("where.Scalar(Tensor condition, Scalar self, Scalar other) -> Tensor")
                        .composite(n -> List.of(n.arg("condition").where(n.self(), n.arg("other"))))
                        .complex()
                        .samples(
                                "bool[3], float64[2, 3], 2",
                                "bool[3], 2, float64[2, 3]",
                                "bool[3], complex128[2, 3], 2"),
                operator("masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor")
                        .doc("value where mask is true, self elsewhere")
                        .gradFn("MaskedFillBackward0")
                        .overload("masked_fill.Tensor(Tensor self, Tensor mask, Tensor value) -> Tensor")
                        .gradFn("MaskedFillBackward1")
                        .complex()
                        .types(one(Selection::filled))
                        .vjp("self", n -> n.arg("mask").where(0.0, n.grad()))
                        .vjp("value", n -> n.arg("mask").where(n.grad(), 0.0))
                        .decompose(n -> n.arg("mask").where(value(n), n.self()))
                        .samples(
                                "float64[2, 3], bool[3], 0.5",
                                "float64[3], bool[2, 3], float64[]",
                                "complex128[2, 3], bool[3], complex(0.5, 1.0)",
                                "complex128[3], bool[3], complex128[]"),
                operator("fill.Scalar(Tensor self, Scalar value) -> Tensor")
                        .doc("value in the shape and dtype of self")
                        .gradFn("FillBackward0")
                        .overload("fill.Tensor(Tensor self, Tensor value) -> Tensor")
                        .gradFn("FillBackward1")
                        .complex()
                        .types(one(Selection::likeSelf))
                        .zeroVjp("self")
                        .vjp("value", n -> n.grad())
                        .decompose(n -> value(n).expand(n.shape("self")))
                        .samples("float64[2, 3], 0.5", "float64[2, 3], float64[]", "complex128[2, 3], complex128[]"),
                operator("zero(Tensor self) -> Tensor")
                        .doc("zeros in the shape and dtype of self")
                        .gradFn("ZeroBackward0")
                        .alias("zero_")
                        .complex()
                        .types(one(call -> call.type("self")))
                        .zeroVjp("self")
                        .decompose(n -> n.full(n.type("self"), 0))
                        .samples("float64[2, 3]", "complex128[2]"),
                operator("nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor")
                        .doc("self with NaN, +∞ and −∞ replaced, by default by 0, the greatest and the least number")
                        .gradFn("NanToNumBackward0")
                        .types(Elementwise.keep("self"))
                        .vjp("self", n -> n.grad().maskedBy(n.self().call("isfinite")))
                        .choosing()
                        .decompose(Selection::onlyNumbers)
                        .samples("float64[2, 3]", "float64[2], 1.0, 2.0, 3.0"));
    }

    /** {@code loses} tells where an operand is not the one chosen. */
    private static Declaration extremum(
            String name, String doc, Function<Args, Expr> selfLoses, Function<Args, Expr> otherLoses) {
        return operator(name + "(Tensor self, Tensor other) -> Tensor")
                .doc(doc)
                .gradFn(Unary.gradFn(name))
                .types(Elementwise.keep("self", "other"))
                .vjp("self", n -> selfLoses.apply(n).where(0.0, shared(n)))
                .vjp("other", n -> otherLoses.apply(n).where(0.0, shared(n)))
                .kernel(name)
                .samples("float64[2, 3], float64[3]", "float64[], float64[2]");
    }

    private static Expr shared(Backward n) {
        return n.self().eq(n.arg("other")).where(n.grad().div(2), n.grad());
    }

    private static Expr isNan(Expr x) {
        return x.ne(x);
    }

    private static TensorType filled(Call call) {
        Elementwise.requireBool(call, "mask");
        requireScalar(call);
        return new TensorType(call.type("self").dtype(), Elementwise.broadcast(call, List.of("self", "mask")));
    }

    private static TensorType likeSelf(Call call) {
        requireScalar(call);
        return call.type("self");
    }

    private static void requireScalar(Call call) {
        if (call.type("value").dtype().isComplex() && !call.type("self").dtype().isComplex()) {
            throw GraphException.argument(
                    Reason.DTYPE_MISMATCH,
                    "value",
                    "is complex, but self is " + call.type("self").dtype().label());
        }
        if (call.type("value").rank() != 0) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH, "value", "must be a number or 0-dimensional, but is " + call.type("value"));
        }
    }

    private static Expr value(Args n) {
        return n.arg("value").as(n.type("self").dtype());
    }

    private static Expr onlyNumbers(Args n) {
        Expr x = n.self();
        DType dtype = x.dtype();
        if (!dtype.isFloating()) {
            return x;
        }
        Expr posinf = x.eq(Double.POSITIVE_INFINITY).where(orElse(n, "posinf", greatest(dtype)), x);
        Expr neginf = x.eq(Double.NEGATIVE_INFINITY).where(orElse(n, "neginf", -greatest(dtype)), posinf);
        return isNan(x).where(orElse(n, "nan", 0), neginf);
    }

    private static double orElse(Args n, String parameter, double standard) {
        return n.has(parameter) ? n.number(parameter) : standard;
    }

    private static double greatest(DType dtype) {
        return switch (dtype) {
            case FLOAT64 -> Double.MAX_VALUE;
            case FLOAT16 -> 65504;
            case BFLOAT16 -> 0x1.fep127;
            default -> Float.MAX_VALUE;
        };
    }
}
