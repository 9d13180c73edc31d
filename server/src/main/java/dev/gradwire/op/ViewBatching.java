package dev.gradwire.op;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Batching rules of operators that move, repeat and join elements. */
final class ViewBatching {
    private ViewBatching() {}

    static List<Expr> expand(Batching n) {
        Shape result = n.result(0).shape();
        return List.of(n.aligned("self", result.rank()).expand(n.withBatch(result)));
    }

    static List<Expr> permute(Batching n) {
        return List.of(n.self().permute(behind(Dims.listed(n.call(), "dims", n.rank("self")))));
    }

    /** The batch, then dimensions of one element. */
    private static long[] behind(long[] dims) {
        return LongStream.concat(LongStream.of(0), LongStream.of(Batch.shifted(dims)))
                .toArray();
    }

    static List<Expr> t(Batching n) {
        return List.of(n.rank("self") < 2 ? n.self() : n.self().transpose(1, 2));
    }

    /** Of a scalar there is one window, of one element. */
    static List<Expr> unfoldBackward(Batching n) {
        boolean scalar = n.ints("input_sizes").length == 0;
        if (!scalar) {
            return Batch.intoZeros("dim").apply(n);
        }
        return List.of(n.shaped(n.arg("grad_in"), 0));
    }

    static List<Expr> cat(Batching n) {
        DType dtype = n.result(0).dtype();
        List<Expr> parts = new ArrayList<>();
        for (Argument item : n.call().items("tensors")) {
            // Vectors without elements join anything, and then leave no trace.
            if (!((Value) item).type().shape().equals(Shape.of(0))) {
                parts.add(n.each(item).to(dtype));
            }
        }
        if (parts.isEmpty()) {
            return List.of(n.fill(n.result(0), 0));
        }
        return List.of(Expr.cat(parts, 1 + n.dim("dim", n.result(0).rank())));
    }

    static List<Expr> stack(Batching n) {
        DType dtype = n.result(0).dtype();
        List<Expr> parts = n.call().items("tensors").stream()
                .map(item -> n.each(item).to(dtype))
                .toList();
        return List.of(Expr.stack(parts, 1 + n.dim("dim", n.result(0).rank())));
    }

    static List<Expr> roll(Batching n) {
        if (n.ints("dims").length == 0) {
            return List.of(n.shaped(Batch.flat(n, n.self()).call("roll", n.raw("shifts"), 1), 0));
        }
        long[] dims = LongStream.of(n.ints("dims"))
                .map(dim -> 1 + Dims.normalize("dims", dim, n.rank("self")))
                .toArray();
        return n.again(Map.of("dims", dims));
    }

    static List<Expr> repeat(Batching n) {
        long[] repeats = n.ints("repeats");
        long[] whole =
                LongStream.concat(LongStream.of(1), LongStream.of(repeats)).toArray();
        return List.of(n.aligned("self", repeats.length).call("repeat", whole));
    }

    static List<Expr> diagEmbed(Batching n) {
        int rank = n.rank("self") + 1;
        return n.again(Map.of("dim1", 1 + n.dim("dim1", rank), "dim2", 1 + n.dim("dim2", rank)));
    }

    /** Places are counted in row-major order, in which one element of the batch follows the other. */
    static List<Expr> asStrided(Batching n) {
        long[] strides = LongStream.concat(LongStream.of(n.shape("self").elements()), LongStream.of(n.ints("stride")))
                .toArray();
        return List.of(n.self()
                .call(
                        "as_strided",
                        n.withBatch(n.result(0).shape()),
                        strides,
                        n.call().integer("storage_offset", 0)));
    }
}
