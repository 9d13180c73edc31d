package dev.gradwire.runtime;

import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** What the frames of one run share. */
final class RunState {
    private final Backend backend;
    private final RunOptions options;
    private final Lane lane;
    private final List<Long> stepNanos = new ArrayList<>();
    private @Nullable Anomaly anomaly;
    private long openIterations;

    RunState(Backend backend, RunOptions options, Workers workers) {
        this.backend = backend;
        this.options = options;
        this.lane = new Lane() {
            @Override
            public void poll() {
                RunState.this.poll();
            }

            @Override
            public void split(int parts, IntConsumer part) {
                workers.run(parts, part);
            }
        };
    }

    /** As which kernels see this run. */
    Lane lane() {
        return lane;
    }

    Backend backend() {
        return backend;
    }

    RunOptions options() {
        return options;
    }

    List<Long> stepNanos() {
        return stepNanos;
    }

    @Nullable
    Anomaly anomaly() {
        return anomaly;
    }

    /** Whether values are still to be looked at. */
    boolean detectsAnomaly() {
        return options.detectAnomaly() && anomaly == null;
    }

    void found(Anomaly found) {
        anomaly = found;
        if (!options.keepGoing()) {
            throw new AnomalyException(found);
        }
    }

    void poll() {
        if (options.cancelled().getAsBoolean()) {
            throw new CancelledException();
        }
    }

    /** Counts an iteration of a loop without bound; false when there have been too many. */
    boolean mayGoOn() {
        return ++openIterations <= options.maxIterations();
    }

    /** Hands a tensor's elements on the host to {@code reader}. */
    <T> T read(DeviceTensor tensor, TensorType type, Function<Tensor, T> reader) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(type.lengthInBytes(), 64);
            backend.download(tensor, type, bytes);
            return reader.apply(new Tensor(type, bytes));
        }
    }

    /** Copies {@code source} into {@code target}, which is in row-major order. */
    void write(DeviceTensor target, DeviceTensor source) {
        if (backend.wrapsHostMemory() && source.layout().isContiguous()) {
            target.memory().copyFrom(source.memory());
        } else {
            backend.write(target, source);
        }
    }

    /** Sets all elements to 0. */
    void clear(DeviceTensor target, TensorType type) {
        if (backend.wrapsHostMemory()) {
            target.memory().fill((byte) 0);
            return;
        }
        try (DeviceTensor zeros = backend.zeros(type)) {
            backend.write(target, zeros);
        }
    }

    /** Sets an int64 of rank 0. */
    void set(DeviceTensor target, long value) {
        try (DeviceTensor number = backend.upload(Tensor.scalar(DType.INT64, value))) {
            backend.write(target, number);
        }
    }

    /** Whether a bool of rank 0 is true. */
    boolean holds(DeviceTensor verdict) {
        return backend.wrapsHostMemory()
                ? verdict.memory().get(ValueLayout.JAVA_BYTE, 0) != 0
                : read(verdict, LoopBuffers.VERDICT, tensor -> tensor.getLong(0) != 0);
    }

    /** A slice in row-major order. To be closed before the tensor is. */
    DeviceTensor slice(DeviceTensor tensor, int dim, long index) {
        DeviceTensor slice = backend.slice(tensor, dim, index);
        if (slice.layout().isContiguous()) {
            return slice;
        }
        try (slice) {
            return backend.copy(slice);
        }
    }
}
