package dev.gradwire.kernel;

import dev.gradwire.tensor.Layout;
import java.lang.foreign.MemorySegment;

/**
 * A tensor on a device, as its backend holds it; may be a view that shares storage with others (the backend counts
 * the storage's users). Whoever received it closes it, exactly once.
 */
public interface DeviceTensor extends AutoCloseable {
    /** Sizes and strides; the offset is 0. */
    Layout layout();

    /**
     * The memory of a tensor on the host, from its first element to the last one that its layout reaches; valid until
     * the tensor is closed.
     *
     * @throws IllegalStateException when it is on another device
     */
    MemorySegment memory();

    @Override
    void close();
}
