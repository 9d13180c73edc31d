package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/** Losses of class scores against class indices or class probabilities. */
final class ClassLosses {
    private static final String PARAMETERS =
            "(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, int ignore_index=-100";

    private ClassLosses() {}

    static List<Declaration> declarations() {
        return List.of(
                forward("nll_loss_forward", "NllLossBackward0", "nll_loss_backward", 1),
                forward("nll_loss2d_forward", "NllLoss2DBackward0", "nll_loss2d_backward", 3),
                backward("nll_loss_backward", "NllLossBackwardBackward0", "nll_loss_forward", 1),
                backward("nll_loss2d_backward", "NllLoss2DBackwardBackward0", "nll_loss2d_forward", 3),
                operator("nll_loss" + PARAMETERS + ") -> Tensor")
                        .doc("−weight[target] · self[target], the mean weighted too")
                        .composite(n -> List.of(nll(n, n.arg("self"), n.arg("target"), "nll_loss_forward")))
                        .samples("float64[3, 4], int64[3]{0..3}"),
                operator("nll_loss2d" + PARAMETERS + ") -> Tensor")
                        .doc("nll_loss at each place of an image")
                        .composite(n -> List.of(nll(n, n.arg("self"), n.arg("target"), "nll_loss2d_forward")))
                        .samples("float64[2, 3, 1, 2], int64[2, 1, 2]{0..2}"),
                operator("nll_loss_nd" + PARAMETERS + ") -> Tensor")
                        .doc("nll_loss with classes in dimension 1 of a tensor of any rank")
                        .composite(n -> List.of(nllOfAnyRank(n, n.arg("self"))))
                        .samples("float64[2, 3, 2], int64[2, 2]{0..2}, None, 0"),
                operator("cross_entropy_loss" + PARAMETERS + ", float label_smoothing=0.0) -> Tensor")
                        .doc("nll_loss of log_softmax(self); target holds class indices, or probabilities if it has the"
                                + " shape of self")
                        .composite(n -> List.of(crossEntropy(n)))
                        .samples(
                                "float64[3, 4], int64[3]{0..3}",
                                "float64[3, 4], int64[3]{0..3}, None, 1, 1, 0.1",
                                "float64[3, 4], float64[3, 4]{0..1}, float64[4]{0.5..2}, 1, -100, 0.2",
                                "float64[2, 3, 2], int64[2, 2]{0..2}, None, 0, -100, 0.3",
                                "float64[4], int64[]{0..3}, None, 2"));
    }

    private static Declaration forward(String name, String gradFn, String backward, int targetRank) {
        return operator(name
                        + "(Tensor self, Tensor target, Tensor? weight, int reduction, int ignore_index)"
                        + " -> (Tensor output, Tensor total_weight)")
                .doc("nll_loss, and the sum of the weights that went into a mean or sum")
                .gradFn(gradFn)
                .types(call -> {
                    DType[] indices = {DType.INT64, DType.UINT8};
                    checkScores(call, targetRank, targetRank == 1 ? indices : new DType[] {DType.INT64});
                    return List.of(loss(call), call.type("self").withShape(Shape.SCALAR));
                })
                .notDifferentiable(1)
                .vjp(
                        "self",
                        n -> n.hasGrad(0)
                                ? n.grad()
                                        .call(
                                                backward,
                                                n.arg("self"),
                                                flatTarget(n),
                                                n.raw("weight"),
                                                n.raw("reduction"),
                                                n.raw("ignore_index"),
                                                n.result(1))
                                : null)
                .batch(LossBatching::forward)
                .kernel(name)
                .samples(
                        targetRank == 1
                                ? new String[] {
                                    "float64[3, 4], int64[3]{0..3}, float64[4]{0.5..2}, 1, -100",
                                    "float64[4], int64[]{0..3}, None, 0, 1",
                                    "float64[3, 4], int64[3]{0..3}, None, 2, 2"
                                }
                                : new String[] {
                                    "float64[2, 3, 1, 2], int64[2, 1, 2]{0..2}, float64[3]{0.5..2}, 1, -100",
                                    "float64[2, 3, 1, 2], int64[2, 1, 2]{0..2}, None, 0, 1"
                                });
    }

