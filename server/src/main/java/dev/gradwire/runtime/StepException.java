package dev.gradwire.runtime;

import dev.gradwire.kernel.KernelException;
import dev.gradwire.pass.Plan.Step;

/** A kernel failed for the values it was given; names the client's node. */
public final class StepException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String node;
    private final boolean backward;

    StepException(Step step, KernelException cause) {
        super(cause.getMessage(), cause);
        this.node = step.node();
        this.backward = step.backward();
    }

    public String node() {
        return node;
    }

    public boolean backward() {
        return backward;
    }
}
