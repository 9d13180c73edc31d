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

/**
 * Normalization of each channel over batch and space: by the batch's own mean and variance in training, by running
 * ones otherwise. A graph is pure, so that running statistics are read and never updated: see {@link RunningStatistics}.
 */
final class BatchNormalization {
    private static final List<String> LEARNED = Normalization.LEARNED;
    private static final String RUNNING =
            "Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor?" + " running_var, ";
    private static final String[] SAMPLES = {
        "float64[3, 2, 2], float64[2], float64[2], None, None, True, 0.1, 1e-5",
        "float64[3, 2], None, None, float64[2], float64[2]{0.5..2}, False, 0.1, 1e-5"
    };

    private BatchNormalization() {}

    static List<Declaration> declarations() {
        return List.of(
                normalization("native_batch_norm(" + RUNNING + "bool training, float momentum, float eps)")
                        .gradFn("NativeBatchNormBackward0")
                        .samples(SAMPLES),
                normalization("_native_batch_norm_legit(" + RUNNING + "bool training, float momentum, float eps)")
                        .gradFn("NativeBatchNormLegitBackward0")
                        .samples(SAMPLES),
                normalization("_native_batch_norm_legit.no_stats(Tensor input, Tensor? weight, Tensor? bias,"
                                + " bool training, float momentum, float eps)")
                        .gradFn("NativeBatchNormLegitBackward1")
                        .samples("float64[3, 2, 2], float64[2], None, True, 0.1, 1e-5"),
                operator("_native_batch_norm_legit_no_training(" + RUNNING + "float momentum, float eps)"
                                + " -> (Tensor, Tensor, Tensor)")
                        .doc("batch_norm by running statistics")
                        .composite(n -> call(n, "_native_batch_norm_legit", false))
                        .samples("float64[3, 2], float64[2], None, float64[2], float64[2]{0.5..2}, 0.1, 1e-5"),
                operator("_batch_norm_with_update(" + RUNNING + "float momentum, float eps)"
                                + " -> (Tensor, Tensor, Tensor, Tensor)")
                        .doc("batch_norm by the batch's statistics, and an empty reserve")
                        .gradFn("BatchNormWithUpdateBackward0")
                        .types(call -> {
                            List<TensorType> types = new ArrayList<>(types(call));
                            types.add(TensorType.of(DType.UINT8, 0));
                            return types;
                        })
                        .notDifferentiable(1, 2)
                        .vjp(LEARNED, BatchNormalization::back)
                        .decomposeAll(n -> {
                            List<Expr> results = new ArrayList<>(call(n, "native_batch_norm", true));
                            results.add(n.full(TensorType.of(DType.UINT8, 0), 0));
                            return results;
                        })
                        .samples("float64[3, 2, 2], float64[2], float64[2], None, None, 0.1, 1e-5"),
                operator("native_batch_norm_backward(Tensor grad_out, Tensor input, Tensor? weight,"
                                + " Tensor? running_mean, Tensor? running_var, Tensor? save_mean, Tensor? save_invstd,"
                                + " bool train, float eps, bool[3] output_mask) -> (Tensor, Tensor, Tensor)")
                        .doc("the cotangents of batch_norm's input, weight and bias, those asked for, in training")
                        .gradFn("NativeBatchNormBackwardBackward0")
                        .types(BatchNormalization::backwardTypes)
                        .vjp(List.of("grad_out", "input", "weight"), BatchNormalization::backTwice)
                        .batch(NormalizationBatching::batch)
                        .kernel("native_batch_norm_backward")
                        .internal(),
                operator("batch_norm(" + RUNNING + "bool training, float momentum, float eps, bool cudnn_enabled)"
                                + " -> Tensor")
                        .doc("(input − mean) / √(variance + eps) · weight + bias for each channel")
                        .composite(n -> List.of(batchNorm(n)))
                        .samples(
                                "float64[3, 2, 2], float64[2], float64[2], None, None, True, 0.1, 1e-5, False",
                                "float64[0, 2], float64[2], float64[2], None, None, True, 0.1, 1e-5, False"),
                operator("instance_norm(" + RUNNING + "bool use_input_stats, float momentum, float eps,"
                                + " bool cudnn_enabled) -> Tensor")
                        .doc("batch_norm of each sample by itself")
                        .composite(n -> List.of(instanceNorm(n)))
                        .samples("float64[2, 3, 4], float64[3], float64[3], None, None, True, 0.1, 1e-5, False"));
    }

