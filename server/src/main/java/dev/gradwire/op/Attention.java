package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Scaled dot product attention: softmax(query · keyᵀ · scale + mask) · value. */
final class Attention {
    private static final String FUSED = "_scaled_dot_product_flash_attention_for_cpu";

    private Attention() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None,"
                                + " float dropout_p=0.0, bool is_causal=False, *, float? scale=None,"
                                + " bool enable_gqa=False) -> Tensor")
                        .doc("softmax(query · keyᵀ · scale + attn_mask) · value, scale 1 / √E by default")
                        .composite(n -> List.of(attention(n)))
                        .samples(
                                "float64[1, 2, 3, 2], float64[1, 2, 4, 2], float64[1, 2, 4, 3], float64[3, 4]",
                                "float64[2, 3, 2], float64[2, 3, 2], float64[2, 3, 2], None, 0.0, True, scale=0.7",
                                "float64[1, 4, 2, 2], float64[1, 2, 3, 2], float64[1, 2, 3, 2], enable_gqa=True"),
                operator(FUSED
                                + "(Tensor query, Tensor key, Tensor value, float dropout_p=0.0, bool is_causal=False, *,"
                                + " Tensor? attn_mask=None, float? scale=None) -> (Tensor output, Tensor logsumexp)")
                        .doc("attention over [N, heads, length, E], with log Σ exp of each row of scores")
                        .gradFn("ScaledDotProductFlashAttentionForCpuBackward0")
                        .types(Attention::types)
                        .notDifferentiable(1)
                        .vjp(List.of("query", "key", "value"), Attention::back)
                        .decomposeAll(n -> {
                            Expr scores = scores(n);
                            Expr output = weights(scores).matmul(n.arg("value"));
                            return List.of(output, scores.call("logsumexp", new long[] {-1}));
                        })
                        .flops(Attention::flops)
                        .samples(
                                "float64[1, 2, 3, 4], float64[1, 2, 5, 4], float64[1, 2, 5, 4]",
                                "float64[2, 1, 3, 2], float64[2, 1, 3, 2], float64[2, 1, 3, 2], 0.0, True"));
    }

    private static Expr attention(Args n) {
        Require.that(n.number("dropout_p") == 0, "dropout_p", "must be 0, as nothing is random yet");
        Require.rank(n.call(), "query", 2, 3, 4, 5);
        Require.sameDtype(n.call(), "query", "key", "value");
        if (n.rank("query") == 3 && n.rank("key") == 3 && n.rank("value") == 3 && isFused(n, null)) {
            return fused(
                            n,
                            n.arg("query").unsqueeze(0),
                            n.arg("key").unsqueeze(0),
                            n.arg("value").unsqueeze(0))
                    .squeeze(0);
        }
        return isFused(n, 4) ? fused(n, n.arg("query"), repeated(n, "key"), repeated(n, "value")) : product(n);
    }

    /**
     * What PyTorch's fused kernel takes: one size of heads, and no mask that may have a derivative, which are those of
     * floating point.
     */
    private static boolean isFused(Args n, @Nullable Integer rank) {
        Shape query = n.shape("query");
        Shape key = n.shape("key");
        Shape value = n.shape("value");
        boolean ranks = rank == null || query.rank() == rank && key.rank() == rank && value.rank() == rank;
        boolean batches = ranks && query.dim(0) == key.dim(0) && query.dim(0) == value.dim(0);
        long size = query.dim(query.rank() - 1);
        return batches
                && key.dim(key.rank() - 1) == size
                && value.dim(value.rank() - 1) == size
                && query.elements() > 0
                && key.elements() > 0
                && (!n.has("attn_mask") || n.type("attn_mask").dtype() == DType.BOOL);
    }

    private static Expr fused(Args n, Expr query, Expr key, Expr value) {
        return query.callNamed(
                FUSED,
                Map.of("attn_mask", n.raw("attn_mask"), "scale", n.raw("scale")),
                key,
                value,
                0.0,
                n.raw("is_causal"));
    }

    /** Heads that several queries share. */
    private static Expr repeated(Args n, String parameter) {
        Expr tensor = n.arg(parameter);
        Shape query = n.shape("query");
        if (!n.bool("enable_gqa") || query.rank() < 3 || tensor.rank() != query.rank()) {
            return tensor;
        }
        long heads = tensor.size(-3);
        long times = heads == 0 ? 1 : query.dim(query.rank() - 3) / heads;
        if (times * heads != query.dim(query.rank() - 3)) {
            throw Require.shape(
                    parameter, "has " + heads + " heads, which do not divide those of a query of shape " + query);
        }
        return times == 1 ? tensor : tensor.call("repeat_interleave", times, -3);
    }

    /** The same from simpler parts, query and key each scaled by the root. */
    private static Expr product(Args n) {
        Expr query = n.arg("query");
        Expr key = repeated(n, "key");
        Expr value = repeated(n, "value");
        double scale = scale(n);
        double root = Math.sqrt(Math.abs(scale));
        Expr scores = query.call("mul.Scalar", Math.copySign(root, scale))
                .matmul(Products.transposed(key).call("mul.Scalar", root));
        return weights(masked(n, scores)).matmul(value);
    }

    private static double scale(Args n) {
        long size = n.shape("query").dim(n.rank("query") - 1);
        return n.has("scale") ? n.number("scale") : 1 / Math.sqrt((double) size);
    }

    private static Expr scores(Args n) {
        Expr products = n.arg("query").matmul(Products.transposed(n.arg("key")));
        return masked(n, products.mul(scale(n)));
    }

    private static Expr masked(Args n, Expr scores) {
        Expr masked = scores;
        if (n.has("attn_mask")) {
            Expr mask = n.arg("attn_mask");
            masked = mask.dtype() == DType.BOOL ? mask.where(masked, Double.NEGATIVE_INFINITY) : masked.add(mask);
        }
        if (n.bool("is_causal")) {
            Require.that(!n.has("attn_mask"), "is_causal", "must be false where there is a mask");
            Expr rows = n.call("arange", scores.size(-2)).unsqueeze(-1);
            masked = rows.ge(n.call("arange", scores.size(-1))).where(masked, Double.NEGATIVE_INFINITY);
        }
        return masked;
    }

    private static Expr weights(Expr scores) {
        return scores.call("_safe_softmax", -1);
    }

    /** With P the weights: gV = Pᵀ · g, gS = P ∘ (gP − Σ gP ∘ P) for gP = g · Vᵀ, gQ = gS · K, gK = gSᵀ · Q. */
    private static List<@Nullable Expr> back(Backward n) {
        if (!n.hasGrad(0)) {
            return Arrays.asList(null, null, null);
        }
        Expr g = n.grad();
        Expr p = weights(scores(n));
        Expr toWeights = g.matmul(Products.transposed(n.arg("value")));
        Expr toScores =
                toWeights.call("_softmax_backward_data", p, -1, p.dtype()).mul(scale(n));
        return Arrays.asList(
                toScores.matmul(n.arg("key")),
                Products.transposed(toScores).matmul(n.arg("query")),
                Products.transposed(p).matmul(g));
    }

    private static List<TensorType> types(Call call) {
        for (String operand : List.of("query", "key", "value")) {
            Require.rank(call, operand, 4);
        }
        Require.floating(call, "query");
        Require.sameDtype(call, "query", "key", "value");
        Require.that(call.number("dropout_p") == 0, "dropout_p", "must be 0, as nothing is random yet");
        Shape query = call.shape("query");
        Shape key = Shape.of(query.dim(0), query.dim(1), call.shape("key").dim(2), query.dim(3));
        Require.shape(call, "key", key, "query's batch, heads and size");
        Require.shape(call, "value", key, "that of key");
        Shape scores = query.withDim(3, key.dim(2));
        boolean fits = !call.has("attn_mask")
                || Shape.broadcast(call.shape("attn_mask"), scores).equals(Optional.of(scores));
        if (!fits) {
            throw Require.shape(
                    "attn_mask", "has shape " + call.shape("attn_mask") + ", which does not expand to " + scores);
        }
        return List.of(call.type("query"), call.type("query").withShape(query.withoutDim(3)));
    }

    private static long flops(Call call) {
        return Math.multiplyExact(
                4,
                Math.multiplyExact(
                        call.shape("query").elements(), call.shape("key").dim(2)));
    }
}
