package dev.gradwire.op;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** Dimensions as arguments: negative ones count from the end; a scalar has one dimension to speak of. */
final class Dims {
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

    /** The dimensions named by a list (or one int); None and an empty list mean all. */
    static long[] all(Call call, String parameter, int rank) {
        boolean every = !call.has(parameter) || call.items(parameter).isEmpty();
        return every ? LongStream.range(0, rank).toArray() : listed(call, parameter, rank);
    }

    /** The dimensions named by a list, each once; of a scalar none are left. */
    static long[] listed(Call call, String parameter, int rank) {
        List<Long> dims = new ArrayList<>();
        for (long dim : call.ints(parameter)) {
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
