package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.stream.LongStream;

/** One tensor cut into several. */
final class Splits {
    private Splits() {}

    static List<Declaration> declarations() {
        return List.of(
                split("split.Tensor(Tensor self, int split_size, int dim=0)", "SplitBackward0", Splits::evenly)
                        .samples("float64[5, 2], 2", "float64[2, 3], 1, -1", "float64[2], 3", "complex128[5, 2], 2"),
                operator("split.sizes(Tensor self, int[] split_size, int dim=0) -> Tensor[]")
                        .doc("self cut along a dimension into parts of given sizes")
                        .composite(n -> n.arg("self").calls("split_with_sizes", n.raw("split_size"), n.raw("dim")))
                        .complex()
                        .samples("float64[5, 2], [2, 3]", "complex128[5, 2], [2, 3]"),
                split(
                                "split_with_sizes(Tensor self, int[] split_sizes, int dim=0)",
                                "SplitWithSizesBackward0",
                                call -> withSizes(call, "split_sizes"))
                        .samples("float64[2, 5], [1, 0, 4], -1", "complex128[2, 5], [1, 4], -1"),
                operator("unbind.int(Tensor self, int dim=0) -> Tensor[]")
                        .doc("self at each index of a dimension")
                        .gradFn("UnbindBackward0")
                        .complex()
                        .types(Splits::unbound)
                        .vjp("self", n -> Expr.stack(n.grads(), n.dim("dim", n.rank("self"))))
                        .view()
                        .decomposeAll(n -> {
                            int dim = n.dim("dim", n.rank("self"));
                            List<Expr> parts = new ArrayList<>();
                            for (long i = 0; i < n.shape("self").dim(dim); i++) {
                                parts.add(n.arg("self").select(dim, i));
                            }
                            return parts;
                        })
                        .samples("float64[3, 2]", "float64[2, 3], -1", "complex128[3, 2]"),
                split(
                                "unsafe_split.Tensor(Tensor self, int split_size, int dim=0)",
                                "UnsafeSplitBackward0",
                                Splits::evenly)
                        .samples("float64[5, 2], 2", "complex128[5, 2], 2"),
                split(
                                "unsafe_split_with_sizes(Tensor self, int[] split_sizes, int dim=0)",
                                "UnsafeSplitWithSizesBackward0",
                                call -> withSizes(call, "split_sizes"))
                        .samples("float64[5, 2], [1, 4]", "complex128[5, 2], [1, 4]"),
                chunk("chunk", "split"),
                chunk("unsafe_chunk", "unsafe_split"),
                slices("tensor_split.sections(Tensor self, int sections, int dim=0)", Splits::sections)
                        .samples("float64[7, 2], 3", "complex128[7, 2], 3"),
                slices(
                                "tensor_split.indices(Tensor self, int[] indices, int dim=0)",
                                n -> cut(n, dim(n), n.ints("indices")))
                        .samples("float64[7, 2], [2, 4]", "complex128[7, 2], [2, 4]"),
                slices(
                                "tensor_split.tensor_indices_or_sections(Tensor self, Tensor tensor_indices_or_sections, int dim=0)",
                                n -> {
                                    // One number is a number of parts, several are places.
                                    n.constant("tensor_indices_or_sections");
                                    return n.self()
                                            .calls(
                                                    n.rank("tensor_indices_or_sections") == 0
                                                            ? "tensor_split.sections"
                                                            : "tensor_split.indices",
                                                    n.raw("tensor_indices_or_sections"),
                                                    n.raw("dim"));
                                })
                        .unsampled("its indices are a constant"),
                equally("hsplit", 1).samples("float64[4, 4, 4], 2", "complex128[2, 4], 2"),
                before("hsplit", 1).samples("float64[4, 4, 4], [1, 3]", "complex128[2, 4], [1, 3]"),
                equally("vsplit", 0).samples("float64[4, 4, 4], 2", "complex128[4, 2], 2"),
                before("vsplit", 0).samples("float64[4, 4, 4], [1, 3]", "complex128[4, 2], [1, 3]"),
                equally("dsplit", 2).samples("float64[4, 4, 4], 2", "complex128[1, 1, 4], 2"),
                before("dsplit", 2).samples("float64[4, 4, 4], [1, 3]", "complex128[1, 1, 4], [1, 3]"));
    }

    private static Declaration split(String parameters, String gradFn, Function<Call, long[]> sizes) {
        return operator(parameters + " -> Tensor[]")
                .doc("self cut along a dimension")
                .gradFn(gradFn)
                .complex()
                .types(call -> {
                    int dim = Dims.existing(call, "dim", call.shape("self"));
                    List<TensorType> parts = new ArrayList<>();
                    for (long size : sizes.apply(call)) {
                        parts.add(part(call, call.shape("self").withDim(dim, size)));
                    }
                    return parts;
                })
                .vjp("self", n -> Expr.cat(n.grads(), n.dim("dim", n.rank("self"))))
                .view()
                .decomposeAll(n -> {
                    int dim = n.dim("dim", n.rank("self"));
                    List<Expr> parts = new ArrayList<>();
                    long start = 0;
                    for (long size : sizes.apply(n.call())) {
                        parts.add(n.arg("self").slice(dim, start, start + size));
                        start += size;
                    }
                    return parts;
                });
    }