    private static Declaration normalization(String parameters) {
        return operator(parameters + " -> (Tensor, Tensor, Tensor)")
                .doc("batch_norm, with mean and 1 / √(variance + eps) of the batch, which are empty out of training")
                .types(BatchNormalization::types)
                .notDifferentiable(1, 2)
                .vjp(LEARNED, BatchNormalization::back)
                .batch(NormalizationBatching::batch)
                .kernel("native_batch_norm", BatchNormalization::arguments);
    }

    private static boolean isTraining(Call call) {
        int index = call.op().canonical().indexOf("training");
        return index < 0 || call.bool("training");
    }

    private static boolean has(Call call, String parameter) {
        return call.op().canonical().indexOf(parameter) >= 0 && call.has(parameter);
    }

    /** In training the library would update running statistics, so that it is not given them. */
    private static List<Argument> arguments(Call call) {
        boolean training = isTraining(call);
        return List.of(
                call.arg("input"),
                call.arg("weight"),
                call.arg("bias"),
                training ? Argument.NONE : call.arg("running_mean"),
                training ? Argument.NONE : call.arg("running_var"),
                new Argument.Bool(training),
                call.arg("momentum"),
                call.arg("eps"));
    }

    static List<Expr> call(Args n, String op, boolean training) {
        return n.calls(
                op,
                n.arg("input"),
                n.raw("weight"),
                n.raw("bias"),
                n.raw("running_mean"),
                n.raw("running_var"),
                training,
                n.raw("momentum"),
                n.raw("eps"));
    }

    private static Expr batchNorm(Args n) {
        Expr input = n.arg("input");
        if (input.shape().elements() > 0) {
            return call(n, "native_batch_norm", n.bool("training")).getFirst();
        }
        Expr out = input.call("clone");
        out = n.has("weight") ? out.mul(n.arg("weight").select(0, 0)) : out;
        return n.has("bias") ? out.add(n.arg("bias").select(0, 0)) : out;
    }

    private static Expr instanceNorm(Args n) {
        Expr input = n.arg("input");
        if (input.rank() < 2) {
            throw Require.shape("input", "must have a batch and channels, but has shape " + input.shape());
        }
        boolean own = n.bool("use_input_stats");
        Require.that(
                own || n.has("running_mean") && n.has("running_var"),
                "use_input_stats",
                "must be true where there are no running statistics");
        long batch = input.size(0);
        long[] sizes = input.shape().dims();
        sizes[0] = 1;
        sizes[1] = Math.multiplyExact(batch, input.size(1));
        return n.call(
                        "batch_norm",
                        input.call("contiguous").call("view", sizes),
                        repeated(n, "weight", batch),
                        repeated(n, "bias", batch),
                        repeated(n, "running_mean", batch),
                        repeated(n, "running_var", batch),
                        own,
                        n.raw("momentum"),
                        n.raw("eps"),
                        n.raw("cudnn_enabled"))
                .call("view", input.shape());
    }

    private static @Nullable Expr repeated(Args n, String parameter, long times) {
        return n.has(parameter) ? n.arg(parameter).call("repeat", new long[] {times}) : null;
    }

    // Types

    private static List<TensorType> types(Call call) {
        TensorType input = checkInput(call);
        boolean training = isTraining(call);
        DType statistic = Normalization.statistics(call);
        for (String running : List.of("running_mean", "running_var")) {
            if (has(call, running)) {
                Require.shape(call, running, Shape.of(input.shape().dim(1)), "one for each channel");
                Require.that(call.type(running).dtype() == statistic, running, "must be " + statistic.label());
            } else {
                Require.that(training, "training", "must be true where there are no running statistics");
            }
        }
        TensorType batch =
                new TensorType(statistic, Shape.of(training ? input.shape().dim(1) : 0));
        return List.of(input, batch, batch);
    }

