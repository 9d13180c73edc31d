package dev.gradwire.runtime;

import dev.gradwire.kernel.KernelException;

/** A kernel failed for the values it was given; names the client's node. */
public final class StepException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String node;
    private final boolean backward;

    StepException(String node, boolean backward, KernelException cause) {
        super(cause.getMessage(), cause);
        this.node = node;
        this.backward = backward;
    }

    public String node() {
        return node;
    }

    public boolean backward() {
        return backward;
    }
}
