package dev.gradwire.runtime;

import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.pass.Plan;
import java.util.List;

/**
 * Runs plans, on its caller's thread and the workers.
 *
 * @param frames memory of earlier runs
 * @param workers threads that share the work of large steps
 */
public record Executor(Frames frames, Workers workers) {
    private static final DeviceTensor[] NONE = {};

    /**
     * Runs a plan.
     *
     * @param inputs one for each input of the plan, of its type; they stay the caller's
     * @throws StepException when a kernel fails
     * @throws CancelledException when {@link RunOptions#cancelled} turned true
     * @throws AnomalyException when a value is not finite and that was to be detected
     */
    public Outcome run(Plan plan, Backend backend, List<DeviceTensor> inputs, RunOptions options) {
        RunState state = new RunState(backend, options, workers);
        Frame frame = frames.take(plan, backend);
        try (Dense dense = new Dense(backend, inputs.toArray(DeviceTensor[]::new), 0, inputs.size())) {
            frame.run(plan, "", state, dense.tensors(), options.seed(), NONE);
            return new Outcome(frame.takeOutputs(), state.anomaly(), state.stepNanos());
        } finally {
            frame.clear();
            frames.giveBack(frame);
        }
    }
}
