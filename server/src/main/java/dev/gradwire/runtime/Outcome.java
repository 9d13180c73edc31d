package dev.gradwire.runtime;

import dev.gradwire.kernel.DeviceTensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run gives. The caller owns the outputs and closes them.
 *
 * @param outputs one for each output of the plan
 * @param stepNanos nanoseconds of each step, empty unless profiled
 */
public record Outcome(List<DeviceTensor> outputs, @Nullable Anomaly anomaly, List<Long> stepNanos) {
    public Outcome {
        outputs = List.copyOf(outputs);
        stepNanos = List.copyOf(stepNanos);
    }
}
