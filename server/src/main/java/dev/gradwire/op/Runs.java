package dev.gradwire.op;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Consecutive positions of a dimension that belong together: the segments of {@code segment_reduce}, the bags of {@code
 * embedding_bag}. Where they begin and end is data, so that positions are told by number which run they are in.
 *
 * @param ids the run of each element, of the elements' shape; {@code count} for those in none
 * @param dim the dimension that is cut
 * @param count how many runs there are
 */
record Runs(Expr ids, int dim, long count) {
    /**
     * @param ends ascending, of shape {@code data[:dim] + [count]}: where each run ends and the next one begins
     * @param first where the first one begins, 0 if null; of shape {@code data[:dim] + [1]}
     * @param data shape of the elements
     */
    static Runs until(Expr ends, @Nullable Expr first, Shape data, int dim) {
        long size = data.dim(dim);
        long count = ends.size(-1);
        Expr none = ends.full(new TensorType(DType.INT64, ends.shape().withDim(dim, size + 1)), 0);
        Expr places = ends.to(DType.INT64).call("clamp", 0, size);
        // A position is in the run whose number is that of the ends before it.
        Expr ids = none.call("scatter_add", dim, places, places.onesLike())
                .call("cumsum", dim)
                .slice(dim, 0, size);
        if (first != null) {
            Expr before = Expr.of(
                            ends.builder(),
                            ends.builder()
                                    .call("arange", List.of(Expr.argument(size)))
                                    .getFirst())
                    .lt(first);
            ids = before.where(ids.full(ids.type(), (double) count), ids);
        }
        Shape spread = ids.shape();
        for (int i = spread.rank(); i < data.rank(); i++) {
            spread = spread.insertDim(i, 1);
        }
        return new Runs(ids.reshape(spread).expand(data), dim, count);
    }

    /** The same without the elements that {@code left} names; it has their shape. */
    Runs without(Expr left) {
        return new Runs(left.where(ids.full(ids.type(), (double) count), ids), dim, count);
    }

    /** Values reduced within each run, by sum, prod, amax or amin, beginning with {@code start}. */
    Expr reduced(Expr values, String reduce, double start) {
        Shape shape = values.shape().withDim(dim, count + 1);
        Expr begin = values.full(values.type().withShape(shape), start);
        Expr all = reduce.equals("sum")
                ? begin.call("scatter_add", dim, ids, values)
                : begin.call("scatter_reduce", dim, ids, values, reduce);
        return all.slice(dim, 0, count);
    }

    /** For each element what its run has, nothing for those in none. */
    Expr spread(Expr ofRuns) {
        List<Long> pad = new ArrayList<>();
        for (int i = ofRuns.rank() - 1; i >= dim; i--) {
            pad.add(0L);
            pad.add(i == dim ? 1L : 0L);
        }
        return ofRuns.call("constant_pad_nd", pad, 0).call("gather", dim, ids);
    }
}
