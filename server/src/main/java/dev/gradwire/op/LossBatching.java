package dev.gradwire.op;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Batching rules of {@code nll_loss} and its derivative: by gathering the scores of the targets, with the same result. */
final class LossBatching {
    private final Batching n;
    /** [batch, samples, …]. */
    private final Expr target;

    private final Expr ignored;
    /** The weight of each target's class, 0 where it is ignored. */
    private final Expr weights;

    private LossBatching(Batching n) {
        this.n = n;
        Shape places = n.rank("self") == 1 ? Shape.of(1) : n.shape("target");
        Expr given = n.each("target").to(DType.INT64).reshape(n.withBatch(places));
        ignored = given.eq(n.raw("ignore_index"));
        target = ignored.where(0, given);
        DType dtype = n.type("self").dtype();
        Expr each = n.has("weight")
                ? n.each("weight").call("gather", 1, Batch.flat(n, target)).reshape(target.shape())
                : n.full(n.type("self").withShape(target.shape()), 1);
        weights = ignored.where(0.0, each).to(dtype);
    }

    /** Scores as [batch, samples, classes, …]. */
    private Expr scores() {
        Expr self = n.each("self");
        return n.rank("self") == 1 ? self.unsqueeze(1) : self;
    }

    static List<Expr> forward(Batching n) {
        LossBatching loss = new LossBatching(n);
        Expr picked = loss.scores().call("gather", 2, loss.target.unsqueeze(2)).squeeze(2);
        Expr each = loss.ignored.where(0.0, picked.mul(loss.weights).neg()).to(picked.dtype());
        Expr total = Batch.flat(n, loss.weights).sum(1);
        if (Loss.reduction(n.call()) == Loss.NONE) {
            // The library knows a total for one sample without a batch, whatever the reduction.
            return List.of(n.shaped(each, 0), n.rank("self") == 1 ? total : n.fill(n.result(1), 0));
        }
        Expr sum = Batch.flat(n, each).sum(1);
        return List.of(Loss.reduction(n.call()) == Loss.MEAN ? sum.div(total) : sum, total);
    }

    static List<Expr> backward(Batching n) {
        LossBatching loss = new LossBatching(n);
        Expr grad = n.each("grad_output");
        long reduction = Loss.reduction(n.call());
        if (reduction == Loss.MEAN) {
            grad = grad.div(n.each("total_weight"));
        }
        if (reduction != Loss.NONE) {
            long[] alone = new long[loss.target.rank()];
            Arrays.fill(alone, 1);
            alone[0] = n.size();
            grad = grad.reshape(alone);
        } else {
            grad = grad.reshape(loss.target.shape());
        }
        Expr slopes = loss.ignored.where(0.0, grad.mul(loss.weights).neg()).to(grad.dtype());
        Expr zeros = n.full(n.type("self").withShape(loss.scores().shape()), 0);
        Expr placed = zeros.call("scatter", 2, loss.target.unsqueeze(2), slopes.unsqueeze(2));
        return List.of(n.shaped(placed, 0));
    }

    // multilabel_margin_loss: without a reduction each sample is for itself

    static List<Expr> multiLabel(Batching n) {
        boolean single = n.rank("self") < 2;
        List<Expr> each =
                n.again(Map.of("self", samples(n, "self"), "target", samples(n, "target"), "reduction", Loss.NONE));
        Expr losses = each.getFirst();
        Expr targets = n.shaped(each.get(1), 1);
        if (single || Loss.reduction(n.call()) == Loss.NONE) {
            return List.of(n.shaped(losses, 0), targets);
        }
        Expr rows = losses.reshape(n.size(), n.shape("self").dim(0));
        long[] dims = {1};
        Expr reduced = Loss.reduction(n.call()) == Loss.MEAN ? rows.call("mean", dims) : rows.sum(1);
        return List.of(n.shaped(reduced, 0), targets);
    }

    static List<Expr> multiLabelBackward(Batching n) {
        boolean single = n.rank("self") < 2;
        long samples = single ? 1 : n.shape("self").dim(0);
        Expr grad = n.each("grad_output");
        if (!single && Loss.reduction(n.call()) != Loss.NONE) {
            grad = grad.unsqueeze(1).expand(Shape.of(n.size(), samples));
            grad = Loss.reduction(n.call()) == Loss.MEAN ? grad.div((double) samples) : grad;
        }
        return List.of(n.shaped(
                n.again(Map.of(
                                "grad_output", grad.reshape(n.size() * samples),
                                "self", samples(n, "self"),
                                "target", samples(n, "target"),
                                "reduction", Loss.NONE,
                                "is_target", samples(n, "is_target")))
                        .getFirst(),
                0));
    }

    /** A row of scores, or what goes with them, for each sample of each element. */
    private static Expr samples(Batching n, String parameter) {
        Shape one = n.shape("self");
        long classes = one.rank() == 0 ? 1 : one.dim(one.rank() - 1);
        long samples = one.rank() < 2 ? 1 : one.dim(0);
        return n.each(parameter).reshape(n.size() * samples, classes);
    }
}
