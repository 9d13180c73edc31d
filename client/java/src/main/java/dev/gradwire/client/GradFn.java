package dev.gradwire.client;

import dev.gradwire.v1.Profile;
import dev.gradwire.v1.SavedTensor;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A node of the backward graph, as PyTorch's {@code grad_fn}. It describes the graph as it was recorded, whatever the
 * server makes of it.
 */
public final class GradFn {
    private final dev.gradwire.v1.GradFn wire;
    private final @Nullable Tensor variable;
    private List<Edge> nextFunctions = List.of();

    GradFn(dev.gradwire.v1.GradFn wire, @Nullable Tensor variable) {
        this.wire = wire;
        this.variable = variable;
    }

    /**
     * Where the gradient of one argument goes.
     *
     * @param function null where no gradient is needed
     * @param inputNumber which result of the forward node the argument was
     */
    public record Edge(@Nullable GradFn function, int inputNumber) {}

    void link(List<Edge> edges) {
        nextFunctions = edges;
    }

    /** PyTorch's name: {@code PowBackward0}; {@code AccumulateGrad} for a leaf. */
    public String name() {
        return wire.getName();
    }

    /** Name of the recorded node, or of the leaf, in the request that this came from. */
    public String node() {
        return wire.getNode();
    }

    /** Which result of the node has it. */
    public int output() {
        return wire.getOutput();
    }

    /** One for each argument that can have a gradient, in PyTorch's order. */
    public List<Edge> nextFunctions() {
        return nextFunctions;
    }

    /** Order of recording: higher runs earlier in the backward pass. */
    public long sequenceNumber() {
        return wire.getSequenceNumber();
    }

    /** Types of the node's results, e.g. {@code float32[2, 2]}. */
    public List<String> resultTypes() {
        return wire.getResultTypesList().stream()
                .map(type -> TensorType.of(type).toString())
                .toList();
    }

    /** What the forward pass keeps for it, by PyTorch's names. */
    public List<SavedTensor> saved() {
        return wire.getSavedList();
    }

    /** What the node's forward pass took; with {@link RunOptions#profile} only. */
    public Optional<Profile> forward() {
        return wire.hasForward() ? Optional.of(wire.getForward()) : Optional.empty();
    }

    /** What the node's backward pass took; with {@link RunOptions#profile} only. */
    public Optional<Profile> backward() {
        return wire.hasBackward() ? Optional.of(wire.getBackward()) : Optional.empty();
    }

    /** The leaf into which an {@code AccumulateGrad} adds; null for others. */
    public @Nullable Tensor variable() {
        return variable;
    }

    /** Everything behind it as an indented tree; what was shown before is only named again. */
    public String tree() {
        return GradFnTree.print(this);
    }

    /** Everything behind it in Graphviz's language. */
    public String dot() {
        return GradFnDot.print(this);
    }

    /** {@code <PowBackward0>}. */
    @Override
    public String toString() {
        return "<" + name() + ">";
    }
}