    /** Sizes of parts that are alike but for a smaller last one. */
    static long[] evenly(Call call) {
        Shape shape = call.shape("self");
        long extent = shape.dim(Dims.existing(call, "dim", shape));
        long size = call.integer("split_size");
        if (size < 0 || size == 0 && extent != 0) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT, "split_size", size + " does not divide a dimension of size " + extent);
        }
        int count = size == 0 ? 1 : Dims.count("split_size", Math.max(1, Math.ceilDiv(extent, size)));
        long[] sizes = new long[count];
        for (int i = 0; i < count; i++) {
            sizes[i] = Math.min(size, extent - i * size);
        }
        return sizes;
    }

    private static long[] withSizes(Call call, String parameter) {
        Shape shape = call.shape("self");
        long extent = shape.dim(Dims.existing(call, "dim", shape));
        long[] sizes = call.ints(parameter);
        long sum = 0;
        for (long size : sizes) {
            if (size < 0) {
                throw GraphException.argument(Reason.INVALID_ARGUMENT, parameter, "has the negative size " + size);
            }
            sum = Math.addExact(sum, size);
        }
        if (sum != extent || sizes.length == 0) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    parameter,
                    "adds up to " + sum + ", but dimension " + call.integer("dim") + " of shape " + shape + " has "
                            + extent);
        }
        return sizes;
    }

    private static List<TensorType> unbound(Call call) {
        Shape shape = call.shape("self");
        int dim = Dims.existing(call, "dim", shape);
        TensorType part = part(call, shape.withoutDim(dim));
        return Collections.nCopies(Dims.count("dim", shape.dim(dim)), part);
    }

    private static TensorType part(Call call, Shape shape) {
        return call.type("self").withShape(shape);
    }

    private static Declaration chunk(String name, String split) {
        return operator(name + "(Tensor self, int chunks, int dim=0) -> Tensor[]")
                .doc("self cut into at most so many parts, alike but for a smaller last one")
                .complex()
                .samples("complex128[5, 2], 2")
                .composite(n -> {
                    Shape shape = n.shape("self");
                    long extent = shape.dim(Dims.existing(n.call(), "dim", shape));
                    long chunks = n.integer("chunks");
                    if (chunks <= 0) {
                        throw GraphException.argument(
                                Reason.INVALID_ARGUMENT, "chunks", "must be positive, but is " + chunks);
                    }
                    if (extent == 0) { // as many empty parts as were asked for
                        long[] sizes = new long[Dims.count("chunks", chunks)];
                        return n.arg("self").calls(split + "_with_sizes", sizes, n.raw("dim"));
                    }
                    return n.arg("self").calls(split, Math.ceilDiv(extent, chunks), n.raw("dim"));
                })
                .samples("float64[5, 2], 3", "float64[0, 2], 2");
    }

    private static Declaration slices(String parameters, Function<Args, List<Expr>> expansion) {
        return operator(parameters + " -> Tensor[]")
                .doc("self cut along a dimension, into a number of parts or before each of some indices")
                .complex()
                .composite(expansion::apply);
    }

    /** Parts that differ by at most one in size, the larger ones first. */
    private static List<Expr> sections(Args n) {
        return sections(n, dim(n));
    }

    private static int dim(Args n) {
        return Dims.existing(n.call(), "dim", n.shape("self"));
    }

    private static List<Expr> sections(Args n, int dim) {
        int count = Dims.count("sections", n.integer("sections"));
        if (count <= 0) {
            throw GraphException.argument(Reason.INVALID_ARGUMENT, "sections", "must be positive, but is " + count);
        }
        long extent = n.shape("self").dim(dim);
        long[] ends = new long[count - 1];
        Arrays.setAll(ends, i -> (i + 1) * (extent / count) + Math.min(i + 1, extent % count));
        return cut(n, dim, ends);
    }

    private static List<Expr> cut(Args n, int dim, long[] ends) {
        List<Expr> parts = new ArrayList<>();
        long start = 0;
        for (long end : LongStream.concat(
                        LongStream.of(ends), LongStream.of(n.shape("self").dim(dim)))
                .toArray()) {
            parts.add(n.arg("self").slice(dim, start, end));
            start = end;
        }
        return parts;
    }

    /** {@code tensor_split} into parts of equal size along a fixed dimension. */
    private static Declaration equally(String name, int dim) {
        return slices(name + ".int(Tensor self, int sections)", n -> {
            int at = fixedDim(n, dim);
            long sections = n.integer("sections");
            if (sections <= 0 || n.shape("self").dim(at) % sections != 0) {
                throw GraphException.argument(
                        Reason.SHAPE_MISMATCH,
                        "sections",
                        sections + " parts of equal size do not fit dimension " + at + " of shape " + n.shape("self"));
            }
            return sections(n, at);
        });
    }

    private static Declaration before(String name, int dim) {
        return slices(name + ".array(Tensor self, int[] indices)", n -> cut(n, fixedDim(n, dim), n.ints("indices")));
    }

    /** The dimension itself, but the only one of a vector in the place of columns. */
    private static int fixedDim(Args n, int dim) {
        int rank = n.rank("self");
        boolean vector = dim == 1 && rank == 1;
        if (!vector && rank < Math.max(2, dim + 1)) {
            throw GraphException.argument(Reason.SHAPE_MISMATCH, "self", "has too few dimensions: " + n.shape("self"));
        }
        return vector ? 0 : dim;
    }
}
