package dev.gradwire.runtime;

import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Tensors in row-major order, as plans take them: those given where they are, or copies, which this owns. */
record Dense(DeviceTensor[] tensors, List<DeviceTensor> copies) implements AutoCloseable {
    static Dense of(Backend backend, DeviceTensor[] given, int from, int to) {
        DeviceTensor[] tensors = Arrays.copyOfRange(given, from, to);
        List<DeviceTensor> copies = List.of();
        for (int i = 0; i < tensors.length; i++) {
            if (!tensors[i].layout().isContiguous()) {
                copies = copies.isEmpty() ? new ArrayList<>() : copies;
                tensors[i] = backend.copy(tensors[i]);
                copies.add(tensors[i]);
            }
        }
        return new Dense(tensors, copies);
    }

    @Override
    public void close() {
        copies.forEach(DeviceTensor::close);
    }
}
