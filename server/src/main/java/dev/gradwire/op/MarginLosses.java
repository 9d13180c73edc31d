package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;

/** Losses that ask the score of the right class to exceed the others by a margin. */
final class MarginLosses {
    private MarginLosses() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("multi_margin_loss(Tensor self, Tensor target, Scalar p=1, Scalar margin=1,"
                                + " Tensor? weight=None, int reduction=1) -> Tensor")
                        .doc("Σ over i ≠ target of weight[target] · max(0, margin − self[target] + self[i])^p / C")
                        .gradFn("MultiMarginLossBackward0")
                        .types(one(MarginLosses::multiMargin))
                        .vjp("self", n -> {
                            Expr slope = factor(n)
                                    .mul(p(n) == 1 ? excess(n).gt(0) : excess(n).mul(2));
                            Expr each = slope.mul(spread(n));
                            Expr toTarget = each.sumKeepingDims(1).neg();
                            Expr joint = each.call("scatter_add", 1, target(n), toTarget);
                            return joint.reshape(n.shape("self"));
                        })
                        .decompose(n -> {
                            Expr excess = excess(n);
                            Expr each = factor(n)
                                    .mul(p(n) == 1 ? excess : excess.square())
                                    .sum(1);
                            return Loss.reduce(n, each.reshape(samples(n)));
                        })
                        .samples(
                                "float64[3, 4], int64[3]{0..3}",
                                "float64[3, 4], int64[3]{0..3}, 2, 0.5, float64[4], 0",
                                "float64[4], int64[]{0..3}, 1, 3"),
                operator("multilabel_margin_loss(Tensor self, Tensor target, int reduction=1) -> Tensor")
                        .doc("Σ over labels j and all other classes i of max(0, 1 − self[j] + self[i]) / C")
                        .composite(n -> List.of(n.calls(
                                        "multilabel_margin_loss_forward",
                                        n.arg("self"),
                                        n.arg("target"),
                                        n.raw("reduction"))
                                .getFirst()))
                        .samples("float64[2, 3], int64[2, 3]{0..2}"),
                operator("multilabel_margin_loss_forward(Tensor self, Tensor target, int reduction)"
                                + " -> (Tensor output, Tensor is_target)")
                        .doc("multilabel_margin_loss, and which classes are labels")
                        .gradFn("MultilabelMarginLossBackward0")
                        .types(call ->
                                List.of(multiLabel(call), call.type("self").withShape(call.shape("target"))))
                        .notDifferentiable(1)
                        .vjp(
                                "self",
                                n -> n.grad()
                                        .call(
                                                "multilabel_margin_loss_backward",
                                                n.arg("self"),
                                                n.arg("target"),
                                                n.raw("reduction"),
                                                n.result(1)))
                        .batch(LossBatching::multiLabel)
                        .kernel("multilabel_margin_loss_forward")
                        .samples("float64[2, 3], int64[2, 3]{0..2}, 0", "float64[4], int64[4]{-1..1}, 2"),
                operator(
                                "multilabel_margin_loss_backward(Tensor grad_output, Tensor self, Tensor target, int reduction,"
                                        + " Tensor is_target) -> Tensor")
                        .doc("the cotangent of multilabel_margin_loss's self")
                        .gradFn("MultilabelMarginLossBackwardBackward0")
                        .types(one(call -> {
                            TensorType loss = multiLabel(call);
                            Require.shape(call, "grad_output", loss.shape(), "that of the loss");
                            Require.shape(call, "is_target", call.shape("target"), "that of target");
                            Require.sameDtype(call, "self", "grad_output", "is_target");
                            return call.type("self");
                        }))
                        // Linear in grad_output, and the slopes in self are constant wherever they exist
                        .vjp("grad_output", n -> {
                            Expr slopes = n.arg("grad_output")
                                    .onesLike()
                                    .call(
                                            "multilabel_margin_loss_backward",
                                            n.arg("self"),
                                            n.arg("target"),
                                            n.raw("reduction"),
                                            n.arg("is_target"));
                            Expr product = n.grad().mul(slopes);
                            return n.rank("grad_output") == 0 ? product.sumAll() : product.sum(1);
                        })
                        .zeroVjp("self")
                        .batch(LossBatching::multiLabelBackward)
                        .kernel("multilabel_margin_loss_backward")
                        .internal());
    }

    // A scalar or vector of scores is a batch of one.

    private static Expr scores(Args n) {
        Shape self = n.shape("self");
        return self.rank() == 2 ? n.arg("self") : n.arg("self").reshape(1, self.elements());
    }

    private static Expr target(Args n) {
        return n.arg("target").reshape(n.shape("target").elements(), 1);
    }

    private static Shape samples(Args n) {
        return n.shape("target");
    }

    private static double p(Args n) {
        return n.number("p");
    }

    /** max(0, margin − self[target] + self[i]), which is the margin itself for i = target. */
    private static Expr excess(Args n) {
        Expr scores = scores(n);
        Expr own = scores.call("gather", 1, target(n));
        return scores.sub(own).add(n.raw("margin")).call("clamp_min", 0);
    }

    /** weight[target] / C, and 0 for the target itself. */
    private static Expr factor(Args n) {
        Expr scores = scores(n);
        long classes = scores.size(1);
        Expr others = n.call("arange", classes).ne(target(n)).to(scores.dtype()).div((double) classes);
        if (!n.has("weight")) {
            return others;
        }
        Expr ofTarget = n.arg("weight")
                .call("index_select", 0, target(n).reshape(target(n).size(0)));
        return others.mul(ofTarget.unsqueeze(1));
    }

    private static Expr spread(Backward n) {
        Expr grad = Loss.spread(n, Shape.of(target(n).size(0)));
        return grad.rank() == 0 ? grad : grad.unsqueeze(1);
    }

    private static TensorType multiMargin(Call call) {
        Require.floating(call, "self");
        Require.rank(call, "self", 0, 1, 2);
        Require.index(call, "target", DType.INT64);
        Shape self = call.shape("self");
        double p = call.number("p");
        Require.that(p == 1 || p == 2, "p", "must be 1 or 2, but is " + p);
        long samples = self.rank() == 2 ? self.dim(0) : 1;
        long classes = self.rank() == 2 ? self.dim(1) : self.elements();
        if (call.type("target").rank() > 1 || call.shape("target").elements() != samples || classes == 0) {
            throw Require.shape(
                    "target",
                    "has shape " + call.shape("target") + ", but must be one class for each sample of " + self);
        }
        if (call.has("weight")) {
            Require.sameDtype(call, "self", "weight");
            Require.shape(call, "weight", Shape.of(classes), "one for each class");
        }
        return Loss.reduced(call, call.type("self").withShape(call.shape("target")));
    }

    private static TensorType multiLabel(Call call) {
        DType dtype = call.type("self").dtype();
        Require.that(
                dtype == DType.FLOAT32 || dtype == DType.FLOAT64,
                "self",
                "must be float32 or float64, but is " + dtype.label());
        Require.rank(call, "self", 0, 1, 2);
        Require.index(call, "target", DType.INT64);
        Require.shape(call, "target", call.shape("self"), "that of self");
        Shape self = call.shape("self");
        Shape samples = self.rank() == 2 ? Shape.of(self.dim(0)) : Shape.SCALAR;
        return Loss.reduced(call, call.type("self").withShape(samples));
    }
}
