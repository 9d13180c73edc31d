package dev.gradwire.op;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Batching rules of operators that read and write elements at indices. */
final class IndexBatching {
    private IndexBatching() {}

    // Along one dimension

    static List<Expr> gather(Batching n) {
        return n.shape("index").elements() == 0
                ? List.of(n.fill(n.result(0), 0))
                : Batch.along("self", "dim").apply(n);
    }

    static List<Expr> scatter(Batching n) {
        return n.shape("index").elements() == 0
                ? List.of(n.each("self"))
                : Batch.along("self", "dim").apply(n);
    }

    static List<Expr> select(Batching n) {
        Expr self = vectors(n, n.each("self"));
        int dim = dim(n);
        if (!n.isBatched("index")) {
            return List.of(n.shaped(self.call("index_select", dim, n.arg("index")), 0));
        }
        Shape selected = self.shape().withDim(dim, n.shape("index").elements());
        return List.of(n.shaped(self.call("gather", dim, spread(n, selected)), 0));
    }

    static List<Expr> copy(Batching n) {
        Expr self = vectors(n, n.each("self"));
        Shape slices = self.shape().withDim(dim(n), n.shape("index").elements());
        Expr source = n.each("source").reshape(slices);
        return List.of(n.shaped(written(n, self, slices, source), 0));
    }

    static List<Expr> fill(Batching n) {
        Expr self = vectors(n, n.each("self"));
        Shape slices = self.shape().withDim(dim(n), n.shape("index").elements());
        Expr value = n.aligned("value", slices.rank() - 1).as(self.dtype());
        return List.of(n.shaped(written(n, self, slices, value.expand(slices)), 0));
    }

    static List<Expr> reduce(Batching n) {
        Expr self = vectors(n, n.each("self"));
        Shape slices = self.shape().withDim(dim(n), n.shape("index").elements());
        if (slices.elements() == 0) {
            return List.of(n.each("self"));
        }
        Expr source = n.each("source").reshape(slices);
        Expr reduced = self.callNamed(
                "scatter_reduce.two",
                Map.of("include_self", n.raw("include_self")),
                dim(n),
                spread(n, slices),
                source,
                n.raw("reduce"));
        return List.of(n.shaped(reduced, 0));
    }

    private static Expr written(Batching n, Expr self, Shape slices, Expr source) {
        return slices.elements() == 0 ? self : self.call("scatter", dim(n), spread(n, slices), source);
    }

    /** {@code dim} behind the batch. */
    private static int dim(Batching n) {
        return 1 + n.dim("dim", n.rank("self"));
    }

    /** Scalars have one dimension to speak of. */
    private static Expr vectors(Batching n, Expr each) {
        return n.rank("self") == 0 ? each.unsqueeze(1) : each;
    }

    /** The vector {@code index} for each place along the other dimensions. */
    private static Expr spread(Batching n, Shape slices) {
        long[] alone = new long[slices.rank()];
        Arrays.fill(alone, 1);
        alone[0] = slices.dim(0);
        alone[dim(n)] = slices.dim(dim(n));
        return n.each("index").to(DType.INT64).reshape(alone).expand(slices);
    }

    // Rows of a table

    static List<Expr> rows(Batching n) {
        if (!n.isBatched("weight")) {
            return n.again(Map.of());
        }
        Require.that(
                !n.bool("scale_grad_by_freq"),
                "scale_grad_by_freq",
                "is not possible where each element of a batch has a weight of its own");
        Expr index = n.each("indices").to(DType.INT64);
        Expr rows = n.arg("weight").call("index", List.of(n.numbers(index.rank() - 1), index));
        if (n.integer("padding_idx") < 0) {
            return List.of(rows);
        }
        Expr padding = index.eq(n.raw("padding_idx")).unsqueeze(-1);
        return List.of(padding.where(rows.call("detach"), rows));
    }

    static List<Expr> table(Batching n) {
        Expr index = n.each("indices").to(DType.INT64);
        List<Expr> places = List.of(n.numbers(index.rank() - 1), index);
        Expr grad = n.each("grad_output");
        if (n.integer("padding_idx") >= 0) {
            Expr padding = index.eq(n.raw("padding_idx")).unsqueeze(-1);
            grad = padding.where(0.0, grad).to(grad.dtype());
        }
        if (n.bool("scale_grad_by_freq")) {
            Expr ones = n.full(grad.type().withShape(index.shape()), 1);
            Expr none = n.fill(n.result(0).withShape(Shape.of(n.integer("num_weights"))), 0);
            Expr counts = none.call("index_put", places, ones, true).call("index", places);
            grad = grad.div(counts.unsqueeze(-1));
        }
        return List.of(n.fill(n.result(0), 0).call("index_put", places, grad, true));
    }

    // In row-major order