    private static TensorType checkInput(Call call) {
        Require.floating(call, "input");
        TensorType input = call.type("input");
        if (input.rank() < 2 || input.shape().elements() == 0) {
            throw Require.shape(
                    "input", "must have a batch, channels and at least one element, but has shape " + input.shape());
        }
        for (String learned : List.of("weight", "bias")) {
            if (has(call, learned)) {
                Require.shape(call, learned, Shape.of(input.shape().dim(1)), "one for each channel");
            }
        }
        return input;
    }

    private static List<TensorType> backwardTypes(Call call) {
        TensorType input = checkInput(call);
        Require.that(call.bool("train"), "train", "must be true: out of training the derivative is a product");
        Require.shape(call, "grad_out", input.shape(), "that of input");
        Require.sameDtype(call, "input", "grad_out");
        Shape channels = Shape.of(input.shape().dim(1));
        for (String saved : List.of("save_mean", "save_invstd")) {
            Require.that(call.has(saved), saved, "must be given");
            Require.shape(call, saved, channels, "one for each channel");
        }
        TensorType learned = new TensorType(call.type("save_mean").dtype(), channels);
        Require.sameDtype(call, "save_mean", "save_invstd", "weight");
        return Normalization.masked(call, input, learned, learned);
    }

    // Derivatives

    private static List<@Nullable Expr> back(Backward n) {
        if (!isTraining(n.call())) {
            return byRunningStatistics(n);
        }
        return Normalization.masked(
                n,
                LEARNED,
                mask -> n.calls(
                        "native_batch_norm_backward",
                        n.grad(),
                        n.arg("input"),
                        n.raw("weight"),
                        null,
                        null,
                        n.result(1),
                        n.result(2),
                        true,
                        n.raw("eps"),
                        mask));
    }

    private static List<@Nullable Expr> byRunningStatistics(Backward n) {
        Expr input = n.arg("input").widened();
        Expr r = perChannel(n.arg("running_var").widened(), input)
                .add(n.raw("eps"))
                .rsqrt();
        Expr scaled = n.grad().widened().mul(r);
        Expr toInput = n.has("weight") ? scaled.mul(perChannel(n.arg("weight"), input)) : scaled;
        Expr toWeight = n.has("weight") && n.wants("weight")
                ? channelSums(scaled.mul(input.sub(perChannel(n.arg("running_mean"), input))))
                : null;
        Expr toBias = n.has("bias") && n.wants("bias") ? channelSums(n.grad()) : null;
        return Arrays.asList(toInput, toWeight, toBias);
    }

    private static Expr perChannel(Expr vector, Expr input) {
        return Convolution.perChannel(vector, input.rank());
    }

    static long[] otherDims(Expr input) {
        return LongStream.range(0, input.rank()).filter(dim -> dim != 1).toArray();
    }

    private static Expr channelSums(Expr tensor) {
        return tensor.sum(otherDims(tensor));
    }

    private static List<@Nullable Expr> backTwice(Backward n) {
        Expr input = n.arg("input");
        Standardized x = new Standardized(input, otherDims(input), n.number("eps"));
        Standardized.Twice back = x.twice(
                n.arg("grad_out"),
                n.has("weight") ? perChannel(n.arg("weight"), input) : null,
                Normalization.given(n, 0),
                perChannel(n, 1, input),
                perChannel(n, 2, input));
        Expr toWeight = back.toWeight();
        return Arrays.asList(
                back.toGrad(), back.toInput(), toWeight == null || !n.wants("weight") ? null : channelSums(toWeight));
    }

    private static @Nullable Expr perChannel(Backward n, int result, Expr input) {
        return n.hasGrad(result) ? perChannel(n.grad(result), input) : null;
    }
}
