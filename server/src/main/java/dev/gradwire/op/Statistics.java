package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.Reductions.count;
import static dev.gradwire.op.Reductions.floating;
import static dev.gradwire.op.Reductions.reduced;
import static dev.gradwire.op.Reductions.restored;
import static dev.gradwire.op.Reductions.spread;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Map;

/** Variances and standard deviations, and the logarithm of a sum of exponentials. */
final class Statistics {
    private Statistics() {}

    static List<Declaration> declarations() {
        return List.of(
                operator(corrected("var") + " -> Tensor")
                        .doc("the variance along dimensions: Σ |x − mean|² / (n − correction), correction 1 by default")
                        .gradFn("VarBackward0")
                        .complex()
                        .types(one(call -> reduced(call, floating(call).toReal())))
                        .vjp("self", n -> varVjp(n.grad(), n))
                        .decompose(Statistics::var)
                        .samples(
                                "complex128[2, 3], 1",
                                "float64[2, 3]",
                                "float64[2, 3, 4], [0, -1], correction=0, keepdim=True",
                                "float64[4], [0], correction=0.5"),
                byDim("var"),
                byDefault("var"),
                operator(corrected("std") + " -> Tensor")
                        .doc("the standard deviation along dimensions, the square root of the variance")
                        .gradFn("StdBackward0")
                        .complex()
                        .types(one(call -> reduced(call, floating(call).toReal())))
                        .vjp("self", n -> stdVjp(n.grad(), n.result(), n))
                        .decompose(n -> var(n).sqrt())
                        .samples(
                                "complex128[2, 3], 1",
                                "float64[2, 3]",
                                "float64[2, 3, 4], [0, -1], correction=0, keepdim=True"),
                byDim("std"),
                byDefault("std"),
                operator(corrected("var_mean") + " -> (Tensor, Tensor)")
                        .doc("variance and mean along dimensions")
                        .gradFn("VarMeanBackward0")
                        .complex()
                        .types(Statistics::withMeanType)
                        .vjp("self", n -> withMean(varVjp(n.grad(0), n), n))
                        .decomposeAll(n -> List.of(var(n), mean(n)))
                        .samples("complex128[2, 3], 1", "float64[2, 3]", "float64[2, 3], 1, correction=0"),
                byDim("var_mean"),
                byDefault("var_mean"),
                operator(corrected("std_mean") + " -> (Tensor, Tensor)")
                        .doc("standard deviation and mean along dimensions")
                        .gradFn("StdMeanBackward0")
                        .complex()
                        .types(Statistics::withMeanType)
                        .vjp("self", n -> withMean(stdVjp(n.grad(0), n.result(0), n), n))
                        .decomposeAll(n -> List.of(var(n).sqrt(), mean(n)))
                        .samples("complex128[2, 3], 1", "float64[2, 3]", "float64[2, 3], 1, correction=0"),
                byDim("std_mean"),
                byDefault("std_mean"),
                operator("_var(Tensor self, int[1]? dim, bool unbiased, bool keepdim) -> Tensor")
                        .doc("var with a correction of 1 or 0; has no derivative of its own")
                        .complex()
                        .types(one(call -> reduced(call, floating(call).toReal())))
                        .internal()
                        .batch(Batch.reducing())
                        .kernel("var.dim"),
                operator("logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor")
                        .doc("log Σ exp x along dimensions")
                        .gradFn("LogsumexpBackward0")
                        .alias("special_logsumexp")
                        .complex()
                        .types(one(call -> {
                            DType dtype = call.type("self").dtype();
                            return reduced(call, dtype.isDifferentiable() ? dtype : DType.DEFAULT_FLOATING);
                        }))
                        .vjp(
                                "self",
                                n -> restored(n.grad(), n)
                                        .mul(n.arg("self")
                                                .sub(restored(n.result(), n))
                                                .exp()
                                                .conj()))
                        .batch(Batch.reducing())
                        .kernel(
                                "logsumexp",
                                call -> List.of(
                                        call.arg("self"),
                                        Expr.argument(Dims.all(
                                                call, "dim", call.type("self").rank())),
                                        call.arg("keepdim")))
                        .samples(
                                "float64[2, 3], 1",
                                "float64[2, 3, 4], [0, -1], True",
                                "float64[], 0",
                                "complex128[2, 3], 1"));
    }

    private static String corrected(String name) {
        return name + ".correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False)";
    }

    private static String returns(String name) {
        return name.endsWith("_mean") ? " -> (Tensor, Tensor)" : " -> Tensor";
    }

    private static Declaration byDim(String name) {
        return operator(name + ".dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False)" + returns(name))
                .doc("with a correction of 1, or of 0 where not unbiased")
                .complex()
                .samples("float64[2, 3], 1, False", "float64[4], 0", "complex128[4], 0")
                .composite(n -> corrected(n, name, n.raw("dim"), n.raw("keepdim")));
    }

    private static Declaration byDefault(String name) {
        return operator(name + "(Tensor self, bool unbiased=True)" + returns(name))
                .doc("of all elements, with a correction of 1, or of 0 where not unbiased")
                .complex()
                .samples("float64[2, 3], False", "float64[4]", "complex128[4]")
                .composite(n -> corrected(n, name, Argument.NONE, new Argument.Bool(false)));
    }

    private static List<Expr> corrected(Args n, String name, Argument dim, Argument keepdim) {
        Map<String, Argument> keywords =
                Map.of("correction", new Argument.Int(n.bool("unbiased") ? 1 : 0), "keepdim", keepdim);
        return Expr.wrap(n.builder(), n.builder().call(name + ".correction", List.of(n.raw("self"), dim), keywords));
    }

    private static List<TensorType> withMeanType(Call call) {
        TensorType mean = reduced(call, floating(call));
        return List.of(mean.withDtype(mean.dtype().toReal()), mean);
    }

    private static double correction(Args n) {
        return n.has("correction") ? n.number("correction") : 1;
    }

    /** The library's kernel knows corrections of 0 and 1. */
    private static Expr var(Args n) {
        double correction = correction(n);
        boolean known = correction == 0 || correction == 1;
        Expr var = n.arg("self").call("_var", n.dims("dim", "self"), correction == 1, n.raw("keepdim"));
        return known ? var : var.mul(count(n) / Math.max(0, count(n) - correction));
    }

    private static Expr mean(Args n) {
        return n.arg("self").call("mean", n.dims("dim", "self"), n.raw("keepdim"));
    }

    /** u · 2 (x − mean) / (n − correction) */
    private static Expr varVjp(Expr grad, Args n) {
        double freedom = Math.max(0, count(n) - correction(n));
        Expr mean = restored(n.arg("self").call("mean", n.dims("dim", "self")), n);
        return restored(grad, n).mul(n.arg("self").sub(mean)).mul(2 / freedom);
    }

    /** The variance's, for a cotangent of u / (2 std): zero where the deviation is. */
    private static Expr stdVjp(Expr grad, Expr std, Args n) {
        Expr spread = std.ne(0);
        return varVjp(grad.maskedBy(spread).div(spread.where(std, 1.0).mul(2)), n);
    }

    private static Expr withMean(Expr others, Backward n) {
        return n.hasGrad(1) ? others.add(spread(n.grad(1), n).div(count(n))) : others;
    }
}
