package dev.gradwire.bench;

import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.pass.Plan;
import dev.gradwire.runtime.Executor;
import dev.gradwire.runtime.Frames;
import dev.gradwire.runtime.Outcome;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.runtime.Workers;
import java.util.List;

/** A plan as the runtime runs it, with one thread: what a loop costs is the runtime's work, too. */
final class TimedRun implements Timed {
    private static final long RETAINED_BYTES = 1 << 20;

    private final Plan plan;
    private final Backend backend;
    private final List<DeviceTensor> inputs;
    private final Executor executor = new Executor(new Frames(RETAINED_BYTES), new Workers(1));

    TimedRun(Plan plan, Backend backend) {
        this.plan = plan;
        this.backend = backend;
        inputs = Timed.inputs(plan, backend);
    }

    private Outcome outcome() {
        return executor.run(plan, backend, inputs, RunOptions.DEFAULT);
    }

    @Override
    public void run() {
        outcome().outputs().forEach(DeviceTensor::close);
    }

    @Override
    public double[] values() {
        List<DeviceTensor> outputs = outcome().outputs();
        double[] values = Timed.read(
                backend, outputs.getFirst(), plan.outputs().getFirst().type());
        outputs.forEach(DeviceTensor::close);
        return values;
    }

    @Override
    public void close() {
        inputs.forEach(DeviceTensor::close);
        executor.frames().close();
        executor.workers().close();
        backend.close();
    }
}
