package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Normalization of groups of channels of each sample. */
final class GroupNormalization {
    private GroupNormalization() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("native_group_norm(Tensor input, Tensor? weight, Tensor? bias, int N, int C, int HxW,"
                                + " int group, float eps) -> (Tensor, Tensor, Tensor)")
                        .doc("group_norm of N samples with C channels of HxW elements, with mean and"
                                + " 1 / √(variance + eps)")
                        .gradFn("NativeGroupNormBackward0")
                        .types(GroupNormalization::types)
                        .vjp(Normalization.LEARNED, GroupNormalization::back)
                        .batch(NormalizationBatching::group)
                        .kernel("native_group_norm")
                        .samples(
                                "float64[2, 6, 3], float64[6], float64[6], 2, 6, 3, 2, 1e-5",
                                "float64[1, 2], None, float64[2], 1, 2, 1, 1, 0.5"),
                operator("group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None,"
                                + " float eps=1e-05, bool cudnn_enabled=True) -> Tensor")
                        .doc("(input − mean) / √(variance + eps) · weight + bias for groups of channels")
                        .composite(n -> List.of(groupNorm(n)))
                        .samples("float64[2, 4, 3], 2, float64[4], float64[4]"));
    }

    private static Expr groupNorm(Args n) {
        Shape shape = n.shape("input");
        if (shape.rank() < 2) {
            throw Require.shape("input", "must have a batch and channels, but has shape " + shape);
        }
        long places = 1;
        for (int dim = 2; dim < shape.rank(); dim++) {
            places = Math.multiplyExact(places, shape.dim(dim));
        }
        return n.calls(
                        "native_group_norm",
                        n.arg("input").call("contiguous"),
                        n.raw("weight"),
                        n.raw("bias"),
                        shape.dim(0),
                        shape.dim(1),
                        places,
                        n.raw("num_groups"),
                        n.raw("eps"))
                .getFirst();
    }

    private static List<TensorType> types(Call call) {
        Require.floating(call, "input");
        TensorType input = call.type("input");
        for (String size : List.of("N", "C", "HxW")) {
            Require.that(call.integer(size) >= 0, size, "must not be negative, but is " + call.integer(size));
        }
        long channels = call.integer("C");
        long groups = call.integer("group");
        Require.that(
                groups > 0 && channels % groups == 0,
                "group",
                "must divide the " + channels + " channels, but is " + groups);
        long elements = Math.multiplyExact(Math.multiplyExact(call.integer("N"), channels), call.integer("HxW"));
        if (elements != input.shape().elements()) {
            throw Require.shape("input", "has shape " + input.shape() + ", but must have " + elements + " elements");
        }
        for (String learned : List.of("weight", "bias")) {
            if (call.has(learned)) {
                Require.shape(call, learned, Shape.of(channels), "one for each channel");
            }
        }
        TensorType statistic = new TensorType(Normalization.statistics(call), Shape.of(call.integer("N"), groups));
        return List.of(input, statistic, statistic);
    }

    /**
     * With x̂ = (x − μ) · r over K elements: gx = r · (v − mean v − x̂ · mean(v · x̂)) for v = g · w, and through the
     * other two results gμ / K and −gr · r² · x̂ / K.
     */
    private static List<@Nullable Expr> back(Backward n) {
        long samples = n.integer("N");
        long groups = n.integer("group");
        long inGroup = n.integer("C") / groups;
        long places = n.integer("HxW");
        double count = (double) inGroup * places;
        Shape grouped = Shape.of(samples, groups, inGroup, places);
        Shape perGroup = Shape.of(samples, groups, 1, 1);
        Shape perChannel = Shape.of(1, groups, inGroup, 1);
        Expr r = n.result(2).reshape(perGroup);
        Expr xHat = n.arg("input")
                .reshape(grouped)
                .sub(n.result(1).reshape(perGroup))
                .mul(r);
        Expr toInput = null;
        Expr toWeight = null;
        Expr toBias = null;
        if (n.hasGrad(0)) {
            Expr g = n.grad().reshape(grouped);
            Expr v = n.has("weight") ? g.mul(n.arg("weight").reshape(perChannel)) : g;
            Expr along = xHat.mul(mean(v.mul(xHat), count));
            toInput = r.mul(v.sub(mean(v, count)).sub(along));
            toWeight = n.has("weight") ? channelSums(g.mul(xHat)) : null;
            toBias = n.has("bias") ? channelSums(g) : null;
        }
        if (n.hasGrad(1)) {
            toInput = plus(toInput, n.grad(1).reshape(perGroup).div(count));
        }
        if (n.hasGrad(2)) {
            Expr slope = n.grad(2).reshape(perGroup).mul(r.square()).div(-count);
            toInput = plus(toInput, xHat.mul(slope));
        }
        Expr back = toInput == null ? null : toInput.expand(grouped).reshape(n.shape("input"));
        return Arrays.asList(back, toWeight, toBias);
    }

    private static Expr mean(Expr v, double count) {
        return v.sumKeepingDims(2, 3).div(count);
    }

    private static Expr channelSums(Expr v) {
        return v.sum(0, 3).reshape(Math.multiplyExact(v.size(1), v.size(2)));
    }

    private static Expr plus(@Nullable Expr sum, Expr term) {
        return sum == null ? term : sum.add(term);
    }
}
