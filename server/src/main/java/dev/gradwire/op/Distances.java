package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Distances of all pairs of vectors. */
final class Distances {
    private Distances() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("cdist(Tensor x1, Tensor x2, float p=2, int? compute_mode=None) -> Tensor")
                        .doc("p-norms of the differences of each row of x1 and each row of x2")
                        .composite(n -> List.of(
                                n.call("_cdist_forward", n.arg("x1"), n.arg("x2"), n.raw("p"), n.raw("compute_mode"))))
                        .samples("float64[2, 3], float64[4, 3]"),
                operator("_cdist_forward(Tensor x1, Tensor x2, float p, int? compute_mode) -> Tensor")
                        .doc("p-norms of the differences of each row of x1 and each row of x2")
                        .gradFn("CdistBackward0")
                        .types(one(Distances::allPairs))
                        .vjp(List.of("x1", "x2"), Distances::back)
                        .decompose(n -> differences(n).call("_norm", n.number("p"), new long[] {-1}, false))
                        .samples(
                                "float64[2, 3], float64[4, 3], 2.0, None",
                                "float64[2, 1, 3], float64[2, 3], 1.0, None",
                                "float64[2, 3], float64[1, 3], 3.0, 1",
                                "float64[2, 3], float64[2, 3], inf, None",
                                "float64[0, 3], float64[2, 3], 1.5, None"),
                operator("pdist(Tensor self, float p=2) -> Tensor")
                        .doc("p-norms of the differences of all pairs of rows")
                        .composite(n -> List.of(n.arg("self").call("_pdist_forward", n.raw("p"))))
                        .samples("float64[3, 2]"),
                operator("_pdist_forward(Tensor self, float p=2) -> Tensor")
                        .doc("p-norms of the differences of all pairs of rows")
                        .gradFn("PdistBackward0")
                        .types(one(Distances::pairs))
                        .vjp("self", n -> {
                            Expr self = n.arg("self");
                            Expr back = slopes(n, pairDifferences(n));
                            return self.zerosLike()
                                    .call("index_add", 0, pairRows(n, 0), back)
                                    .call("index_add", 0, pairRows(n, 1), back.neg());
                        })
                        .decompose(n -> pairDifferences(n).call("_norm", n.number("p"), new long[] {-1}, false))
                        .samples("float64[3, 2]", "float64[4, 2], 1.0", "float64[3, 2], 3.0"));
    }

    private static TensorType allPairs(Call call) {
        Require.floating(call, "x1");
        Require.sameDtype(call, "x1", "x2");
        requireOrder(call);
        Shape a = call.shape("x1");
        Shape b = call.shape("x2");
        if (a.rank() < 2 || b.rank() < 2 || a.dim(a.rank() - 1) != b.dim(b.rank() - 1)) {
            throw Require.shape("x2", "has shape " + b + ", but must have rows as long as those of x1, of shape " + a);
        }
        Shape batch = Shape.broadcast(batch(a), batch(b))
                .orElseThrow(() -> Require.shape("x2", "has shape " + b + ", which does not broadcast with " + a));
        return call.type("x1").withShape(Matmul.with(batch, a.dim(a.rank() - 2), b.dim(b.rank() - 2)));
    }

    private static Shape batch(Shape shape) {
        return Shape.of(LongStream.of(shape.dims()).limit(shape.rank() - 2L).toArray());
    }

    private static TensorType pairs(Call call) {
        Require.floating(call, "self");
        Require.rank(call, "self", 2);
        requireOrder(call);
        long rows = call.shape("self").dim(0);
        long pairs = rows % 2 == 0
                ? Math.multiplyExact(rows / 2, Math.max(rows - 1, 0))
                : Math.multiplyExact(rows, (rows - 1) / 2);
        return call.type("self").withShape(Shape.of(pairs));
    }

    private static void requireOrder(Call call) {
        Require.that(call.number("p") >= 0, "p", "must not be negative, but is " + call.number("p"));
    }

    private static Expr differences(Args n) {
        return n.arg("x1").unsqueeze(-2).sub(n.arg("x2").unsqueeze(-3));
    }

    private static List<@Nullable Expr> back(Backward n) {
        Expr back = slopes(n, differences(n));
        return Arrays.asList(back.sum(-2), back.sum(-3).neg());
    }

    private static Expr pairRows(Args n, int which) {
        long rows = n.shape("self").dim(0);
        return n.call("triu_indices", rows, rows, 1).select(0, which);
    }

    private static Expr pairDifferences(Args n) {
        Expr self = n.arg("self");
        return self.call("index_select", 0, pairRows(n, 0)).sub(self.call("index_select", 0, pairRows(n, 1)));
    }

    /** The cotangent of each difference; 0 where a distance is 0. For the maximum, all that reach it count whole. */
    private static Expr slopes(Backward n, Expr d) {
        double p = n.number("p");
        Expr grad = n.grad().unsqueeze(-1);
        if (p == 0) {
            return d.zerosLike();
        }
        if (p == 1) {
            return d.sign().mul(grad);
        }
        Expr distance = n.result().unsqueeze(-1);
        Expr known = distance.ne(0);
        Expr safe = known.where(distance, 1.0);
        Expr masked = grad.maskedBy(known);
        if (p == 2) {
            return d.div(safe).mul(masked);
        }
        if (Double.isInfinite(p)) {
            return d.sign().mul(grad).maskedBy(d.abs().eq(distance));
        }
        if (p > 2) {
            return d.mul(d.abs().pow(p - 2)).mul(masked.div(safe.pow(p - 1)));
        }
        Expr apart = d.ne(0);
        Expr size = apart.where(d.abs(), 1.0).pow(p - 1).maskedBy(apart);
        return d.sign().mul(size).mul(masked.div(safe.pow(p - 1)));
    }
}
