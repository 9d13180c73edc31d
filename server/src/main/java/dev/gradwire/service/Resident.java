package dev.gradwire.service;

import dev.gradwire.engine.ResidentTensor;
import dev.gradwire.tensor.TensorType;

/** A tensor that a session keeps on the device, and the lease for it; owns both. */
record Resident(ResidentTensor tensor, Lease lease) implements AutoCloseable {
    TensorType type() {
        return tensor.type();
    }

    @Override
    public void close() {
        tensor.close();
        lease.close();
    }
}
