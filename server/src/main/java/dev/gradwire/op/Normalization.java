package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Normalization of each sample over its last dimensions. */
final class Normalization {
    static final List<String> LEARNED = List.of("input", "weight", "bias");

    private Normalization() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("layer_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, Tensor? bias=None,"
                                + " float eps=1e-05, bool cudnn_enable=True) -> Tensor")
                        .doc("(input − mean) / √(variance + eps) · weight + bias over the last dimensions")
                        .composite(n -> List.of(n.call(
                                "native_layer_norm",
                                n.arg("input"),
                                n.raw("normalized_shape"),
                                n.raw("weight"),
                                n.raw("bias"),
                                n.raw("eps"))))
                        .samples("float64[2, 3], [3], float64[3], float64[3]"),
                operator("native_layer_norm(Tensor input, int[] normalized_shape, Tensor? weight, Tensor? bias,"
                                + " float eps) -> (Tensor, Tensor, Tensor)")
                        .doc("layer_norm, with mean and 1 / √(variance + eps)")
                        .gradFn("NativeLayerNormBackward0")
                        .types(Normalization::layerNorm)
                        .notDifferentiable(1, 2)
                        .vjp(
                                LEARNED,
                                n -> masked(
                                        n,
                                        LEARNED,
                                        mask -> n.calls(
                                                "layer_norm_backward",
                                                n.grad(),
                                                n.arg("input"),
                                                n.raw("normalized_shape"),
                                                n.result(1),
                                                n.result(2),
                                                n.raw("weight"),
                                                n.raw("bias"),
                                                n.raw("eps"),
                                                mask)))
                        .batch(NormalizationBatching::layer)
                        .loops(InLoops::isLayerNorm, InLoops::layerNorm)
                        .kernel("native_layer_norm")
                        .samples(
                                "float64[2, 3], [3], float64[3], float64[3], 1e-5",
                                "float64[2, 2, 3], [2, 3], None, None, 0.5",
                                "float64[0, 3], [3], float64[3], None, 1e-5"),
                // ATen's native_layer_norm_backward with eps, without which mean and rstd are no functions of input
                operator("layer_norm_backward(Tensor grad_out, Tensor input, int[] normalized_shape, Tensor mean,"
                                + " Tensor rstd, Tensor? weight, Tensor? bias, float eps, bool[3] output_mask)"
                                + " -> (Tensor, Tensor, Tensor)")
                        .doc("the cotangents of layer_norm's input, weight and bias, those asked for")
                        .gradFn("NativeLayerNormBackwardBackward0")
                        .types(Normalization::layerNormBackward)
                        .vjp(List.of("grad_out", "input", "weight"), Normalization::layerNormTwice)
                        .batch(NormalizationBatching::layerBackward)
                        .loops(InLoops::isLayerNorm, InLoops::layerNormBackward)
                        .kernel("native_layer_norm_backward", call -> without(call, "eps"))
                        .internal(),
                operator(
                                "rms_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, float? eps=None) -> Tensor")
                        .doc("input / √(mean of squares + eps) · weight over the last dimensions")
                        .composite(n -> List.of(rmsNorm(n)))
                        .samples("float64[2, 3], [3], float64[3]", "float64[2, 2, 2], [2, 2], None, 0.1"));
    }

    /** Asks for those cotangents that are used; of a parameter that is None or not used there is none. */
    static List<@Nullable Expr> masked(Backward n, List<String> parameters, Masked cotangents) {
        List<Boolean> mask = parameters.stream()
                .map(parameter -> n.has(parameter) && n.wants(parameter))
                .toList();
        List<Expr> all = cotangents.of(mask);
        List<@Nullable Expr> used = new ArrayList<>();
        for (int i = 0; i < mask.size(); i++) {
            used.add(mask.get(i) ? all.get(i) : null);
        }
        return used;
    }

    /** What a backward operator gives for an output mask. */
    @FunctionalInterface
    interface Masked {
        List<Expr> of(List<Boolean> mask);
    }

    /** The types that an output mask leaves of the results: what is left out is empty, and nobody reads it. */
    static List<TensorType> masked(Call call, TensorType... types) {
        List<TensorType> left = new ArrayList<>();
        List<Argument> mask = call.items("output_mask");
        for (int i = 0; i < types.length; i++) {
            boolean given = i < mask.size() && ((Argument.Bool) mask.get(i)).value();
            left.add(given ? types[i] : types[i].withShape(Shape.of(0)));
        }
        return left;
    }

    static List<Argument> without(Call call, String parameter) {
        List<Argument> args = new ArrayList<>(call.args());
        args.remove(call.op().canonical().indexOf(parameter));
        return args;
    }

    /** The dtype of mean and rstd: that of input, or float32 where weight and bias are for half precision input. */
    static DType statistics(Call call) {
        DType input = call.type("input").dtype();
        for (String learned : List.of("weight", "bias")) {
            boolean mixed = call.has(learned)
                    && input.sizeInBytes() == 2
                    && call.type(learned).dtype() == DType.FLOAT32;
            if (mixed) {
                Require.sameDtype(call, learned, "weight", "bias");
                return DType.FLOAT32;
            }
        }
        Require.sameDtype(call, "input", "weight", "bias");
        return input;
    }

    private static int outerRank(Call call) {
        return call.type("input").rank() - call.ints("normalized_shape").length;
    }

    static long[] innerDims(Call call) {
        return LongStream.range(outerRank(call), call.type("input").rank()).toArray();
    }

    private static List<TensorType> layerNorm(Call call) {
        checkShapes(call);
        Require.floating(call, "input");
        TensorType input = call.type("input");
        Shape perSample = Dims.reduce(input.shape(), innerDims(call), true);
        TensorType statistic = new TensorType(statistics(call), perSample);
        return List.of(input, statistic, statistic);
    }

    private static void checkShapes(Call call) {
        Shape input = call.shape("input");
        long[] normalized = call.ints("normalized_shape");
        int outer = outerRank(call);
        boolean fits = normalized.length > 0
                && outer >= 0
                && Arrays.equals(input.dims(), outer, input.rank(), normalized, 0, normalized.length);
        if (!fits) {
            throw Require.shape(
                    "normalized_shape",
                    "is " + Arrays.toString(normalized) + ", but must be the last dimensions of the input's shape "
                            + input);
        }
        for (String learned : List.of("weight", "bias")) {
            if (call.op().canonical().indexOf(learned) >= 0 && call.has(learned)) {
                Require.shape(call, learned, Shape.of(normalized), "normalized_shape");
            }
        }
    }

    private static List<TensorType> layerNormBackward(Call call) {
        checkShapes(call);
        Require.floating(call, "input");
        TensorType input = call.type("input");
        Require.shape(call, "grad_out", input.shape(), "that of input");
        Require.sameDtype(call, "input", "grad_out");
        DType statistic = statistics(call);
        for (String saved : List.of("mean", "rstd")) {
            Require.shape(call, saved, Dims.reduce(input.shape(), innerDims(call), true), "one for each sample");
            Require.that(call.type(saved).dtype() == statistic, saved, "must be " + statistic.label());
        }
        TensorType learned = new TensorType(statistic, Shape.of(call.ints("normalized_shape")));
        return masked(call, input, learned, learned);
    }

    private static List<@Nullable Expr> layerNormTwice(Backward n) {
        Standardized x = new Standardized(n.arg("input"), innerDims(n.call()), n.number("eps"));
        Standardized.Twice back = x.twice(
                n.arg("grad_out"), n.has("weight") ? n.arg("weight") : null, given(n, 0), given(n, 1), given(n, 2));
        return Arrays.asList(back.toGrad(), back.toInput(), back.toWeight());
    }

    static @Nullable Expr given(Backward n, int result) {
        return n.hasGrad(result) ? n.grad(result) : null;
    }

    /** Half precision is normalized in float32. */
    private static Expr rmsNorm(Args n) {
        checkShapes(n.call());
        Require.floating(n.call(), "input");
        DType dtype = n.type("input").dtype();
        DType compute = dtype.sizeInBytes() == 2 ? DType.FLOAT32 : dtype;
        double eps = n.has("eps") ? n.number("eps") : compute == DType.FLOAT64 ? Math.ulp(1.0) : Math.ulp(1.0f);
        Expr input = n.arg("input").to(compute);
        Expr r = input.pow(2)
                .call("mean", innerDims(n.call()), true)
                .call("add.Scalar", eps)
                .rsqrt();
        Expr normalized = input.mul(r);
        return (n.has("weight") ? normalized.mul(n.arg("weight")) : normalized).to(dtype);
    }
}
