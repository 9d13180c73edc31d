package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import java.util.List;

/** Similarities and distances of vectors, and losses made of them; all are combinations, as in PyTorch. */
final class DistanceLosses {
    private DistanceLosses() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08) -> Tensor")
                        .doc("Σ x1 · x2 / (max(‖x1‖, eps) · max(‖x2‖, eps)) along dim")
                        .composite(n -> List.of(cosineSimilarity(n)))
                        .samples("float64[2, 3], float64[2, 3]", "float64[3], float64[2, 3], -1"),
                operator("pairwise_distance(Tensor x1, Tensor x2, float p=2, float eps=1e-06, bool keepdim=False)"
                                + " -> Tensor")
                        .doc("p-norm of x1 − x2 + eps along the last dimension")
                        .composite(n -> List.of(
                                distance(n.arg("x1"), n.arg("x2"), n.number("p"), n.number("eps"), n.bool("keepdim"))))
                        .complex()
                        .samples(
                                "float64[2, 3], float64[2, 3]",
                                "float64[3], float64[3], 3.0, 1e-6, True",
                                "complex128[2, 3], complex128[2, 3]"),
                operator("margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, float margin=0.0,"
                                + " int reduction=1) -> Tensor")
                        .doc("max(0, −target · (input1 − input2) + margin)")
                        .composite(n -> {
                            Expr difference = n.arg("input1").sub(n.arg("input2"));
                            Expr each = n.arg("target").neg().mul(difference).call("add.Scalar", n.raw("margin"));
                            return List.of(Loss.reduce(n, each.call("clamp_min", 0)));
                        })
                        .samples("float64[2, 3], float64[2, 3], float64[2, 3], 0.5"),
                operator(
                                "hinge_embedding_loss(Tensor self, Tensor target, float margin=1.0, int reduction=1) -> Tensor")
                        .doc("self where target is 1, max(0, margin − self) where it is −1")
                        .composite(n -> {
                            Expr self = n.arg("self");
                            Expr target = n.arg("target");
                            Expr apart = n.arg("margin").sub(self).call("clamp_min", 0);
                            Expr each = target.ne(1)
                                    .where(apart, self.zerosLike())
                                    .add(target.ne(-1).where(self, self.zerosLike()));
                            return List.of(Loss.reduce(n, each));
                        })
                        .samples("float64[2, 3], int64[2, 3]{1..1}", "float64[2, 3], int64[2, 3]{-1..-1}"),
                operator("cosine_embedding_loss(Tensor input1, Tensor input2, Tensor target, float margin=0.0,"
                                + " int reduction=1) -> Tensor")
                        .doc("1 − cos where target is 1, max(0, cos − margin) where it is −1")
                        .composite(n -> List.of(Loss.reduce(n, cosineEmbedding(n))))
                        .samples(
                                "float64[2, 3], float64[2, 3], int64[2]{1..1}",
                                "float64[3], float64[3], int64[]{-1..-1}, -1.0"),
                operator("triplet_margin_loss(Tensor anchor, Tensor positive, Tensor negative, float margin=1.0,"
                                + " float p=2, float eps=1e-06, bool swap=False, int reduction=1) -> Tensor")
                        .doc("max(0, margin + distance to positive − distance to negative); with swap the negative's"
                                + " distance is the lesser of those to anchor and positive")
                        .composite(n -> List.of(Loss.reduce(n, triplet(n))))
                        .complex()
                        .samples(
                                "float64[2, 3], float64[2, 3], float64[2, 3], 5.0, swap=True",
                                "complex128[2, 3], complex128[2, 3], complex128[2, 3], 5.0"));
    }

    /**
     * PyTorch clamps the norms behind autograd's back: where a norm is below eps, the value is that of eps and the
     * derivative that of the norm.
     */
    private static Expr cosineSimilarity(Args n) {
        Call call = n.call();
        DType dtype = Elementwise.resultType(call, List.of("x1", "x2"));
        Require.floating("x1", dtype);
        Shape shape = Elementwise.broadcast(call, List.of("x1", "x2"));
        int dim = n.dim("dim", shape.rank());
        double eps = n.number("eps");
        Expr product = normalized(floating(n, "x1", dtype), shape, dim, eps)
                .mul(normalized(floating(n, "x2", dtype), shape, dim, eps));
        return product.sum(dim);
    }

    private static Expr floating(Args n, String parameter, DType dtype) {
        return n.type(parameter).dtype().isFloating()
                ? n.arg(parameter)
                : n.arg(parameter).to(dtype);
    }

    private static Expr normalized(Expr vectors, Shape shape, int dim, double eps) {
        Expr expanded = vectors.expand(shape);
        Expr norm = expanded.call("linalg_vector_norm", 2, new long[] {dim}, true);
        Expr clamped = norm.call("clamp_min", eps);
        return expanded.div(norm.add(clamped.sub(norm).call("detach")));
    }

    private static Expr distance(Expr a, Expr b, double p, double eps, boolean keepdim) {
        Expr difference = a.sub(b).call("add.Scalar", eps);
        return difference.call("_norm", p, new long[] {difference.rank() - 1}, keepdim);
    }

    private static Expr cosineEmbedding(Args n) {
        int rank = n.rank("target");
        Require.rank(n.call(), "target", 0, 1);
        Require.rank(n.call(), "input1", rank + 1);
        Require.rank(n.call(), "input2", rank + 1);
        Expr a = n.arg("input1");
        Expr b = n.arg("input2");
        Expr squares = square(a, rank).mul(square(b, rank));
        Expr cos = a.mul(b).sum(rank).div(squares.sqrt());
        Expr apart = cos.call("sub.Scalar", n.raw("margin")).call("clamp_min", 0);
        Expr together = Expr.of(n.builder(), Expr.argument(1)).sub(cos);
        Expr zeros = cos.zerosLike();
        Expr target = n.arg("target");
        return target.eq(1).where(together, zeros).add(target.eq(-1).where(apart, zeros));
    }

    private static Expr square(Expr vectors, int dim) {
        return vectors.mul(vectors).sum(dim).call("add.Scalar", 1e-12);
    }

    private static Expr triplet(Args n) {
        double p = n.number("p");
        double eps = n.number("eps");
        Expr positive = n.arg("positive");
        Expr negative = n.arg("negative");
        Require.rank(n.call(), "positive", n.rank("anchor"));
        Require.rank(n.call(), "negative", n.rank("anchor"));
        Expr near = distance(n.arg("anchor"), positive, p, eps, false);
        Expr far = distance(n.arg("anchor"), negative, p, eps, false);
        if (n.bool("swap")) {
            far = far.call("minimum", distance(positive, negative, p, eps, false));
        }
        return near.call("add.Scalar", n.raw("margin")).sub(far).call("clamp_min", 0);
    }
}
