package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Map;

/**
 * Large attention as the planner writes it: with results as [N, length, heads, E], looked at as [N, heads, length, E].
 * Models turn them round again and join the heads, and the two turns cancel.
 */
final class AttentionByRows {
    private static final String FORWARD = "attention_by_rows";
    private static final String BACKWARD = FORWARD + "_backward";

    private AttentionByRows() {}

    static List<Declaration> declarations() {
        return List.of(
                operator(FORWARD + "(Tensor query, Tensor key, Tensor value, float dropout_p, bool is_causal, *,"
                                + " Tensor? attn_mask=None, float? scale=None) -> (Tensor output, Tensor logsumexp)")
                        .doc("attention over [N, heads, length, E], with a result of [N, length, heads, E]")
                        .types(call -> List.of(
                                turned(call.type("query")),
                                call.type("query").withShape(call.shape("query").withoutDim(3))))
                        .kernel(FORWARD)
                        .flops(Attention::flops)
                        .internal(),
                operator(BACKWARD + "(Tensor grad_out, Tensor query, Tensor key, Tensor value, Tensor out,"
                                + " Tensor logsumexp, float dropout_p, bool is_causal, *, Tensor? attn_mask=None,"
                                + " float? scale=None) -> (Tensor grad_query, Tensor grad_key, Tensor grad_value)")
                        .doc("the cotangents of attention's query, key and value as [N, length, heads, E]")
                        .types(call -> List.of(
                                turned(call.type("query")), turned(call.type("key")), turned(call.type("value"))))
                        .kernel(BACKWARD)
                        .flops(call -> Math.multiplyExact(2, Attention.flops(call)))
                        .internal());
    }

    private static TensorType turned(TensorType type) {
        Shape shape = type.shape();
        return type.withShape(shape.withDim(1, shape.dim(2)).withDim(2, shape.dim(1)));
    }

    static List<Expr> forward(Args n) {
        return turned(n.arg("query")
                .callsNamed(FORWARD, options(n), n.arg("key"), n.arg("value"), n.raw("dropout_p"), n.raw("is_causal")));
    }

    static List<Expr> backward(Args n) {
        return turned(n.arg("grad_out")
                .callsNamed(
                        BACKWARD,
                        options(n),
                        n.arg("query"),
                        n.arg("key"),
                        n.arg("value"),
                        n.arg("out"),
                        n.arg("logsumexp"),
                        n.raw("dropout_p"),
                        n.raw("is_causal")));
    }

    private static Map<String, Object> options(Args n) {
        return Map.of("attn_mask", n.raw("attn_mask"), "scale", n.raw("scale"));
    }

    private static List<Expr> turned(List<Expr> results) {
        return results.stream()
                .map(result -> result.rank() < 4 ? result : result.call("transpose", 1, 2))
                .toList();
    }
}
