package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Set;

/** Consecutive slices of a dimension, reduced together. */
final class SegmentReductions {
    private static final Set<String> REDUCTIONS = Set.of("sum", "mean", "max", "min", "prod");

    private SegmentReductions() {}

    static List<Declaration> declarations() {
        return List.of(operator("segment_reduce(Tensor data, str reduce, *, Tensor? lengths=None, Tensor? indices=None,"
                        + " Tensor? offsets=None, int axis=0, bool unsafe=False, Scalar? initial=None) -> Tensor")
                .doc("slices of data along axis reduced by sum, mean, max, min or prod, initial with them, in segments"
                        + " that lengths or offsets (one more than segments) tell; a maximum shares its gradient"
                        + " among ties; slices in no segment are left out")
                .gradFn("SegmentReduceBackward0")
                .types(one(SegmentReductions::reduced))
                .vjp("data", SegmentReductions::back)
                .decompose(SegmentReductions::reduce)
                .samples(
                        "float64[5], \"sum\", lengths=int64[3]{1..2}, unsafe=True",
                        "float64[5, 2], \"mean\", lengths=int64[3]{1..2}, initial=2",
                        "float64[2, 4], \"max\", lengths=int64[2, 2]{1..2}, axis=1",
                        "float64[5, 2], \"min\", offsets=int64[2]{2..5}",
                        "float64[4], \"prod\", offsets=int64[2]{0..4}, initial=1.5",
                        "float64[0, 2], \"sum\", lengths=int64[1]{0..0}"));
    }

    private static TensorType reduced(Call call) {
        Require.floating(call, "data");
        Require.that(
                REDUCTIONS.contains(call.text("reduce")),
                "reduce",
                "must be one of " + REDUCTIONS.stream().sorted().toList() + ", but is \"" + call.text("reduce") + "\"");
        Require.that(!call.has("indices"), "indices", "must be None: segments are told by lengths or offsets");
        String told = told(call);
        Require.that(call.has(told), "lengths", "must be given, or offsets");
        Require.index(call, told, DType.INT64, DType.INT32);
        Shape data = call.shape("data");
        Shape cuts = call.shape(told);
        int axis = Dims.existing(call, "axis", data);
        boolean fits = cuts.rank() == axis + 1;
        for (int i = 0; i < axis && fits; i++) {
            fits = cuts.dim(i) == data.dim(i);
        }
        if (!fits) {
            throw Require.shape(told, "has shape " + cuts + ", which does not cut axis " + axis + " of shape " + data);
        }
        long count = cuts.dim(axis) - (told.equals("offsets") ? 1 : 0);
        if (count < 0) {
            throw Require.shape(told, "must hold where the first segment begins, but has shape " + cuts);
        }
        if (call.has("initial")) {
            Require.fits("initial", call.arg("initial"), call.type("data").dtype());
        }
        return call.type("data").withShape(data.withDim(axis, count));
    }

    private static String told(Call call) {
        return call.has("offsets") ? "offsets" : "lengths";
    }

    private static Runs segments(Args n) {
        Shape data = n.shape("data");
        int axis = n.dim("axis", data.rank());
        if (!n.has("offsets")) {
            return Runs.until(n.arg("lengths").call("cumsum", axis), null, data, axis);
        }
        Expr offsets = n.arg("offsets");
        return Runs.until(offsets.slice(axis, 1, offsets.size(axis)), offsets.slice(axis, 0, 1), data, axis);
    }

    private static Expr lengths(Runs segments, Expr data) {
        return segments.reduced(data.onesLike(), "sum", 0);
    }

    private static Expr reduce(Args n) {
        Runs segments = segments(n);
        Expr data = n.arg("data");
        String reduce = n.text("reduce");
        boolean given = n.has("initial");
        return switch (reduce) {
            case "sum" -> segments.reduced(data, "sum", given ? n.number("initial") : 0);
            case "prod" -> segments.reduced(data, "prod", given ? n.number("initial") : 1);
            case "mean" -> {
                Expr sum = segments.reduced(data, "sum", given ? n.number("initial") : 0);
                Expr length = lengths(segments, data);
                // Of no slice there is no mean, unless it began with something.
                yield sum.div(given ? length.call("clamp_min", 1) : length);
            }
            default -> {
                double lowest = reduce.equals("max") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
                yield segments.reduced(data, "a" + reduce, given ? n.number("initial") : lowest);
            }
        };
    }

    private static Expr back(Backward n) {
        Runs segments = segments(n);
        Expr data = n.arg("data");
        return switch (n.text("reduce")) {
            case "sum" -> segments.spread(n.grad());
            case "mean" -> segments.spread(n.grad().div(lengths(segments, data).call("clamp_min", 1)));
            case "prod" -> ofFactor(n, segments, data);
            default -> {
                Expr reached = data.eq(segments.spread(n.result())).or(data.call("isnan"));
                Expr count = segments.reduced(reached.to(data.dtype()), "sum", 0);
                yield segments.spread(n.grad().div(count.call("clamp_min", 1))).maskedBy(reached);
            }
        };
    }

    /** The product of the others: a single zero (or NaN) gets what is left without it. */
    private static Expr ofFactor(Backward n, Runs segments, Expr data) {
        Expr zero = data.eq(0).or(data.call("isnan"));
        Expr zeros = segments.spread(segments.reduced(zero.to(data.dtype()), "sum", 0));
        Expr single = zero.and(zeros.eq(1));
        Expr one = data.onesLike();
        double initial = n.has("initial") ? n.number("initial") : 1;
        Expr withoutIt = segments.reduced(single.where(one, data), "prod", initial);
        Expr divided = segments.spread(n.grad().mul(n.result())).div(zero.where(one, data));
        return single.where(segments.spread(n.grad().mul(withoutIt)), divided);
    }
}