    /** The backward kernel wants int64, and no dimension for the target of one sample without a batch. */
    private static Expr flatTarget(Args n) {
        Expr target = n.arg("target").to(DType.INT64);
        return n.rank("self") == 1 ? target.reshape(Shape.SCALAR) : target;
    }

    private static Declaration backward(String name, String gradFn, String forward, int targetRank) {
        return operator(name
                        + "(Tensor grad_output, Tensor self, Tensor target, Tensor? weight, int reduction,"
                        + " int ignore_index, Tensor total_weight) -> Tensor")
                .doc("the cotangent of nll_loss's self")
                .gradFn(gradFn)
                .types(call -> {
                    checkScores(call, targetRank, DType.INT64);
                    Require.sameDtype(call, "self", "grad_output", "total_weight");
                    Require.shape(call, "grad_output", loss(call).shape(), "that of the loss");
                    Require.rank(call, "total_weight", 0);
                    return List.of(call.type("self"));
                })
                .vjp(
                        "grad_output",
                        n -> n.grad()
                                .call(
                                        forward,
                                        n.raw("target"),
                                        n.raw("weight"),
                                        n.raw("reduction"),
                                        n.raw("ignore_index")))
                .zeroVjp("self")
                .batch(LossBatching::backward)
                .loops(InLoops::isBatchOfScores, InLoops::nllBackward)
                .kernel(name)
                .samples(
                        targetRank == 1
                                ? new String[] {
                                    "float64[3], float64[3, 4], int64[3]{0..3}, float64[4], 0, 1, float64[]",
                                    "float64[], float64[4], int64[]{0..3}, None, 2, -100, float64[]"
                                }
                                : new String[] {
                                    "float64[1, 2, 2], float64[1, 3, 2, 2], int64[1, 2, 2]{0..2}, None, 0, 1, float64[]"
                                });
    }

    /** Of one sample without a batch the loss is a scalar, whether or not its target is one. */
    private static TensorType loss(Call call) {
        TensorType self = call.type("self");
        return Loss.reduced(call, self.withShape(self.rank() == 1 ? Shape.SCALAR : call.shape("target")));
    }

    /** Scores [N, C] or [C] for targets of rank 1, [N, C, H, W] for those of rank 3. */
    private static void checkScores(Call call, int targetRank, DType... indices) {
        Require.floating(call, "self");
        Require.index(call, "target", indices);
        Shape scores = call.shape("self");
        if (targetRank == 1) {
            Require.rank(call, "self", 1, 2);
        } else {
            Require.rank(call, "self", 4);
        }
        Shape expected = scores.withoutDim(scores.rank() == 1 ? 0 : 1);
        boolean oneSample = scores.rank() == 1 && call.shape("target").equals(Shape.of(1));
        if (!oneSample) {
            Require.shape(call, "target", expected, "that of self without its classes");
        }
        long classes = scores.dim(scores.rank() == 1 ? 0 : 1);
        if (classes == 0 && call.shape("target").elements() > 0) {
            throw Require.shape("self", "has no classes: shape " + scores);
        }
        if (call.has("weight")) {
            Require.sameDtype(call, "self", "weight");
            Require.shape(call, "weight", Shape.of(classes), "one for each class");
        }
        Loss.reduction(call);
    }

    private static Expr nll(Args n, Expr self, Expr target, String forward) {
        return self.calls(forward, target, n.raw("weight"), n.raw("reduction"), n.raw("ignore_index"))
                .getFirst();
    }

    private static Expr nllOfAnyRank(Args n, Expr self) {
        Expr target = n.arg("target");
        if (self.rank() <= 2) {
            return nll(n, self, target, "nll_loss_forward");
        }
        if (self.rank() == 4) {
            return nll(n, self, target, "nll_loss2d_forward");
        }
        Require.shape(n.call(), "target", self.shape().withoutDim(1), "that of self without its classes");
        boolean empty = self.shape().elements() == 0;
        long samples = self.size(0);
        long places = target.shape().elements() / Math.max(samples, 1);
        Expr scores = self.call("contiguous").call("view", new long[] {samples, self.size(1), empty ? 0 : 1, places});
        Expr indices = target.call("contiguous").call("view", new long[] {samples, empty ? 0 : 1, places});
        Expr loss = nll(n, scores, indices, "nll_loss2d_forward");
        return n.integer("reduction") == Loss.NONE ? loss.call("view", target.shape()) : loss;
    }

