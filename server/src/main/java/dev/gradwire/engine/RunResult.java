package dev.gradwire.engine;

import dev.gradwire.pass.Plan;
import dev.gradwire.runtime.Anomaly;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run gives; owns its tensors until {@link #close}.
 *
 * @param outputs one for each output of the program
 * @param gradients one for each differentiated input, null where no root depends on it
 * @param computeNanos how long the kernels took
 * @param steps those that were run
 * @param stepNanos nanoseconds of each step, empty unless profiled
 */
public record RunResult(
        List<ResidentTensor> outputs,
        List<@Nullable ResidentTensor> gradients,
        @Nullable Anomaly anomaly,
        long computeNanos,
        List<Plan.Step> steps,
        List<Long> stepNanos)
        implements AutoCloseable {
    @Override
    public void close() {
        outputs.forEach(ResidentTensor::close);
        for (ResidentTensor gradient : gradients) {
            if (gradient != null) {
                gradient.close();
            }
        }
    }
}
