package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;

/** Rows of a table by index. */
final class Embedding {
    private Embedding() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("embedding(Tensor weight, Tensor indices, int padding_idx=-1, bool scale_grad_by_freq=False,"
                                + " bool sparse=False) -> Tensor")
                        .doc("weight[indices]; the row padding_idx gets no gradient, and gradients are always dense")
                        .gradFn("EmbeddingBackward0")
                        .types(one(Embedding::rows))
                        .vjp(
                                "weight",
                                n -> n.grad()
                                        .call(
                                                "embedding_dense_backward",
                                                n.arg("indices"),
                                                n.shape("weight").dim(0),
                                                n.raw("padding_idx"),
                                                n.raw("scale_grad_by_freq")))
                        .batch(IndexBatching::rows)
                        .kernel("embedding")
                        .samples(
                                "float64[4, 2], int64[2, 3]{0..3}",
                                "float64[4, 2], int64[]{0..3}",
                                "float64[3, 1], int64[0]{0..2}"),
                operator(
                                "embedding_dense_backward(Tensor grad_output, Tensor indices, int num_weights, int padding_idx,"
                                        + " bool scale_grad_by_freq) -> Tensor")
                        .doc("grad_output's rows added up in the rows that indices name")
                        .gradFn("EmbeddingDenseBackwardBackward0")
                        .types(one(Embedding::table))
                        .vjp("grad_output", Embedding::rowsOf)
                        .batch(IndexBatching::table)
                        .kernel("embedding_dense_backward")
                        .samples(
                                "float64[2, 3, 2], int64[2, 3]{0..3}, 4, -1, False",
                                "float64[2], int64[]{0..3}, 4, 0, False"));
    }

    private static TensorType rows(Call call) {
        Require.rank(call, "weight", 2);
        Require.index(call, "indices", DType.INT64, DType.INT32);
        TensorType weight = call.type("weight");
        return weight.withShape(
                Matmul.with(call.shape("indices"), weight.shape().dim(1)));
    }

    private static TensorType table(Call call) {
        Require.floating(call, "grad_output");
        Require.index(call, "indices", DType.INT64, DType.INT32);
        Shape indices = call.shape("indices");
        Shape grad = call.shape("grad_output");
        if (grad.rank() != indices.rank() + 1
                || !grad.withoutDim(indices.rank()).equals(indices)) {
            throw Require.shape("grad_output", "has shape " + grad + ", but must be one row for each of " + indices);
        }
        long rows = call.integer("num_weights");
        Require.that(rows >= 0, "num_weights", "must not be negative, but is " + rows);
        return call.type("grad_output").withShape(Shape.of(rows, grad.dim(indices.rank())));
    }

    /** As PyTorch: without the scaling by frequency. */
    private static Expr rowsOf(Backward n) {
        Expr rows = n.grad().call("embedding", n.arg("indices"));
        if (n.integer("padding_idx") < 0) {
            return rows;
        }
        return rows.call(
                "masked_fill", n.arg("indices").eq(n.raw("padding_idx")).unsqueeze(-1), 0.0);
    }
}
