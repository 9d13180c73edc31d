package dev.gradwire.runtime;

import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.pass.Plan;
import java.util.List;

/** Runs plans. */
public final class Executor {
    private Executor() {}

    /**
     * Runs a plan on the calling thread.
     *
     * @param inputs one for each input of the plan, of its type; they stay the caller's
     * @throws StepException when a kernel fails
     * @throws CancelledException when {@link RunOptions#cancelled} turned true
     * @throws AnomalyException when a value is not finite and that was to be detected
     */
    public static Outcome run(Plan plan, Backend backend, List<DeviceTensor> inputs, RunOptions options) {
        RunState state = new RunState(backend, options);
        try (Frame frame = new Frame(plan, state, "")) {
            return new Outcome(frame.run(inputs, options.seed()), state.anomaly(), state.stepNanos());
        }
    }
}
