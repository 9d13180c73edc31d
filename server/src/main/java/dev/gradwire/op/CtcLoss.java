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

/**
 * Connectionist temporal classification; lengths are lists, as shapes depend on them. As in PyTorch there is no second
 * derivative.
 */
final class CtcLoss {
    private CtcLoss() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("ctc_loss.IntList(Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths,"
                                + " int blank=0, int reduction=1, bool zero_infinity=False) -> Tensor")
                        .doc(
                                "−log of the probability of targets under log_probs [time, N, classes]; the mean is of losses"
                                        + " by target length")
                        .composite(n -> List.of(reduced(n)))
                        .unsampled("its gradient is, as PyTorch's, that of log_probs made by log_softmax"),
                operator("_ctc_loss(Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths,"
                                + " int blank=0, bool zero_infinity=False) -> (Tensor, Tensor)")
                        .doc("ctc_loss of each sample, and the log of the forward variables")
                        .gradFn("CtcLossBackward0")
                        .types(CtcLoss::types)
                        .notDifferentiable(1)
                        .vjp(
                                "log_probs",
                                n -> n.grad()
                                        .call(
                                                "_ctc_loss_backward",
                                                n.arg("log_probs"),
                                                n.arg("targets"),
                                                n.raw("input_lengths"),
                                                n.raw("target_lengths"),
                                                n.result(0),
                                                n.result(1),
                                                n.raw("blank"),
                                                n.raw("zero_infinity")))
                        .kernel("_ctc_loss")
                        .internal(),
                operator("_ctc_loss_backward(Tensor grad, Tensor log_probs, Tensor targets, int[] input_lengths,"
                                + " int[] target_lengths, Tensor neg_log_likelihood, Tensor log_alpha, int blank,"
                                + " bool zero_infinity=False) -> Tensor")
                        .doc("the cotangent of ctc_loss's log_probs")
                        .gradFn("CtcLossBackwardBackward0")
                        .types(call -> {
                            List<TensorType> forward = types(call);
                            Require.shape(call, "grad", forward.get(0).shape(), "one for each sample");
                            Require.shape(
                                    call, "neg_log_likelihood", forward.get(0).shape(), "one for each sample");
                            Require.shape(call, "log_alpha", forward.get(1).shape(), "that of the forward variables");
                            Require.sameDtype(call, "log_probs", "grad", "neg_log_likelihood", "log_alpha");
                            return List.of(call.type("log_probs"));
                        })
                        .vjp("grad", n -> {
                            Expr slopes = n.arg("grad")
                                    .onesLike()
                                    .call(
                                            "_ctc_loss_backward",
                                            n.arg("log_probs"),
                                            n.arg("targets"),
                                            n.raw("input_lengths"),
                                            n.raw("target_lengths"),
                                            n.arg("neg_log_likelihood"),
                                            n.arg("log_alpha"),
                                            n.raw("blank"),
                                            n.raw("zero_infinity"));
                            return n.grad().mul(slopes).sum(0, 2);
                        })
                        .vjp("log_probs", n -> {
                            throw new GraphException(
                                    Reason.NOT_DIFFERENTIABLE, "ctc_loss has no second derivative in log_probs");
                        })
                        .kernel("_ctc_loss_backward")
                        .internal());
    }

    private static Expr reduced(Args n) {
        Expr scores = n.rank("log_probs") == 2 ? n.arg("log_probs").unsqueeze(1) : n.arg("log_probs");
        Expr loss = scores.calls(
                        "_ctc_loss",
                        n.arg("targets").to(DType.INT64),
                        n.raw("input_lengths"),
                        n.raw("target_lengths"),
                        n.raw("blank"),
                        n.raw("zero_infinity"))
                .getFirst();
        if (n.bool("zero_infinity")) {
            loss = loss.eq(Double.POSITIVE_INFINITY).where(n.full(loss.type().withShape(Shape.SCALAR), 0), loss);
        }
        long reduction = Loss.reduction(n.call());
        if (reduction == Loss.MEAN) {
            List<Expr> lengths = Arrays.stream(n.ints("target_lengths"))
                    .mapToObj(length ->
                            n.full(new TensorType(scores.dtype(), Shape.SCALAR), (double) Math.max(length, 1)))
                    .toList();
            return loss.div(Expr.stack(lengths, 0)).call("mean");
        }
        if (reduction == Loss.SUM) {
            return loss.sumAll();
        }
        return n.rank("log_probs") == 2 ? loss.squeeze(0) : loss;
    }

    private static List<TensorType> types(Call call) {
        Require.rank(call, "log_probs", 3);
        TensorType scores = call.type("log_probs");
        Require.that(
                scores.dtype() == DType.FLOAT32 || scores.dtype() == DType.FLOAT64,
                "log_probs",
                "must be float32 or float64, but is " + scores.dtype().label());
        Require.index(call, "targets", DType.INT64, DType.INT32);
        long time = scores.shape().dim(0);
        long samples = scores.shape().dim(1);
        long classes = scores.shape().dim(2);
        Require.that(
                call.integer("blank") >= 0 && call.integer("blank") < classes, "blank", "must be one of the classes");
        long[] inputs = lengths(call, "input_lengths", samples);
        long[] targets = lengths(call, "target_lengths", samples);
        Require.that(time > 0 && samples > 0, "log_probs", "must have at least one step and sample, but has " + scores);
        Require.that(
                Arrays.stream(inputs).allMatch(length -> length <= time),
                "input_lengths",
                "must be at most the " + time + " steps there are");
        Shape labels = call.shape("targets");
        long longest = Arrays.stream(targets).max().orElse(0);
        long total = Arrays.stream(targets).reduce(0, Math::addExact);
        boolean fits = labels.rank() == 1
                ? labels.dim(0) == total
                : labels.rank() == 2 && labels.dim(0) == samples && labels.dim(1) >= longest;
        if (!fits) {
            throw Require.shape(
                    "targets",
                    "has shape " + labels + ", which does not fit target_lengths " + Arrays.toString(targets));
        }
        long states = Math.addExact(Math.multiplyExact(2, longest), 1);
        return List.of(scores.withShape(Shape.of(samples)), scores.withShape(Shape.of(samples, time, states)));
    }

    private static long[] lengths(Call call, String parameter, long samples) {
        long[] lengths = call.ints(parameter);
        Require.that(
                lengths.length == samples && Arrays.stream(lengths).allMatch(length -> length >= 0),
                parameter,
                "must be one for each of " + samples + " samples, none negative");
        return lengths;
    }
}
