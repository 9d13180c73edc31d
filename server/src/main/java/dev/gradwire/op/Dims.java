package dev.gradwire.op;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** Dimensions as arguments: negative ones count from the end; a scalar has one dimension to speak of. */
final class Dims {
    /** The most results a node may have. */
    private static final int MAX_RESULTS = 1 << 16;

    private Dims() {}

    /** A dimension from the front, checked. */
    static int normalize(String parameter, long dim, int rank) {
        int range = Math.max(rank, 1);
        if (dim < -range || dim >= range) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    parameter,
                    "dimension " + dim + " is out of range for a tensor of rank " + rank);
        }
        return (int) (dim < 0 ? dim + range : dim);
    }

    static int normalize(Call call, String parameter, int rank) {
        return normalize(parameter, call.integer(parameter), rank);
    }

    /** A dimension from the front of a shape that must have dimensions. */
    static int existing(Call call, String parameter, Shape shape) {
        if (shape.rank() == 0) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH, parameter, "a tensor of shape [] has no dimension to take apart");
        }
        return normalize(call, parameter, shape.rank());
    }

    /** An index into a dimension, from the front, checked. */
    static long index(String parameter, long index, Shape shape, int dim) {
        long size = shape.dim(dim);
        if (index < -size || index >= size) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    parameter,
                    "index " + index + " is out of range for dimension " + dim + " of shape " + shape);
        }
        return index < 0 ? index + size : index;
    }

    /** A number of results, which each take a place in the graph. */
    static int count(String parameter, long count) {
        if (count > MAX_RESULTS) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT,
                    parameter,
                    "makes " + count + " results, but at most " + MAX_RESULTS + " are possible");
        }
        return (int) count;
    }

    /** The dimensions named by a list (or one int); None and an empty list mean all. */
    static long[] all(Call call, String parameter, int rank) {
        boolean every = !call.has(parameter)
                || call.arg(parameter) instanceof Argument.Items items
                        && items.items().isEmpty();
        return every ? all(rank) : listed(call, parameter, rank);
    }

    static long[] all(int rank) {
        return LongStream.range(0, rank).toArray();
    }

    /** The dimensions named by a list (or one int), each once; of a scalar none are left. */
    static long[] listed(Call call, String parameter, int rank) {
        List<Long> dims = new ArrayList<>();
        long[] given =
                call.arg(parameter) instanceof Argument.Int one ? new long[] {one.value()} : call.ints(parameter);
        for (long dim : given) {
            long normalized = normalize(parameter, dim, rank);
            if (dims.contains(normalized)) {
                throw GraphException.argument(
                        Reason.SHAPE_MISMATCH, parameter, "names dimension " + normalized + " twice");
            }
            dims.add(normalized);
        }
        return rank == 0
                ? new long[0]
                : dims.stream().mapToLong(Long::longValue).toArray();
    }

    /** The shape that is left when {@code dims} are reduced. */
    static Shape reduce(Shape shape, long[] dims, boolean keepdim) {
        boolean[] gone = new boolean[shape.rank()];
        for (long dim : dims) {
            gone[(int) dim] = true;
        }
        List<Long> left = new ArrayList<>();
        for (int i = 0; i < gone.length; i++) {
            if (!gone[i]) {
                left.add(shape.dim(i));
            } else if (keepdim) {
                left.add(1L);
            }
        }
        return Shape.of(left);
    }
}
