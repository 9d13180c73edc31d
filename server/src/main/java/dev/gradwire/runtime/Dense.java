package dev.gradwire.runtime;

import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Tensors in row-major order, as plans take them: those given where they are so, else copies, which this owns. */
final class Dense implements AutoCloseable {
    private final DeviceTensor[] tensors;
    private List<DeviceTensor> copies = List.of();

    /** Of the tensors from number {@code from} up to {@code to}, that one excluded. */
    Dense(Backend backend, DeviceTensor[] given, int from, int to) {
        tensors = Arrays.copyOfRange(given, from, to);
        for (int i = 0; i < tensors.length; i++) {
            if (!tensors[i].layout().isContiguous()) {
                copies = copies.isEmpty() ? new ArrayList<>() : copies;
                tensors[i] = backend.copy(tensors[i]);
                copies.add(tensors[i]);
            }
        }
    }

    DeviceTensor[] tensors() {
        return tensors;
    }

    @Override
    public void close() {
        copies.forEach(DeviceTensor::close);
    }
}