    private static Expr crossEntropy(Args n) {
        Expr self = n.arg("self");
        double smoothing = n.number("label_smoothing");
        Require.that(smoothing >= 0 && smoothing <= 1, "label_smoothing", "must be in [0, 1], but is " + smoothing);
        Require.floating(n.call(), "self");
        if (self.rank() == 0) {
            throw Require.shape("self", "is a scalar, but must have a dimension of classes");
        }
        int classDim = self.rank() == 1 ? 0 : 1;
        Expr scores = self.call("log_softmax", classDim, self.dtype());
        if (self.shape().equals(n.shape("target"))) {
            return againstProbabilities(n, scores, classDim);
        }
        Expr loss = nllOfAnyRank(n, scores);
        return smoothing > 0 ? smoothed(n, scores, loss, classDim) : loss;
    }

    private static Expr againstProbabilities(Args n, Expr scores, int classDim) {
        Require.floating(n.call(), "target");
        if (n.integer("ignore_index") >= 0) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT, "ignore_index", "has no meaning where target holds probabilities");
        }
        double smoothing = n.number("label_smoothing");
        double classes = scores.size(classDim);
        Expr target = n.arg("target");
        Expr smooth = smoothing > 0
                ? target.call("mul.Scalar", 1 - smoothing).call("add.Scalar", smoothing / classes)
                : target;
        Expr products = scores.mul(smooth);
        Expr weighted = n.has("weight") ? products.mul(weightAlong(n, scores, classDim)) : products;
        if (Loss.reduction(n.call()) == Loss.NONE) {
            return weighted.sum(classDim).neg();
        }
        Expr total = weighted.sumAll().neg();
        long samples = scores.shape().elements() / Math.max(1, scores.size(classDim));
        return Loss.reduction(n.call()) == Loss.MEAN ? total.call("div.Scalar", samples) : total;
    }

    private static Expr weightAlong(Args n, Expr scores, int classDim) {
        Require.shape(n.call(), "weight", Shape.of(scores.size(classDim)), "one for each class");
        long[] sizes = new long[scores.rank()];
        Arrays.fill(sizes, 1);
        sizes[classDim] = scores.size(classDim);
        return n.arg("weight").call("view", sizes);
    }

    /** Mixes the loss with the mean over all classes of −log softmax. */
    private static Expr smoothed(Args n, Expr scores, Expr loss, int classDim) {
        Expr target = n.arg("target");
        Expr ignored = target.eq(n.raw("ignore_index"));
        Expr each = n.has("weight")
                ? scores.mul(weightAlong(n, scores, classDim)).sum(classDim).neg()
                : scores.sum(classDim).neg();
        each = each.call("masked_fill", ignored, 0.0);
        long reduction = Loss.reduction(n.call());
        Expr uniform = each;
        if (reduction == Loss.SUM) {
            uniform = each.sumAll();
        } else if (reduction == Loss.MEAN) {
            uniform = each.sumAll().div(weightOfTargets(n, target, ignored));
        }
        double smoothing = n.number("label_smoothing");
        return loss.call("mul.Scalar", 1 - smoothing)
                .add(uniform.call("mul.Scalar", smoothing / scores.size(classDim)));
    }

    private static Expr weightOfTargets(Args n, Expr target, Expr ignored) {
        if (!n.has("weight")) {
            return ignored.not().sumAll();
        }
        Expr indices =
                target.call("masked_fill", ignored, 0).reshape(target.shape().elements());
        return n.arg("weight")
                .call("gather", 0, indices)
                .call("masked_fill", ignored.reshape(target.shape().elements()), 0.0)
                .sumAll();
    }
}
