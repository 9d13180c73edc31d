package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.DType.Category;
import java.util.List;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Bounds for elements. As in PyTorch, a bound that is a number takes the whole cotangent of an element that lies on
 * it, one that is a tensor half; and max wins where min is greater.
 */
final class Clamping {
    private Clamping() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor")
                        .doc("min(max(self, min), max); the derivative at the bounds is 0")
                        .gradFn("ClampBackward1")
                        .alias("clip")
                        .types(Elementwise.keep("self", "min", "max").requiring(Clamping::requireBound))
                        .vjp("self", n -> inside(n).where(n.grad(), 0.0))
                        .choosing()
                        .decompose(n -> n.promoted("self").call("clamp.Tensor", bound(n, "min"), bound(n, "max")))
                        .samples("float64[2, 3], -0.5, 1", "float64[3], max=0.5", "float64[], 0.5"),
                operator("clamp.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor")
                        .doc("min(max(self, min), max); self shares the gradient with a bound that it equals")
                        .gradFn("ClampBackward0")
                        .alias("clip")
                        .types(Elementwise.keep("self", "min", "max").requiring(Clamping::requireBound))
                        .vjp("self", Clamping::ofSelf)
                        .vjp("min", Clamping::ofMin)
                        .vjp("max", Clamping::ofMax)
                        .kernel("clamp.Tensor")
                        .samples(
                                "float64[2, 3], float64[3]{-1..0}, float64[2, 1]{0..1}",
                                "float64[2, 3], None, float64[]",
                                "float64[3], float64[2, 3]"),
                bound("clamp_min", "min", "ClampMinBackward", "maximum", Expr::gt),
                bound("clamp_max", "max", "ClampMaxBackward", "minimum", Expr::lt),
                tensorBound("clamp_min", "min", "ClampMinBackward", "maximum", Expr::lt, Expr::gt),
                tensorBound("clamp_max", "max", "ClampMaxBackward", "minimum", Expr::gt, Expr::lt));
    }

    private static Declaration bound(
            String name, String limit, String gradFn, String kernel, BinaryOperator<Expr> inside) {
        return operator(name + "(Tensor self, Scalar " + limit + ") -> Tensor")
                .doc(kernel + "(self, " + limit + "); the derivative at the bound is 0")
                .gradFn(gradFn + "0")
                .types(Elementwise.keep("self", limit))
                .vjp("self", n -> inside.apply(n.self(), n.arg(limit)).where(n.grad(), 0.0))
                .decompose(n -> n.promoted("self").call(kernel, bound(n, limit)))
                .samples("float64[2, 3], 0.5");
    }

    private static Declaration tensorBound(
            String name,
            String limit,
            String gradFn,
            String kernel,
            BinaryOperator<Expr> selfLoses,
            BinaryOperator<Expr> limitLoses) {
        return operator(name + ".Tensor(Tensor self, Tensor " + limit + ") -> Tensor")
                .doc(kernel + "(self, " + limit + "); equal ones share the gradient")
                .gradFn(gradFn + "1")
                .types(Elementwise.keep("self", limit))
                .vjp("self", n -> selfLoses.apply(n.self(), n.arg(limit)).where(0.0, shared(n, limit)))
                .vjp(limit, n -> limitLoses.apply(n.self(), n.arg(limit)).where(0.0, shared(n, limit)))
                .kernel(kernel)
                .samples("float64[2, 3], float64[3]", "float64[], float64[2]");
    }

    private static @Nullable Expr bound(Args n, String limit) {
        return n.has(limit) ? bound(n.arg(limit), n.promoted("self").dtype()) : null;
    }

    /** A number as a constant of {@code dtype}: an integer out of its range becomes the nearest in it. */
    static Expr bound(Expr number, DType dtype) {
        if (dtype.category() != Category.INTEGRAL || !(number.argument() instanceof Argument.Int(long value))) {
            return number.as(dtype);
        }
        int bits = 8 * dtype.sizeInBytes();
        long greatest = dtype == DType.UINT8 ? 255 : Long.MAX_VALUE >> (64 - bits);
        long least = dtype == DType.UINT8 ? 0 : -greatest - 1;
        return number.with(Math.clamp(value, least, greatest)).as(dtype);
    }

    private static Expr shared(Backward n, String limit) {
        return n.self().eq(n.arg(limit)).where(n.grad().div(2), n.grad());
    }

    private static void requireBound(Call call) {
        if (!call.has("min") && !call.has("max")) {
            throw GraphException.argument(Reason.MISSING_ARGUMENT, "min", "is None, and so is max: one must be given");
        }
    }

    private static Expr inside(Args n) {
        return all(
                n.has("min") ? n.self().gt(n.arg("min")) : null,
                n.has("max") ? n.self().lt(n.arg("max")) : null);
    }

    // Bounds that are tensors. A tie is shared only where min < max.

    private static Expr ofSelf(Backward n) {
        Expr outside = any(below(n), above(n), crossed(n));
        Expr tie = all(
                any(
                        n.has("min") ? n.self().eq(n.arg("min")) : null,
                        n.has("max") ? n.self().eq(n.arg("max")) : null),
                apart(n));
        return outside.where(0.0, tie.where(n.grad().div(2), n.grad()));
    }

    private static Expr ofMin(Backward n) {
        Expr tie = all(n.self().eq(n.arg("min")), apart(n));
        Expr chosen =
                n.self().lt(n.arg("min")).where(n.grad(), tie.where(n.grad().div(2), 0.0));
        return n.has("max") ? n.arg("min").le(n.arg("max")).where(chosen, 0.0) : chosen;
    }

    private static Expr ofMax(Backward n) {
        Expr tie = all(n.self().eq(n.arg("max")), apart(n));
        Expr chosen = any(n.self().gt(n.arg("max")), crossed(n));
        return chosen.where(n.grad(), tie.where(n.grad().div(2), 0.0));
    }

    private static @Nullable Expr below(Args n) {
        return n.has("min") ? n.self().lt(n.arg("min")) : null;
    }

    private static @Nullable Expr above(Args n) {
        return n.has("max") ? n.self().gt(n.arg("max")) : null;
    }

    /** Where min > max, which makes max the result. */
    private static @Nullable Expr crossed(Args n) {
        return n.has("min") && n.has("max") ? n.arg("min").gt(n.arg("max")) : null;
    }

    private static @Nullable Expr apart(Args n) {
        return n.has("min") && n.has("max") ? n.arg("min").lt(n.arg("max")) : null;
    }

    private static Expr all(@Nullable Expr... conditions) {
        return join(Expr::and, conditions);
    }

    private static Expr any(@Nullable Expr... conditions) {
        return join(Expr::or, conditions);
    }

    /** Of the conditions that there are, one at least. */
    private static Expr join(BinaryOperator<Expr> how, @Nullable Expr... conditions) {
        Expr joint = null;
        for (Expr condition : conditions) {
            if (condition != null) {
                joint = joint == null ? condition : how.apply(joint, condition);
            }
        }
        if (joint == null) {
            throw new IllegalArgumentException("no condition");
        }
        return joint;
    }
}
