package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Scaled dot product attention: softmax(query · keyᵀ · scale + mask) · value.
 *
 * <p>Large calls go to the library's kernel and its derivative, which never hold the matrix of weights but compute it
 * twice, tile by tile. Small ones are taken apart: the weights of the forward pass then serve the backward pass, which is
 * faster as long as they are few (forward and backward of 8 · 8 heads of 128 × 128 in 6 ms instead of 7.6).
 */
final class Attention {
    private static final String FUSED = "_scaled_dot_product_flash_attention_for_cpu";
    private static final String FUSED_BACKWARD = FUSED + "_backward";

    /** Of the matrix of weights; what a core has at hand without going to memory, about. */
    private static final long LARGE_BYTES = 1 << 20;

    private Attention() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None,"
                                + " float dropout_p=0.0, bool is_causal=False, *, float? scale=None,"
                                + " bool enable_gqa=False" + RandomFactories.GENERATOR + ") -> Tensor")
                        .doc("softmax(query · keyᵀ · scale + attn_mask) · value, scale 1 / √E by default; a part"
                                + " dropout_p of the softmax is dropped, whether training or not")
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
                            Expr output = weights(scores).matmul(shared(n, "value"));
                            return List.of(output, scores.call("logsumexp", new long[] {-1}));
                        })
                        .loops(Attention::isLarge, AttentionByRows::forward)
                        .kernelWhere(FUSED, Attention::isLarge)
                        .flops(Attention::flops)
                        .samples(
                                "float64[1, 2, 3, 4], float64[1, 2, 5, 4], float64[1, 2, 5, 4]",
                                "float64[2, 1, 3, 2], float64[2, 1, 3, 2], float64[2, 1, 3, 2], 0.0, True",
                                "float64[1, 4, 2, 2], float64[1, 2, 3, 2], float64[1, 2, 3, 2]"),
                operator(FUSED_BACKWARD
                                + "(Tensor grad_out, Tensor query, Tensor key, Tensor value, Tensor out,"
                                + " Tensor logsumexp, float dropout_p, bool is_causal, *, Tensor? attn_mask=None,"
                                + " float? scale=None) -> (Tensor grad_query, Tensor grad_key, Tensor grad_value)")
                        .doc("the cotangents of attention's query, key and value")
                        .gradFn("NotImplemented")
                        .types(Attention::backwardTypes)
                        .vjp(List.of("grad_out", "query", "key", "value"), Attention::backTwice)
                        .zeroVjp("out", "logsumexp")
                        .decomposeAll(n -> back(n, n.arg("grad_out")))
                        .loops(Attention::isLarge, AttentionByRows::backward)
                        .kernelWhere(FUSED_BACKWARD, Attention::isLarge)
                        .flops(call -> Math.multiplyExact(2, flops(call)))
                        .internal()
                        .samples("float64[1, 2, 3, 4], float64[1, 2, 3, 4], float64[1, 2, 5, 4], float64[1, 2, 5, 4],"
                                + " float64[1, 2, 3, 4], float64[1, 2, 3], 0.0, False, scale=0.7"));
    }

    private static Expr attention(Args n) {
        Distributions.requireProbability(n.call(), "dropout_p");
        Require.rank(n.call(), "query", 2, 3, 4, 5);
        Require.floating(n.call(), "query");
        Require.sameDtype(n.call(), "query", "key", "value");
        Expr query = n.arg("query");
        Expr key = n.arg("key");
        Expr value = n.arg("value");
        boolean withoutHeads = query.rank() == 3 && key.rank() == 3 && value.rank() == 3;
        return withoutHeads
                ? attention(n, query.unsqueeze(0), key.unsqueeze(0), value.unsqueeze(0))
                        .squeeze(0)
                : attention(n, query, key, value);
    }

    private static Expr attention(Args n, Expr query, Expr key, Expr value) {
        if (isFused(n, query, key, value)) {
            return query.callNamed(
                    FUSED,
                    Map.of("attn_mask", mask(n, query, key), "scale", n.raw("scale")),
                    key,
                    value,
                    0.0,
                    n.raw("is_causal"));
        }
        long heads = n.bool("enable_gqa") && query.rank() > 2 ? query.size(-3) : 0;
        return product(n, query, repeated("key", key, heads), repeated("value", value, heads));
    }

    /**
     * What PyTorch's fused kernel takes: one size of heads, and no mask that may have a derivative, which are those of
     * floating point.
     */
    private static boolean isFused(Args n, Expr query, Expr key, Expr value) {
        boolean images = query.rank() == 4 && key.rank() == 4 && value.rank() == 4;
        return images
                && n.number("dropout_p") == 0
                && query.size(0) == key.size(0)
                && query.size(0) == value.size(0)
                && key.size(1) == value.size(1)
                && (n.bool("enable_gqa") || query.size(1) == key.size(1))
                && key.size(3) == query.size(3)
                && value.size(3) == query.size(3)
                && query.shape().elements() > 0
                && key.shape().elements() > 0
                && (!n.has("attn_mask") || n.type("attn_mask").dtype() == DType.BOOL);
    }

    /** Heads that several queries share; {@code heads} is how many there are to be, 0 for as many as there are. */
    private static Expr repeated(String parameter, Expr tensor, long heads) {
        long own = tensor.rank() < 3 ? heads : tensor.size(-3);
        if (heads == 0 || own == heads) {
            return tensor;
        }
        if (own == 0 || heads % own != 0) {
            throw Require.shape(parameter, "has " + own + " heads, which do not divide the query's " + heads);
        }
        return tensor.call("repeat_interleave", heads / own, -3);
    }

    /** The same from simpler parts, query and key each scaled by the root; half precision computes in float32. */
    private static Expr product(Args n, Expr query, Expr key, Expr value) {
        DType dtype = query.dtype();
        DType compute = dtype.sizeInBytes() == 2 ? DType.FLOAT32 : dtype;
        double scale = scale(n);
        double root = Math.sqrt(Math.abs(scale));
        Expr scores = query.to(compute)
                .call("mul.Scalar", Math.copySign(root, scale))
                .matmul(Products.transposed(key.to(compute)).call("mul.Scalar", root));
        return dropped(n, weights(masked(n, scores))).matmul(value.to(compute)).to(dtype);
    }

    private static Expr dropped(Args n, Expr weights) {
        return weights.callNamed(
                "dropout", Map.of(GraphBuilder.GENERATOR, n.raw(GraphBuilder.GENERATOR)), n.number("dropout_p"), true);
    }

    private static double scale(Args n) {
        long size = n.shape("query").dim(n.rank("query") - 1);
        return n.has("scale") ? n.number("scale") : 1 / Math.sqrt((double) size);
    }

    private static Expr scores(Args n) {
        Expr products = n.arg("query").matmul(Products.transposed(shared(n, "key")));
        return masked(n, products.mul(scale(n)));
    }

    /** Keys or values with a head for each of the query's. */
    private static Expr shared(Args n, String parameter) {
        return repeated(parameter, n.arg(parameter), n.shape("query").dim(1));
    }

    /** The sum over the queries that share a head. */
    private static Expr unshared(Args n, String parameter, Expr back) {
        Shape own = n.shape(parameter);
        return own.equals(back.shape())
                ? back
                : back.reshape(own.withDim(1, back.size(1) / own.dim(1)).insertDim(1, own.dim(1)))
                        .sum(2);
    }

    /** A mask is added: −∞ where a boolean one is false. */
    private static Expr masked(Args n, Expr scores) {
        Expr masked = scores;
        if (n.has("attn_mask")) {
            Expr mask = n.arg("attn_mask");
            // As PyTorch does where an input without heads gets one for the time
            for (int rank = mask.rank(); n.rank("query") == 3 && scores.rank() == 4 && rank < 4; rank++) {
                mask = mask.unsqueeze(0);
            }
            masked = masked.add(mask.dtype() == DType.BOOL ? additive(mask, scores.dtype()) : mask);
        }
        if (n.bool("is_causal")) {
            Require.that(!n.has("attn_mask"), "is_causal", "must be false where there is a mask");
            Expr rows = n.call("arange", scores.size(-2)).unsqueeze(-1);
            masked = masked.add(additive(rows.ge(n.call("arange", scores.size(-1))), scores.dtype()));
        }
        return masked;
    }

    private static Expr additive(Expr mask, DType dtype) {
        return mask.where(0.0, Double.NEGATIVE_INFINITY).to(dtype);
    }

    private static Expr weights(Expr scores) {
        return scores.call("_safe_softmax", -1);
    }

    private static List<@Nullable Expr> back(Backward n) {
        if (!n.hasGrad(0)) {
            return Arrays.asList(null, null, null);
        }
        if (!isLarge(n.call())) {
            return List.copyOf(back(n, n.grad()));
        }
        return List.copyOf(n.grad()
                .callsNamed(
                        FUSED_BACKWARD,
                        Map.of("attn_mask", n.raw("attn_mask"), "scale", n.raw("scale")),
                        n.arg("query"),
                        n.arg("key"),
                        n.arg("value"),
                        n.result(0),
                        n.result(1),
                        0.0,
                        n.raw("is_causal")));
    }

    /**
     * With P the weights and s the scale: gV = Pᵀ · g, gS = P ∘ (W − Σ W ∘ P) for W = g · Vᵀ, gQ = s · gS · K,
     * gK = s · gSᵀ · Q.
     */
    private static List<Expr> back(Args n, Expr g) {
        Expr p = weights(scores(n));
        Expr toWeights = g.matmul(Products.transposed(shared(n, "value")));
        Expr toScores = toScores(toWeights, p).mul(scale(n));
        return List.of(
                toScores.matmul(shared(n, "key")),
                unshared(n, "key", Products.transposed(toScores).matmul(n.arg("query"))),
                unshared(n, "value", Products.transposed(p).matmul(g)));
    }

    private static Expr toScores(Expr toWeights, Expr weights) {
        return toWeights.call("_softmax_backward_data", weights, -1, weights.dtype());
    }

    /**
     * With a, b, c the cotangents of gQ, gK, gV, and J the derivative of softmax, which is symmetric: what flows to gS is
     * t = s · (a · Kᵀ + Q · bᵀ), to W therefore w = J · t, and to P both g · cᵀ and t ∘ (W − Σ W ∘ P) − W · Σ t ∘ P.
     */
    private static List<@Nullable Expr> backTwice(Backward n) {
        double scale = scale(n);
        Expr g = n.arg("grad_out");
        Expr q = n.arg("query");
        Expr k = n.arg("key");
        Expr v = n.arg("value");
        Expr p = weights(scores(n));
        Expr w = g.matmul(Products.transposed(v));
        Expr gs = toScores(w, p);
        Expr t = n.grad(0)
                .matmul(Products.transposed(k))
                .add(q.matmul(Products.transposed(n.grad(1))))
                .mul(scale);
        Expr toW = toScores(t, p);
        Expr toP = g.matmul(Products.transposed(n.grad(2)))
                .add(t.mul(w.sub(rowSum(w.mul(p)))))
                .sub(w.mul(rowSum(t.mul(p))));
        Expr toS = toScores(toP, p).mul(scale);
        Expr scaled = gs.mul(scale);
        return Arrays.asList(
                p.matmul(n.grad(2)).add(toW.matmul(v)),
                scaled.matmul(n.grad(1)).add(toS.matmul(k)),
                Products.transposed(scaled)
                        .matmul(n.grad(0))
                        .add(Products.transposed(toS).matmul(q)),
                Products.transposed(toW).matmul(g));
    }

    private static Expr rowSum(Expr scores) {
        return scores.call("sum.dim_IntList", new long[] {-1}, true);
    }

    /** What the library's kernel takes, and does better than its parts. */
    private static boolean isLarge(Call call) {
        Shape query = call.shape("query");
        Shape key = call.shape("key");
        DType dtype = call.type("query").dtype();
        boolean fits = (dtype == DType.FLOAT32 || dtype == DType.FLOAT64)
                && query.dim(1) == key.dim(1)
                && query.elements() > 0
                && key.elements() > 0;
        if (call.has("attn_mask")) {
            int rank = call.shape("attn_mask").rank();
            fits = fits && call.type("attn_mask").dtype() == dtype && (rank == 2 || rank == 4);
        }
        return fits && isLarge(query, key, dtype);
    }

    private static boolean isLarge(Shape query, Shape key, DType dtype) {
        return (double) query.withoutDim(3).elements() * key.dim(2) * dtype.sizeInBytes() > LARGE_BYTES;
    }

    /** The mask as it is added, for the kernel that takes no other. */
    private static Argument mask(Args n, Expr query, Expr key) {
        Argument mask = n.raw("attn_mask");
        return mask instanceof Value value
                        && value.type().dtype() == DType.BOOL
                        && isLarge(query.shape(), key.shape(), query.dtype())
                ? additive(n.arg("attn_mask"), query.dtype()).value()
                : mask;
    }

    private static List<TensorType> backwardTypes(Call call) {
        List<TensorType> forward = types(call);
        Require.sameDtype(call, "query", "grad_out", "out", "logsumexp");
        Require.shape(call, "grad_out", call.shape("query"), "that of query");
        Require.shape(call, "out", call.shape("query"), "that of query");
        Require.shape(call, "logsumexp", forward.get(1).shape(), "query's without its last dimension");
        return List.of(call.type("query"), call.type("key"), call.type("value"));
    }

    private static List<TensorType> types(Call call) {
        for (String operand : List.of("query", "key", "value")) {
            Require.rank(call, operand, 4);
        }
        Require.floating(call, "query");
        Require.sameDtype(call, "query", "key", "value");
        Require.that(
                call.number("dropout_p") == 0,
                "dropout_p",
                "must be 0, as for PyTorch's kernel of this name on the CPU");
        Shape query = call.shape("query");
        long heads = call.shape("key").dim(1);
        Shape key = Shape.of(query.dim(0), heads, call.shape("key").dim(2), query.dim(3));
        Require.shape(call, "key", key, "query's batch and size");
        Require.that(
                heads > 0 && query.dim(1) % heads == 0,
                "key",
                "has " + heads + " heads, which do not divide the query's " + query.dim(1));
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

    static long flops(Call call) {
        return Math.multiplyExact(
                4,
                Math.multiplyExact(
                        call.shape("query").elements(), call.shape("key").dim(2)));
    }
}
