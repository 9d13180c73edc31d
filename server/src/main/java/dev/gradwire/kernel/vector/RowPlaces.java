package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.Group;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the rows of an operand stand, in elements from its first one.
 *
 * @param sizes of the rows' dimensions; their product is the number of rows
 * @param strides from row to row in each of these
 * @param inner dimensions within a row, empty for a row whose columns stand side by side, or all on one element
 */
record RowPlaces(long offset, long[] sizes, long[] strides, List<Inner> inner, boolean repeated) {
    /** One dimension within a row. */
    record Inner(long size, long stride) {}

    /** Null where rows do not begin at a place of some dimension. */
    static @Nullable RowPlaces of(Group.Read read, long rows, long columns) {
        Group.Places places = read.layout();
        if (places.isSingle()) {
            return new RowPlaces(places.offset(), new long[0], new long[0], List.of(), true);
        }
        List<Inner> within = new ArrayList<>();
        List<Inner> across = new ArrayList<>();
        long rest = columns;
        for (int i = places.sizes().size() - 1; i >= 0; i--) {
            long size = places.sizes().get(i);
            long stride = places.strides().get(i);
            if (rest == 1) {
                across.addFirst(new Inner(size, stride));
            } else if (rest % size == 0) {
                within.addFirst(new Inner(size, stride));
                rest /= size;
            } else if (size % rest == 0) {
                within.addFirst(new Inner(rest, stride));
                across.addFirst(new Inner(size / rest, stride * rest));
                rest = 1;
            } else {
                return null;
            }
        }
        boolean repeated = read.perRow() || within.stream().allMatch(dim -> dim.stride() == 0) && columns > 1;
        boolean plain = repeated
                || within.isEmpty()
                || within.size() == 1 && within.getFirst().stride() == 1;
        return new RowPlaces(
                places.offset(),
                across.stream().mapToLong(Inner::size).toArray(),
                across.stream().mapToLong(Inner::stride).toArray(),
                plain ? List.of() : within,
                repeated);
    }

    /** Where a row begins. */
    long row(long row) {
        long at = offset;
        long rest = row;
        for (int i = sizes.length - 1; i > 0; i--) {
            at += rest % sizes[i] * strides[i];
            rest /= sizes[i];
        }
        return sizes.length == 0 ? at : at + rest * strides[0];
    }

    /** How far it is from one row to the next within {@link #run}. */
    long step() {
        return sizes.length == 0 ? 0 : strides[sizes.length - 1];
    }

    /** How many rows follow each other by {@link #step} from one on. */
    long run(long row) {
        if (sizes.length <= 1) {
            return Long.MAX_VALUE;
        }
        long size = sizes[sizes.length - 1];
        return size - row % size;
    }
}
