package dev.gradwire.runtime;

import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/** The rows of a tensor along its first dimension, each made when it is first asked for. The tensor stays its owner's. */
final class Rows implements AutoCloseable {
    private final Backend backend;
    private final DeviceTensor whole;
    private final TensorType type;
    private final @Nullable DeviceTensor[] rows;

    /** @param type of a row */
    Rows(Backend backend, DeviceTensor whole, TensorType type) {
        this.backend = backend;
        this.whole = whole;
        this.type = type;
        this.rows = new @Nullable DeviceTensor[Math.toIntExact(whole.layout().size(0))];
    }

    /** Whether these are the rows of this very tensor. */
    @SuppressWarnings("ReferenceEquality")
    boolean areOf(DeviceTensor tensor) {
        return whole == tensor;
    }

    int count() {
        return rows.length;
    }

    /** A row; it stays open as long as this is. */
    DeviceTensor at(long index) {
        DeviceTensor row = rows[(int) index];
        if (row == null) {
            row = backend.row(whole, index, type);
            rows[(int) index] = row;
        }
        return row;
    }

    /** How many rows have been made. */
    int made() {
        int count = 0;
        for (DeviceTensor row : rows) {
            count += row == null ? 0 : 1;
        }
        return count;
    }

    @Override
    public void close() {
        for (DeviceTensor row : rows) {
            if (row != null) {
                row.close();
            }
        }
    }
}
