package dev.gradwire.op;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Reductions and what is made of them, written so that fused loops do them in one or two passes over rows of contiguous
 * elements.
 */
final class InLoops {
    private InLoops() {}

    /** Whether loops compute in a dtype as it is. */
    private static boolean isLooped(TensorType type) {
        boolean computed = type.dtype() == DType.FLOAT32 || type.dtype() == DType.FLOAT64;
        return computed && type.shape().elements() > 0;
    }

    /** Whether a parameter {@code dim} is the last dimension of another one, sizes of 1 aside. */
    static boolean alongLast(Call call, String tensor) {
        TensorType type = call.type(tensor);
        if (!isLooped(type) || type.rank() == 0) {
            return false;
        }
        for (int i = Dims.normalize(call, "dim", type.rank()) + 1; i < type.rank(); i++) {
            if (type.shape().dim(i) != 1) {
                return false;
            }
        }
        return true;
    }

    /** exp(x − max x) / Σ exp(x − max x) */
    static List<Expr> softmax(Args n) {
        Expr powers = centred(n).exp();
        return List.of(powers.div(powers.sumKeepingDims(dim(n, "self"))));
    }

    /** x − max x − log Σ exp(x − max x) */
    static List<Expr> logSoftmax(Args n) {
        Expr centred = centred(n);
        return List.of(centred.sub(centred.exp().sumKeepingDims(dim(n, "self")).log()));
    }

    private static Expr centred(Args n) {
        return n.arg("self").sub(n.arg("self").call("amax", new long[] {dim(n, "self")}, true));
    }

    private static int dim(Args n, String tensor) {
        return n.dim("dim", n.rank(tensor));
    }

    /** y (g − Σ g y) */
    static List<Expr> softmaxBackward(Args n) {
        Expr scaled = n.arg("grad_output").mul(n.arg("output"));
        Expr total = scaled.sumKeepingDims(dim(n, "output"));
        return List.of(n.arg("output").mul(n.arg("grad_output").sub(total)));
    }

    /** g − e^y Σ g */
    static List<Expr> logSoftmaxBackward(Args n) {
        Expr grad = n.arg("grad_output");
        return List.of(grad.sub(n.arg("output").exp().mul(grad.sumKeepingDims(dim(n, "output")))));
    }

    /** Whether a layer norm is of one dtype throughout. */
    static boolean isLayerNorm(Call call) {
        return isLooped(call.type("input"))
                && Normalization.statistics(call) == call.type("input").dtype();
    }

    /** The result, the mean and 1 / √(variance + eps), in two passes over each sample. */
    static List<Expr> layerNorm(Args n) {
        Expr input = n.arg("input");
        long[] dims = Normalization.innerDims(n.call());
        double count = count(input, dims);
        Expr mean = input.sumKeepingDims(dims).div(count);
        Expr centred = input.sub(mean);
        Expr rstd = centred.square()
                .sumKeepingDims(dims)
                .div(count)
                .add(n.number("eps"))
                .rsqrt();
        Expr result = centred.mul(rstd);
        result = n.has("weight") ? result.mul(n.arg("weight")) : result;
        return List.of(n.has("bias") ? result.add(n.arg("bias")) : result, mean, rstd);
    }

    private static double count(Expr tensor, long[] dims) {
        double count = 1;
        for (long dim : dims) {
            count *= tensor.size((int) dim);
        }
        return count;
    }

    /** With x̂ the normalized input and h = g · weight: rstd (h − mean h − x̂ mean(h x̂)), Σ g x̂, Σ g. */
    static List<Expr> layerNormBackward(Args n) {
        Expr grad = n.arg("grad_out");
        Expr input = n.arg("input");
        Expr normalized = input.sub(n.arg("mean")).mul(n.arg("rstd"));
        long[] inner = Normalization.innerDims(n.call());
        long[] outer = LongStream.range(0, input.rank() - inner.length).toArray();
        double count = count(input, inner);
        Expr scaled = n.has("weight") ? grad.mul(n.arg("weight")) : grad;
        Expr along = normalized.mul(scaled.mul(normalized).sumKeepingDims(inner).div(count));
        Expr toInput =
                scaled.sub(scaled.sumKeepingDims(inner).div(count)).sub(along).mul(n.arg("rstd"));
        Shape learned = Shape.of(n.call().ints("normalized_shape"));
        List<Expr> all = List.of(toInput, total(grad.mul(normalized), outer, learned), total(grad, outer, learned));
        return masked(n, all);
    }

    private static Expr total(Expr each, long[] outer, Shape learned) {
        return outer.length == 0 ? each : each.sum(outer).reshape(learned);
    }

    private static List<Expr> masked(Args n, List<Expr> all) {
        TensorType none = n.type("input").withShape(Shape.of(0));
        List<Boolean> mask = n.call().items("output_mask").stream()
                .map(item -> ((Argument.Bool) item).value())
                .toList();
        return IntStream.range(0, all.size())
                .mapToObj(i -> mask.get(i) ? all.get(i) : all.getFirst().full(none, 0))
                .toList();
    }

    /** Whether a product has one number for each column added to it. */
    static boolean isBiased(Call call) {
        TensorType bias = call.type("self");
        return isLooped(bias)
                && bias.rank() == 1
                && isOne(call.arg("beta"))
                && isOne(call.arg("alpha"))
                && bias.dtype() == call.type("mat1").dtype();
    }

    private static boolean isOne(Argument number) {
        return number.equals(new Argument.Int(1)) || number.equals(new Argument.Float(1));
    }

    /** The bias is added by the loop that reads the product, which often does more than that. */
    static List<Expr> biased(Args n) {
        return List.of(n.arg("mat1").mm(n.arg("mat2")).add(n.arg("self")));
    }

    /** Whether a mean is of floating point and stays so. */
    static boolean isMean(Call call) {
        return isLooped(call.type("self"))
                && Reductions.floating(call) == call.type("self").dtype();
    }

    static List<Expr> mean(Args n) {
        Expr self = n.arg("self");
        boolean keepdim = n.call().op().canonical().indexOf("keepdim") >= 0 && n.bool("keepdim");
        Expr sum = self.call("sum.dim_IntList", n.dims("dim", "self"), keepdim);
        return List.of(sum.div(Reductions.count(n)));
    }

    /** Scores of a batch; what is no class of a target has been refused by the loss itself. */
    static boolean isBatchOfScores(Call call) {
        return isLooped(call.type("self"))
                && call.type("self").rank() == 2
                && call.type("target").rank() == 1;
    }

    /** −weight g where a class is the target, divided by the total weight for a mean; else 0. */
    static List<Expr> nllBackward(Args n) {
        Expr target = n.arg("target").unsqueeze(1);
        Expr classes = n.call("arange", n.arg("self").size(1));
        Expr hit = target.eq(classes);
        long ignored = n.integer("ignore_index");
        if (ignored >= 0 && ignored < n.arg("self").size(1)) {
            hit = hit.and(target.ne(ignored));
        }
        Expr grad = n.arg("grad_output").neg();
        grad = n.integer("reduction") == Loss.MEAN ? grad.div(n.arg("total_weight")) : grad;
        grad = n.integer("reduction") == Loss.NONE ? grad.unsqueeze(1) : grad;
        grad = n.has("weight") ? grad.mul(n.arg("weight")) : grad;
        return List.of(hit.where(grad, 0.0));
    }
}
