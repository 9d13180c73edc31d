package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.Group;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the rows of an operand stand, in elements from its first one.
 *
 * @param outer dimensions from row to row; their sizes' product is the number of rows
 * @param inner dimensions within a row, empty for a row whose columns stand side by side, or all on one element
 */
record RowPlaces(long offset, List<Dim> outer, List<Dim> inner, boolean repeated) {
    /** One dimension. */
    record Dim(long size, long stride) {}

    /** Null where rows do not begin at a place of some dimension. */
    static @Nullable RowPlaces of(Group.Read read, long rows, long columns) {
        Group.Places places = read.layout();
        if (places.isSingle()) {
            return new RowPlaces(places.offset(), List.of(), List.of(), true);
        }
        List<Dim> within = new ArrayList<>();
        List<Dim> across = new ArrayList<>();
        long rest = columns;
        for (int i = places.sizes().size() - 1; i >= 0; i--) {
            long size = places.sizes().get(i);
            long stride = places.strides().get(i);
            if (rest == 1) {
                across.addFirst(new Dim(size, stride));
            } else if (rest % size == 0) {
                within.addFirst(new Dim(size, stride));
                rest /= size;
            } else if (size % rest == 0) {
                within.addFirst(new Dim(rest, stride));
                across.addFirst(new Dim(size / rest, stride * rest));
                rest = 1;
            } else {
                return null;
            }
        }
        boolean repeated = read.perRow() || within.stream().allMatch(dim -> dim.stride() == 0) && columns > 1;
        boolean plain = repeated
                || within.isEmpty()
                || within.size() == 1 && within.getFirst().stride() == 1;
        return new RowPlaces(places.offset(), List.copyOf(across), plain ? List.of() : within, repeated);
    }

    /** Where a row begins. */
    long row(long row) {
        long at = offset;
        long rest = row;
        for (int i = outer.size() - 1; i > 0; i--) {
            Dim dim = outer.get(i);
            at += rest % dim.size() * dim.stride();
            rest /= dim.size();
        }
        return outer.isEmpty() ? at : at + rest * outer.getFirst().stride();
    }

    /** How far it is from one row to the next within {@link #run}. */
    long step() {
        return outer.isEmpty() ? 0 : outer.getLast().stride();
    }

    /** How many rows follow each other by {@link #step} from one on. */
    long run(long row) {
        if (outer.size() <= 1) {
            return Long.MAX_VALUE;
        }
        long size = outer.getLast().size();
        return size - row % size;
    }
}
