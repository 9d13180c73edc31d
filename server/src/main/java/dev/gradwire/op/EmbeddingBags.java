package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows of a table by index, summed, averaged or maximised in bags of consecutive indices. */
final class EmbeddingBags {
    private static final long SUM = 0;
    private static final long MEAN = 1;
    private static final long MAX = 2;
    private static final List<String> MODES = List.of("sum", "mean", "max");
    private static final String PARAMETERS = "Tensor weight, Tensor indices, Tensor offsets, bool"
            + " scale_grad_by_freq=False, int mode=0, bool sparse=False, Tensor? per_sample_weights=None, bool"
            + " include_last_offset=False";
    private static final String RESULTS = " -> (Tensor, Tensor, Tensor, Tensor)";

    private EmbeddingBags() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("_embedding_bag(" + PARAMETERS + ", int padding_idx=-1)" + RESULTS)
                        .doc("for each bag the sum, mean or maximum (mode 0, 1, 2) of rows of weight, each times its"
                                + " weight in a sum; then the bag of each index, the bags' sizes without padding, and"
                                + " for maxima the row they came from. Bags begin at offsets. Of rows that tie for a"
                                + " maximum the first gets the gradient, padding_idx none")
                        .gradFn("EmbeddingBagBackward0")
                        .types(EmbeddingBags::types)
                        .vjp(List.of("weight", "per_sample_weights"), EmbeddingBags::back)
                        .decomposeAll(EmbeddingBags::bags)
                        .samples(
                                "float64[4, 2], int64[5]{0..3}, int64[2]{0..2}, False, 0, False, float64[5]",
                                "float64[4, 2], int64[5]{0..3}, int64[3]{0..0}, False, 1",
                                "float64[4, 2], int64[5]{0..3}, int64[2]{0..2}, False, 2, False, None, True, 1",
                                "float64[4, 2], int64[0]{0..3}, int64[1]{0..0}"),
                operator("_embedding_bag_forward_only(" + PARAMETERS + ", int padding_idx=-1)" + RESULTS)
                        .doc("_embedding_bag")
                        .composite(
                                n -> n.calls("_embedding_bag", n.call().args().toArray()))
                        .samples("float64[4, 2], int64[5]{0..3}, int64[2]{0..2}"),
                operator("embedding_bag(" + PARAMETERS + ")" + RESULTS)
                        .doc("_embedding_bag without padding")
                        .composite(
                                n -> n.calls("_embedding_bag", n.call().args().toArray()))
                        .samples("float64[4, 2], int64[5]{0..3}, int64[2]{0..2}, False, 1"),
                operator("embedding_bag.padding_idx(" + PARAMETERS.replaceAll("=[^,]*", "") + ", int? padding_idx)"
                                + RESULTS)
                        .doc("_embedding_bag, where a negative padding_idx counts from the end of weight")
                        .composite(n -> {
                            Object[] args = n.call().args().toArray();
                            args[args.length - 1] = padding(n, n.arg("weight"));
                            return n.calls("_embedding_bag", args);
                        })
                        .samples("float64[4, 2], int64[5]{0..3}, int64[2]{0..2}, False, 0, False, None, False, -1"),
                operator("embedding_bag.functional(Tensor input, Tensor weight, Tensor? offsets=None, float?"
                                + " max_norm=None, float norm_type=2, bool scale_grad_by_freq=False, str mode=\"mean\","
                                + " bool sparse=False, Tensor? per_sample_weights=None, bool"
                                + " include_last_offset=False, int? padding_idx=None) -> Tensor")
                        .doc("torch.nn.functional.embedding_bag: of indices in two dimensions each row is a bag;"
                                + " without max_norm, which changes the table")
                        .composite(n -> List.of(functional(n)))
                        .samples(
                                "int64[2, 3]{0..3}, float64[4, 2]",
                                "int64[2, 2]{0..3}, float64[4, 2], mode=\"sum\", per_sample_weights=float64[2, 2]"));
    }

    private static List<TensorType> types(Call call) {
        Require.rank(call, "weight", 2);
        Require.floating(call, "weight");
        for (String integers : List.of("indices", "offsets")) {
            Require.rank(call, integers, 1);
            Require.index(call, integers, DType.INT64, DType.INT32);
        }
        long mode = call.integer("mode");
        Require.that(mode >= SUM && mode <= MAX, "mode", "must be 0 (sum), 1 (mean) or 2 (max), but is " + mode);
        if (call.has("per_sample_weights")) {
            Require.that(mode == SUM, "per_sample_weights", "must be None unless the mode is a sum");
            Require.sameDtype(call, "weight", "per_sample_weights");
            Require.shape(call, "per_sample_weights", call.shape("indices"), "that of indices");
        }
        Shape weight = call.shape("weight");
        long padding = call.integer("padding_idx");
        Require.that(padding < weight.dim(0), "padding_idx", "is no row of weight: " + padding);
        long count = bagCount(call);
        if (count < 0) {
            throw Require.shape("offsets", "must hold the last offset, but has shape [0]");
        }
        DType index = call.type("indices").dtype();
        TensorType sizes = new TensorType(index, Shape.of(count));
        return List.of(
                call.type("weight").withShape(Shape.of(count, weight.dim(1))),
                call.type("indices"),
                sizes,
                mode == MAX ? new TensorType(index, Shape.of(count, weight.dim(1))) : sizes);
    }

    private static long bagCount(Call call) {
        return call.shape("offsets").dim(0) - (call.bool("include_last_offset") ? 1 : 0);
    }

    private static long padding(Args n, Expr weight) {
        Require.rank(n.call(), "weight", 2);
        long padding = n.call().integer("padding_idx", -1);
        long rows = weight.size(0);
        if (!n.has("padding_idx")) {
            return -1;
        }
        Require.that(padding >= -rows && padding < rows, "padding_idx", padding + " is none of " + rows + " rows");
        return padding < 0 ? padding + rows : padding;
    }

    private static Expr functional(Args n) {
        Require.that(!n.has("max_norm"), "max_norm", "must be None: a graph is pure, and rows would change in place");
        int mode = MODES.indexOf(n.text("mode"));
        Require.that(mode >= 0, "mode", "must be one of " + MODES + ", but is \"" + n.text("mode") + "\"");
        Require.rank(n.call(), "input", 1, 2);
        Expr input = n.arg("input");
        Expr weights = n.has("per_sample_weights") ? n.arg("per_sample_weights") : null;
        Argument offsets = n.raw("offsets");
        if (input.rank() == 2) {
            Require.that(!n.has("offsets"), "offsets", "must be None, as each row of input is a bag");
            if (weights != null) {
                Require.shape(n.call(), "per_sample_weights", input.shape(), "that of input");
            }
            long elements = input.shape().elements();
            offsets = input.size(1) == 0
                    ? n.full(new TensorType(DType.INT64, Shape.of(input.size(0))), 0)
                            .argument()
                    : n.call("arange", 0, elements, input.size(1)).argument();
            weights = weights == null ? null : weights.call("view", new long[] {-1});
            input = input.call("view", new long[] {-1});
        }
        Require.that(n.has("offsets") || n.rank("input") == 2, "offsets", "must be given for input of one dimension");
        return n.calls(
                        "_embedding_bag",
                        n.arg("weight"),
                        input,
                        offsets,
                        n.raw("scale_grad_by_freq"),
                        mode,
                        n.raw("sparse"),
                        weights,
                        n.raw("include_last_offset"),
                        padding(n, n.arg("weight")))
                .getFirst();
    }

    // Meaning

    /** The bags as runs of the rows that indices name, padding in none. */
    private static Runs runs(Args n) {
        long count = bagCount(n.call());
        Expr offsets = n.arg("offsets").to(DType.INT64);
        Expr indices = n.arg("indices");
        Shape rows = Shape.of(indices.size(0), n.shape("weight").dim(1));
        Expr end = n.full(new TensorType(DType.INT64, Shape.of(1)), (double) indices.size(0));
        Expr ends = n.bool("include_last_offset")
                ? offsets.slice(0, 1, count + 1)
                : count == 0 ? offsets : Expr.cat(List.of(offsets.slice(0, 1, count), end), 0);
        Runs runs = Runs.until(ends, count == 0 ? null : offsets.slice(0, 0, 1), rows, 0);
        return n.integer("padding_idx") < 0
                ? runs
                : runs.without(indices.eq(n.raw("padding_idx")).unsqueeze(-1).expand(rows));
    }

    private static Expr rows(Args n) {
        return n.arg("weight").call("index_select", 0, n.arg("indices"));
    }

    private static Expr weighted(Args n, Expr rows) {
        return n.has("per_sample_weights")
                ? rows.mul(n.arg("per_sample_weights").unsqueeze(-1))
                : rows;
    }

    private static Expr sizes(Runs runs, Expr rows) {
        return runs.reduced(rows.full(new TensorType(DType.INT64, rows.shape()), 1), "sum", 0);
    }

    private static List<Expr> bags(Args n) {
        Runs runs = runs(n);
        DType index = n.type("indices").dtype();
        // Half precision is summed up in single, as in the library.
        DType dtype = n.type("weight").dtype();
        Expr rows = rows(n).widened();
        rows = weighted(n, rows);
        Expr sizes = sizes(runs, rows);
        Expr ofBags = switch ((int) n.integer("mode")) {
            case (int) SUM -> runs.reduced(rows, "sum", 0);
            case (int) MEAN -> runs.reduced(rows, "sum", 0).div(sizes.call("clamp_min", 1));
            default -> {
                Expr most = runs.reduced(rows, "amax", Double.NEGATIVE_INFINITY);
                yield most.maskedBy(sizes.ne(0));
            }
        };
        boolean wide = n.shape("weight").dim(1) > 0;
        Expr each = wide ? sizes.select(1, 0) : n.full(sizes.type().withShape(Shape.of(sizes.size(0))), 0);
        Expr bagOf = wide ? runs.ids().select(1, 0) : n.full(n.type("indices"), 0);
        Expr most = each;
        if (n.integer("mode") == MAX) {
            Expr first = firsts(runs, rows, ofBags);
            Expr last = n.arg("indices").call("constant_pad_nd", new long[] {0, 1}, 0);
            most = last.call("take", first).to(index);
        }
        return List.of(ofBags.to(dtype), bagOf.to(index), each.to(index), most);
    }

    /** For each bag and column the place of the first index whose row is the bag's maximum there. */
    private static Expr firsts(Runs runs, Expr rows, Expr ofBags) {
        Expr reached = rows.eq(runs.spread(ofBags));
        long count = rows.size(0);
        Expr place = Expr.of(
                        rows.builder(),
                        rows.builder()
                                .call("arange", List.of(Expr.argument(count)))
                                .getFirst())
                .unsqueeze(-1)
                .expand(rows.shape());
        return runs.reduced(reached.where(place, place.full(place.type(), (double) count)), "amin", (double) count);
    }

    private static List<@Nullable Expr> back(Backward n) {
        Runs runs = runs(n);
        Expr rows = rows(n);
        Expr grad = n.grad();
        Expr toRows = switch ((int) n.integer("mode")) {
            case (int) SUM -> weighted(n, runs.spread(grad));
            case (int) MEAN ->
                runs.spread(grad.div(sizes(runs, rows).call("clamp_min", 1).to(grad.dtype())));
            default -> {
                Expr first = runs.spread(firsts(runs, rows, n.result()));
                Expr place = n.call("arange", rows.size(0)).unsqueeze(-1);
                Expr chosen = place.eq(first).and(runs.ids().ne(runs.count()));
                yield runs.spread(grad).maskedBy(chosen);
            }
        };
        Expr toWeight = toRows.call(
                "embedding_dense_backward",
                n.arg("indices"),
                n.shape("weight").dim(0),
                n.raw("padding_idx"),
                n.integer("mode") != MAX && n.bool("scale_grad_by_freq"));
        Expr toSamples = n.has("per_sample_weights") && n.wants("per_sample_weights")
                ? runs.spread(grad).mul(rows).sum(1)
                : null;
        return Arrays.asList(toWeight, toSamples);
    }
}
