package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.stream.Stream;

/** Views of a part of a tensor, and their transposes, which put a part into zeros. */
final class Parts {
    private Parts() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("select.int(Tensor self, int dim, int index) -> Tensor")
                        .doc("self at one index of a dimension, without the dimension")
                        .gradFn("SelectBackward0")
                        .complex()
                        .types(one(call -> selected(call, call.shape("self"))))
                        .vjp(
                                "self",
                                n -> n.grad().call("select_backward", n.shape("self"), n.raw("dim"), n.raw("index")))
                        .view()
                        .batch(Batch.along("self", "dim"))
                        .kernel("select.int")
                        .samples(
                                "float64[2, 3, 4], 1, -1",
                                "float64[3], 0, 2",
                                "float64[2, 0], 0, 1",
                                "complex128[2, 3], 1, -1"),
                operator("select_backward(Tensor grad_output, int[] input_sizes, int dim, int index) -> Tensor")
                        .doc("zeros of shape input_sizes with grad_output at one index of a dimension")
                        .gradFn("SelectBackwardBackward0")
                        .complex()
                        .types(one(call -> placed(call, selected(call, sizes(call)))))
                        .vjp("grad_output", n -> n.grad().call("select", n.raw("dim"), n.raw("index")))
                        .batch(Batch.intoZeros("dim"))
                        .kernel("select_backward")
                        .samples(
                                "float64[2, 4], [2, 3, 4], 1, -1",
                                "float64[], [3], 0, 2",
                                "complex128[2], [2, 3], 1, -1"),
                operator("slice.Tensor(Tensor self, int dim=0, int? start=None, int? end=None, int step=1) -> Tensor")
                        .doc("self[start:end:step] along a dimension, with Python's rules")
                        .gradFn("SliceBackward0")
                        .complex()
                        .types(one(call -> sliced(call, call.shape("self"))))
                        .vjp("self", n -> {
                            Range range = range(n.call(), n.shape("self"));
                            return n.grad()
                                    .call(
                                            "slice_backward",
                                            n.shape("self"),
                                            range.dim,
                                            range.start,
                                            range.end,
                                            range.step);
                        })
                        .view()
                        .batch(Batch.along("self", "dim"))
                        .kernel("slice.Tensor", call -> {
                            Range range = range(call, call.shape("self"));
                            return Stream.of(call.arg("self"), range.dim, range.start, range.end, range.step)
                                    .map(Expr::argument)
                                    .toList();
                        })
                        .samples(
                                "float64[5, 2], 0, 1, 4, 2",
                                "float64[5], 0, -3, 9223372036854775807",
                                "float64[2, 3], -1, 2, 1",
                                "complex128[5, 2], 0, 1, 4, 2"),
                operator("narrow_copy(Tensor self, int dim, int start, int length) -> Tensor")
                        .doc("length elements of a dimension from start on; a copy")
                        .gradFn("NarrowCopyBackward0")
                        .complex()
                        .types(one(call -> {
                            Range range = narrowed(call);
                            return like(call, call.shape("self").withDim(range.dim, range.size()));
                        }))
                        .vjp("self", n -> {
                            Range range = narrowed(n.call());
                            return n.grad()
                                    .call("slice_backward", n.shape("self"), range.dim, range.start, range.end, 1);
                        })
                        .decompose(n -> {
                            Range range = narrowed(n.call());
                            return n.arg("self").slice(range.dim, range.start, range.end);
                        })
                        .samples("float64[5, 2], 0, -3, 2", "complex128[5], 0, 1, 2"),
                operator("slice_backward(Tensor grad_output, int[] input_sizes, int dim, int start, int end, int step)"
                                + " -> Tensor")
                        .doc("zeros of shape input_sizes with grad_output at start:end:step of a dimension")
                        .gradFn("SliceBackwardBackward0")
                        .complex()
                        .types(one(call -> placed(call, sliced(call, sizes(call)))))
                        .vjp(
                                "grad_output",
                                n -> n.grad().call("slice", n.raw("dim"), n.raw("start"), n.raw("end"), n.raw("step")))
                        .batch(Batch.intoZeros("dim"))
                        .kernel("slice_backward")
                        .samples("float64[2, 2], [5, 2], 0, 1, 4, 2", "complex128[2, 2], [5, 2], 0, 1, 4, 2"),
                operator("diagonal(Tensor self, int offset=0, int dim1=0, int dim2=1) -> Tensor")
                        .doc("the diagonals of the matrices in dim1 and dim2, as the last dimension")
                        .gradFn("DiagonalBackward0")
                        .complex()
                        .types(one(call -> diagonalOf(call, call.shape("self"))))
                        .vjp(
                                "self",
                                n -> n.grad()
                                        .call(
                                                "diagonal_backward",
                                                n.shape("self"),
                                                n.raw("offset"),
                                                n.raw("dim1"),
                                                n.raw("dim2")))
                        .view()
                        .batch(Batch.along("self", "dim1", "dim2"))
                        .kernel("diagonal")
                        .samples(
                                "float64[3, 4]", "float64[3, 2, 4], 1, 0, -1", "float64[3, 3], -5", "complex128[3, 4]"),
                operator("diagonal_backward(Tensor grad_output, int[] input_sizes, int offset, int dim1, int dim2)"
                                + " -> Tensor")
                        .doc("zeros of shape input_sizes with the last dimension of grad_output on a diagonal")
                        .gradFn("DiagonalBackwardBackward0")
                        .complex()
                        .types(one(call -> placed(call, diagonalOf(call, sizes(call)))))
                        .vjp(
                                "grad_output",
                                n -> n.grad().call("diagonal", n.raw("offset"), n.raw("dim1"), n.raw("dim2")))
                        .batch(Batch.intoZeros("dim1", "dim2"))
                        .kernel("diagonal_backward")
                        .samples("float64[2, 3], [3, 2, 4], 1, 0, -1", "complex128[3], [3, 4], 0, 0, 1"),
                operator("unfold(Tensor self, int dimension, int size, int step) -> Tensor")
                        .doc("windows of a dimension, step apart, with their elements in a new last dimension")
                        .gradFn("UnfoldBackward0")
                        .complex()
                        .types(one(call -> windows(call, call.shape("self"), "dimension")))
                        .vjp(
                                "self",
                                n -> n.grad()
                                        .call(
                                                "unfold_backward",
                                                n.shape("self"),
                                                n.raw("dimension"),
                                                n.raw("size"),
                                                n.raw("step")))
                        .view()
                        .batch(Batch.along("self", "dimension"))
                        .kernel("unfold")
                        .samples(
                                "float64[2, 7], -1, 3, 2",
                                "float64[4, 2], 0, 2, 1",
                                "float64[], 0, 1, 1",
                                "complex128[7], 0, 3, 2"),
                operator("unfold_backward(Tensor grad_in, int[] input_sizes, int dim, int size, int step) -> Tensor")
                        .doc("the sum of windows at their places in zeros of shape input_sizes")
                        .gradFn("UnfoldBackwardBackward0")
                        .complex()
                        .types(one(call -> placed(call, windows(call, sizes(call), "dim"))))
                        .vjp("grad_in", n -> n.grad().call("unfold", n.raw("dim"), n.raw("size"), n.raw("step")))
                        .batch(ViewBatching::unfoldBackward)
                        .kernel("unfold_backward")
                        .samples("float64[2, 3, 3], [2, 7], -1, 3, 2", "complex128[3, 3], [7], 0, 3, 2"));
    }

    /** The argument {@code input_sizes} of a transpose. */
    private static Shape sizes(Call call) {
        long[] sizes = call.ints("input_sizes");
        for (long size : sizes) {
            if (size < 0) {
                throw GraphException.argument(Reason.INVALID_ARGUMENT, "input_sizes", "has the negative size " + size);
            }
        }
        return Shape.of(sizes);
    }

    /** The type of a transpose's result, once the part it is given has the shape that the view would have. */
    private static TensorType placed(Call call, TensorType part) {
        String grad = call.op().canonical().parameters().getFirst().name();
        if (!call.shape(grad).equals(part.shape())) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    grad,
                    "has shape " + call.shape(grad) + ", but the part has shape " + part.shape());
        }
        return call.type(grad).withShape(sizes(call));
    }

    private static TensorType like(Call call, Shape shape) {
        return call.type(call.op().canonical().parameters().getFirst().name()).withShape(shape);
    }

    static TensorType selected(Call call, Shape shape) {
        int dim = Dims.existing(call, "dim", shape);
        Dims.index("index", call.integer("index"), shape, dim);
        return like(call, shape.withoutDim(dim));
    }

    /** A slice with its bounds inside the dimension. */
    record Range(int dim, long start, long end, long step) {
        long size() {
            return (end - start + step - 1) / step;
        }
    }

    static Range range(Call call, Shape shape) {
        int dim = Dims.existing(call, "dim", shape);
        long size = shape.dim(dim);
        long start = clamp(call.integer("start", 0), size, 0);
        long end = clamp(call.integer("end", size), size, start);
        long step = call.integer("step");
        if (step <= 0) {
            throw GraphException.argument(Reason.INVALID_ARGUMENT, "step", "must be positive, but is " + step);
        }
        // A step beyond the dimension takes one element, and cannot overflow in a stride.
        return new Range(dim, start, end, Math.min(step, Math.max(size, 1)));
    }

    /** What {@code narrow} takes; it does not clamp. */
    static Range narrowed(Call call) {
        Shape shape = call.shape("self");
        int dim = Dims.existing(call, "dim", shape);
        long size = shape.dim(dim);
        long start = call.integer("start");
        long length = call.integer("length");
        long from = start < 0 ? start + size : start;
        if (from < 0 || from > size || length < 0 || length > size - from) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    "length",
                    length + " elements from " + start + " on are not in dimension " + dim + " of shape " + shape);
        }
        return new Range(dim, from, from + length, 1);
    }

    private static long clamp(long bound, long size, long least) {
        return Math.clamp(bound < 0 ? bound + size : bound, least, size);
    }

    static TensorType sliced(Call call, Shape shape) {
        Range range = range(call, shape);
        return like(call, shape.withDim(range.dim, range.size()));
    }

    static TensorType diagonalOf(Call call, Shape shape) {
        int rank = shape.rank();
        int dim1 = Dims.existing(call, "dim1", shape);
        int dim2 = Dims.existing(call, "dim2", shape);
        if (dim1 == dim2) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT, "dim2", "names the same dimension " + dim2 + " as dim1");
        }
        long offset = call.integer("offset");
        long rows = Math.addExact(shape.dim(dim1), Math.min(offset, 0));
        long columns = Math.subtractExact(shape.dim(dim2), Math.max(offset, 0));
        Shape rest = shape.withoutDim(Math.max(dim1, dim2)).withoutDim(Math.min(dim1, dim2));
        return like(call, rest.insertDim(rank - 2, Math.max(0, Math.min(rows, columns))));
    }

    private static TensorType windows(Call call, Shape shape, String dimension) {
        int dim = Dims.normalize(call, dimension, shape.rank());
        long extent = shape.rank() == 0 ? 1 : shape.dim(dim);
        long size = call.integer("size");
        long step = call.integer("step");
        if (size < 0 || size > extent) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH, "size", "a window of " + size + " does not fit in shape " + shape);
        }
        if (step <= 0) {
            throw GraphException.argument(Reason.INVALID_ARGUMENT, "step", "must be positive, but is " + step);
        }
        Shape places = shape.rank() == 0 ? shape : shape.withDim(dim, (extent - size) / step + 1);
        return like(call, places.insertDim(shape.rank(), size));
    }
}
