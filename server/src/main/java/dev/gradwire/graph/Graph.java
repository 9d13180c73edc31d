package dev.gradwire.graph;

import java.util.List;

/**
 * An immutable graph. Nodes stand in an order in which they can be run from first to last.
 *
 * @param valueCount how many values there are; their ids are below it
 */
public record Graph(List<Input> inputs, List<Node> nodes, List<Output> outputs, int valueCount) {
    public Graph {
        inputs = List.copyOf(inputs);
        nodes = List.copyOf(nodes);
        outputs = List.copyOf(outputs);
    }

    /** A tensor that the caller gives; {@code requiresGrad} makes it a leaf of the backward pass. */
    public record Input(String name, Value value, boolean requiresGrad) {}

    /** A value to return, under the name by which it was asked for. */
    public record Output(String name, Value value) {}

    @Override
    public String toString() {
        return TextForm.print(this);
    }
}
