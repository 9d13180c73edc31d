package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Elements that have one index in common, reduced to one. */
final class IndexReductions {
    private IndexReductions() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("index_reduce(Tensor self, int dim, Tensor index, Tensor source, str reduce, *,"
                                + " bool include_self=True) -> Tensor")
                        .doc("slices of source with one index reduced by prod, mean, amax or amin, with that of self")
                        .samples(
                                "float64[3, 2], 0, int64[4]{0..2}, float64[4, 2], \"prod\"",
                                "float64[3, 2], 0, int64[4]{0..2}, float64[4, 2], \"mean\", include_self=False",
                                "float64[3, 2], 0, int64[4]{0..2}, float64[4, 2], \"amax\"")
                        .gradFn("IndexReduceBackward0")
                        .types(one(call -> {
                            requireReduction(call, Set.of("prod", "mean", "amax", "amin"));
                            return Indexing.withSource(call);
                        }))
                        .vjp("self", n -> new Rule(n, "index_add", "index_select", "source").ofSelf())
                        .vjp("source", n -> new Rule(n, "index_add", "index_select", "source").ofSource())
                        .batch(IndexBatching::reduce)
                        .kernel("index_reduce"),
                operator("scatter_reduce.two(Tensor self, int dim, Tensor index, Tensor src, str reduce, *,"
                                + " bool include_self=True) -> Tensor")
                        .doc(
                                "elements of src with one index reduced by sum, prod, mean, amax or amin, with that of self")
                        .samples(
                                "float64[3, 2], 0, int64[4, 2]{0..2}, float64[4, 2], \"prod\"",
                                "float64[3, 2], 0, int64[4, 2]{0..2}, float64[4, 2], \"sum\", include_self=False",
                                "float64[3, 2], 0, int64[4, 2]{0..2}, float64[4, 2], \"amin\"",
                                "float64[3, 2], 0, int64[4, 2]{0..2}, float64[4, 2], \"mean\"")
                        .gradFn("ScatterReduceBackward0")
                        .types(one(call -> {
                            requireReduction(call, Set.of("sum", "prod", "mean", "amax", "amin"));
                            return Indexing.scattered(call);
                        }))
                        .vjp("self", n -> new Rule(n, "scatter_add", "gather", "src").ofSelf())
                        .vjp("src", n -> new Rule(n, "scatter_add", "gather", "src").ofSource())
                        .batch(IndexBatching::scatter)
                        .kernel("scatter_reduce.two"));
    }

    private static void requireReduction(Call call, Set<String> known) {
        Require.that(
                known.contains(call.text("reduce")),
                "reduce",
                "must be one of " + known.stream().sorted().toList() + ", but is \"" + call.text("reduce") + "\"");
    }

    /**
     * @param add what collects elements at their indices
     * @param take its transpose
     */
    private record Rule(Backward n, String add, String take, String source) {
        private Expr collected(Expr values, Expr onto) {
            return onto.call(add, n.raw("dim"), n.arg("index"), values);
        }

        private Expr taken(Expr values) {
            return values.call(take, n.raw("dim"), n.arg("index"));
        }

        private Expr reduced(Expr self, Expr values) {
            return self.callNamed(
                    n.call().op().schema().key(),
                    Map.of("include_self", n.raw("include_self")),
                    n.raw("dim"),
                    n.arg("index"),
                    values,
                    n.raw("reduce"));
        }

        Expr ofSelf() {
            Expr cotangent = switch (n.text("reduce")) {
                case "sum" -> n.grad();
                case "mean" -> n.grad().div(count());
                case "prod" -> {
                    Expr zero = n.self().eq(0);
                    Expr safe = zero.where(1.0, n.self()).to(n.self().dtype());
                    yield n.grad().mul(reduced(safe, n.arg(source))).div(safe);
                }
                default -> n.self().eq(n.result()).to(n.grad().dtype()).mul(shared());
            };
            return n.bool("include_self") ? cotangent : without(cotangent);
        }

        /** Zero where an index points: there the result knows nothing of self. */
        private Expr without(Expr cotangent) {
            Expr hit = collected(n.arg(source).onesLike(), n.self().zerosLike()).ne(0);
            return cotangent.maskedBy(hit.not());
        }

        Expr ofSource() {
            return switch (n.text("reduce")) {
                case "sum" -> taken(n.grad());
                case "mean" -> taken(n.grad().div(count()));
                case "prod" -> ofFactor();
                default ->
                    n.arg(source).eq(taken(n.result())).to(n.grad().dtype()).mul(taken(shared()));
            };
        }

        /** How many elements a result is the mean of. */
        private Expr count() {
            Expr start = n.bool("include_self") ? n.self().onesLike() : n.self().zerosLike();
            Expr count = collected(n.arg(source).onesLike(), start);
            return count.eq(0).where(1.0, count).to(n.grad().dtype());
        }

        /** A cotangent shared among all that are equal to the result. */
        private Expr shared() {
            Expr ofSelf = n.self().eq(n.result()).to(n.grad().dtype());
            Expr ofSource = n.arg(source).eq(taken(n.result())).to(n.grad().dtype());
            return n.grad().div(collected(ofSource, ofSelf));
        }

        /** The product of the others: a single zero gets what is left without it, of several none gets anything. */
        private Expr ofFactor() {
            Expr factor = n.arg(source);
            Expr zero = factor.eq(0);
            Expr zeros = taken(collected(zero.to(factor.dtype()), n.self().zerosLike()));
            Expr single = zero.and(zeros.eq(1));
            Expr withoutIt = reduced(n.self(), single.where(1.0, factor).to(factor.dtype()));
            Expr divided =
                    taken(n.grad().mul(n.result())).div(zero.where(1.0, factor).to(factor.dtype()));
            return single.where(taken(n.grad().mul(withoutIt)), divided);
        }
    }
}
