package dev.gradwire.graph;

import dev.gradwire.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * One tensor of a graph: an input or a result of a node.
 *
 * @param id its number within its graph; in a recorded one they are dense, inputs first, then results in the order of
 *     the nodes
 */
public record Value(int id, TensorType type) implements Argument {
    /** Spelled out, as planning compares values all the time. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other == this || other instanceof Value value && value.id == id && value.type.equals(type);
    }

    /** The id tells values of one graph apart; passes keep many in hash tables. */
    @Override
    public int hashCode() {
        return id;
    }
}
