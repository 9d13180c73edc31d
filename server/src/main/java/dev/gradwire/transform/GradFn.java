package dev.gradwire.transform;

import dev.gradwire.tensor.TensorType;
import java.util.List;

/**
 * PyTorch's differentiation node of one value.
 *
 * @param node the client's name of the node or input
 * @param output which of the node's results has it
 * @param name {@code PowBackward0}; {@link #LEAF} for an input that requires grad
 * @param nextFunctions where gradients of the arguments flow, in PyTorch's order
 * @param sequenceNumber order of recording, from 0
 * @param resultTypes of all the node's results
 * @param saved what the backward pass reads of the forward pass
 */
public record GradFn(
        String node,
        int output,
        String name,
        List<Edge> nextFunctions,
        long sequenceNumber,
        List<TensorType> resultTypes,
        List<Saved> saved) {
    public static final String LEAF = "AccumulateGrad";

    public GradFn {
        nextFunctions = List.copyOf(nextFunctions);
        resultTypes = List.copyOf(resultTypes);
        saved = List.copyOf(saved);
    }

    /** @param node empty where no gradient flows */
    public record Edge(String node, int inputNumber) {
        static final Edge NONE = new Edge("", 0);
    }

    /** @param name the parameter's name, or {@code result}, {@code result1}, … */
    public record Saved(String name, long bytes) {}
}