    static List<Expr> take(Batching n) {
        if (!n.isBatched("self")) {
            return n.again(Map.of());
        }
        Expr self = Batch.flat(n, n.self());
        return List.of(n.shaped(self.call("gather", 1, places(n)), 0));
    }

    static List<Expr> put(Batching n) {
        Expr self = Batch.flat(n, n.each("self"));
        if (n.shape("index").elements() == 0) {
            return List.of(n.each("self"));
        }
        String op = n.bool("accumulate") ? "scatter_add" : "scatter";
        return List.of(n.shaped(self.call(op, 1, places(n), Batch.flat(n, n.each("source"))), 0));
    }

    /** Indices from the front; one that is out of range stays so. */
    private static Expr places(Batching n) {
        Expr index = Batch.flat(n, n.each("index")).to(DType.INT64);
        return index.lt(0).where(index.add(n.shape("self").elements()), index);
    }

    // Along several dimensions

    /**
     * The number of the element joins the indices. Unless they all stand together in front, the dimensions of the indices
     * come first, and go where they would stand without it.
     */
    static List<Expr> index(Batching n) {
        Layout layout = layout(n);
        Expr taken = n.each("self").call("index", layout.indices);
        return List.of(taken.permute(layout.toResult()));
    }

    private static List<Expr> put(Batching n, Layout layout) {
        Shape target = Indices.indexed(n.call());
        Expr values = n.aligned("values", target.rank()).call("expand", n.withBatch(target));
        Expr placed = values.permute(layout.fromResult());
        return List.of(n.each("self").call("index_put", layout.indices, placed, n.raw("accumulate")));
    }

    static List<Expr> indexPut(Batching n) {
        return Indices.mask(n.call()) == null ? put(n, layout(n)) : masked(n);
    }

    /** Values that are the same for all places of a mask. */
    private static List<Expr> masked(Batching n) {
        Expr mask = n.each(n.call().items("indices").getFirst()).to(DType.BOOL);
        int rank = n.rank("self");
        long[] covering = new long[rank + 1];
        Arrays.fill(covering, 1);
        for (int i = 0; i < mask.rank(); i++) {
            covering[i] = mask.size(i);
        }
        // The first dimension of the target stands for what the mask selects, and has size 1.
        Shape target = Indices.maskedTarget(n.call(), n.call().types("indices").getFirst());
        Expr spread = n.aligned("values", target.rank()).call("expand", n.withBatch(target));
        long[] places = new long[rank + 1];
        Arrays.fill(places, 1);
        places[0] = n.size();
        for (int i = 1; i < target.rank(); i++) {
            places[rank - target.rank() + 1 + i] = target.dim(i);
        }
        Expr self = n.each("self");
        Expr written = n.bool("accumulate") ? self.add(spread.reshape(places)) : spread.reshape(places);
        return List.of(mask.reshape(covering).where(written, self));
    }

    /**
     * @param indices with the number of the element in front
     * @param joint how many dimensions the indices have for one element
     * @param before dimensions of a result of one element that stand before those of the indices
     * @param rank of a result of one element
     */
    private record Layout(List<Argument> indices, int joint, int before, int rank) {
        /** From [batch, indices, before, behind] to [batch, before, indices, behind]. */
        long[] toResult() {
            return LongStream.concat(
                            LongStream.of(0),
                            LongStream.concat(
                                    LongStream.concat(
                                            LongStream.range(0, before).map(i -> 1 + joint + i),
                                            LongStream.range(0, joint).map(i -> 1 + i)),
                                    LongStream.range(joint + before, rank).map(i -> 1 + i)))
                    .toArray();
        }

        long[] fromResult() {
            return LongStream.concat(
                            LongStream.of(0),
                            LongStream.concat(
                                    LongStream.concat(
                                            LongStream.range(0, joint).map(i -> 1 + before + i),
                                            LongStream.range(0, before).map(i -> 1 + i)),
                                    LongStream.range(joint + before, rank).map(i -> 1 + i)))
                    .toArray();
        }
    }

    private static Layout layout(Batching n) {
        List<Argument> items = n.call().items("indices");
        int joint = 0;
        int first = -1;
        int last = -1;
        int count = 0;
        for (int i = 0; i < items.size(); i++) {
            if (items.get(i) instanceof Value index) {
                joint = Math.max(joint, index.type().rank());
                first = first < 0 ? i : first;
                last = i;
                count++;
            }
        }
        boolean adjacent = last - first + 1 == count;
        List<Argument> indices = new ArrayList<>();
        indices.add(n.numbers(joint).argument());
        for (Argument item : items) {
            indices.add(
                    item instanceof Value
                            ? n.aligned(item, joint).to(DType.INT64).argument()
                            : item);
        }
        return new Layout(
                indices, joint, adjacent ? first : 0, Indices.indexed(n.call()).rank());
    }
}
