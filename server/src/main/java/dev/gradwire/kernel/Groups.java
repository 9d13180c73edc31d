package dev.gradwire.kernel;

import dev.gradwire.tensor.DType;
import java.time.Duration;

/** What runs groups on a device. Safe for use by many threads. */
public interface Groups {
    /** Whether an instruction of this kind, with a value of this dtype, can be part of a group. */
    boolean takes(GroupOp op, DType dtype);

    /**
     * Makes a group ready to run: a kernel that computes into tensors that are there already
     * ({@link Kernel#writes()}), one for each of the group's writes.
     */
    Kernel compile(Group group);

    /** How many loops were made for groups that are run a lot. */
    default long loops() {
        return 0;
    }

    /**
     * Has the JVM compile what runs groups, most used first, for as long as this; returns early when that is done or the
     * thread is interrupted.
     */
    default void warmUp(Duration time) {}
}
