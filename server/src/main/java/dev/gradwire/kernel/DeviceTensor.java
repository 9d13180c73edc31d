package dev.gradwire.kernel;

/**
 * A tensor on a device, as its backend holds it; may be a view that shares storage with others (the backend counts
 * the storage's users). Whoever received it closes it, exactly once.
 */
public interface DeviceTensor extends AutoCloseable {
    @Override
    void close();
}
