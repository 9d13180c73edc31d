package dev.gradwire.runtime;

import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the frames of one run share. */
final class RunState {
    private final Backend backend;
    private final RunOptions options;
    private final List<Long> stepNanos = new ArrayList<>();
    private @Nullable Anomaly anomaly;
    private long openIterations;

    RunState(Backend backend, RunOptions options) {
        this.backend = backend;
        this.options = options;
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

    void pollCancellation() {
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
}
