package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.stream.LongStream;

/** Elements, or what lies between two of them, at fractions of the order of size. */
final class Quantiles {
    private Quantiles() {}

    static List<Declaration> declarations() {
        return List.of(
                quantile("quantile", "Tensor", false).samples("float64[2, 5], float64[]{0.1..0.9}, 1"),
                quantile("quantile", "float", false).samples("float64[2, 5], 0.3, 1, True"),
                quantile("nanquantile", "Tensor", true).samples("float64[2, 5], float64[2]{0.1..0.9}, 1"),
                quantile("nanquantile", "float", true).samples("float64[2, 5], 0.3, 1, True"));
    }

    private static Declaration quantile(String name, String kind, boolean ignoreNan) {
        String overload = kind.equals("float") ? ".scalar" : "";
        return operator(name + overload + "(Tensor self, " + kind + " q, int? dim=None, bool keepdim=False, *,"
                        + " str interpolation=\"linear\") -> Tensor")
                .doc("the elements at fractions q of the order along a dimension" + (ignoreNan ? ", without NaN" : ""))
                .composite(n -> List.of(quantile(n, ignoreNan)));
    }

    private static Expr quantile(Args n, boolean ignoreNan) {
        Require.floating(n.call(), "self");
        DType dtype = n.type("self").dtype();
        Expr q =
                n.raw("q") instanceof Argument.Float(double number) ? n.full(TensorType.of(dtype), number) : n.arg("q");
        if (n.raw("q") instanceof Argument.Float(double number)) {
            Require.that(number >= 0 && number <= 1, "q", "must be from 0 to 1, but is " + number);
        }
        Require.that(q.rank() <= 1, "q", "must be a number or a vector, but has shape " + q.shape());
        Require.that(q.dtype() == dtype, "q", "is " + q.dtype().label() + ", but self is " + dtype.label());
        Require.that(n.shape("self").elements() > 0, "self", "has no element: " + n.shape("self"));
        Expr values = between(rows(n), q, n.text("interpolation"), ignoreNan);
        return q.rank() == 0
                ? values.call("squeeze_", -1)
                : values.call("unsqueeze_", 0).call("transpose_", 0, -1).call("squeeze_", -1);
    }

    /** The elements to order, in the last dimension behind the result's own. */
    private static Expr rows(Args n) {
        int rank = n.rank("self");
        boolean all = !n.has("dim");
        long[] dims = all ? LongStream.range(0, rank).toArray() : Dims.listed(n.call(), "dim", rank);
        Expr last = all ? n.self().call("flatten") : n.self();
        if (!all && n.dim("dim", rank) != rank - 1) {
            last = last.unsqueeze(-1).transpose(n.dim("dim", rank), -1);
        }
        Shape reduced = Dims.reduce(n.shape("self"), dims, n.bool("keepdim"));
        Expr sorted = last.call("sort", -1, false);
        return sorted.call("view", reduced.insertDim(reduced.rank(), sorted.size(-1)));
    }

    /** For sorted rows the quantiles of each, in the last dimension. */
    private static Expr between(Expr sorted, Expr q, String interpolation, boolean ignoreNan) {
        long size = sorted.size(-1);
        Expr nan = sorted.call("isnan");
        Expr ranks;
        if (ignoreNan) {
            Expr known = nan.not().call("sum", new long[] {-1}, true).sub(1);
            Expr some = q.mul(known);
            ranks = some.lt(0).where(0.0, some).to(q.dtype());
        } else {
            // NaN sorts to the end, and a row with one has NaN for all its quantiles.
            Expr any = nan.slice(nan.rank() - 1, size - 1, size);
            ranks = any.where((double) (size - 1), q.mul(size - 1)).to(q.dtype());
        }
        Expr below = switch (interpolation) {
            case "lower" -> ranks.call("floor");
            case "higher" -> ranks.call("ceil");
            case "nearest" -> ranks.call("round");
            case "linear", "midpoint" -> ranks.call("floor");
            default ->
                throw GraphException.argument(
                        Reason.INVALID_ARGUMENT,
                        "interpolation",
                        "must be linear, lower, higher, midpoint or nearest, but is \"" + interpolation + "\"");
        };
        Expr values = sorted.call("gather", -1, below.to(DType.INT64));
        if (!interpolation.equals("linear") && !interpolation.equals("midpoint")) {
            return values;
        }
        Expr above = sorted.call("gather", -1, ranks.call("ceil").to(DType.INT64));
        Expr weight = interpolation.equals("linear") ? ranks.sub(below) : ranks.full(ranks.type(), 0.5);
        return values.call("lerp.Tensor", above, weight);
    }
}
