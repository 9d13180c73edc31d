package dev.gradwire.bench;

import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Kernel;
import dev.gradwire.kernel.Lane;
import dev.gradwire.pass.Memory.Place;
import dev.gradwire.pass.Plan;
import dev.gradwire.pass.Plan.ConstantSlot;
import dev.gradwire.pass.Plan.Step;
import dev.gradwire.pass.Work;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The kernels of a plan alone, on tensors that are there already, without the runtime around them. Results that a kernel
 * cannot compute into such a tensor it makes anew each time, as in a run.
 */
final class TimedSteps implements Timed {
    private final Plan plan;
    private final Backend backend;
    private final @Nullable DeviceTensor[] slots;
    private final List<Bound> bound = new ArrayList<>();

    /** A kernel with its operands. */
    private static final class Bound {
        final Kernel kernel;
        final DeviceTensor[] operands;
        /** Null where the kernel makes them. */
        final DeviceTensor @Nullable [] results;

        Bound(Kernel kernel, DeviceTensor[] operands, DeviceTensor @Nullable [] results) {
            this.kernel = kernel;
            this.operands = operands;
            this.results = results;
        }

        DeviceTensor[] run() {
            if (results == null) {
                return kernel.run(operands);
            }
            kernel.write(operands, results, Lane.ALONE);
            return results;
        }
    }

    /** With the kernels that the plan has. */
    static TimedSteps of(Plan plan, Backend backend) {
        return new TimedSteps(plan, backend, step -> ((Work.Run) step.work()).kernel());
    }

    /** @param kernels for each step but views; only the last may make its results itself */
    TimedSteps(Plan plan, Backend backend, Function<Step, Kernel> kernels) {
        this.plan = plan;
        this.backend = backend;
        slots = new @Nullable DeviceTensor[plan.slotCount()];
        List<DeviceTensor> inputs = Timed.inputs(plan, backend);
        for (int i = 0; i < inputs.size(); i++) {
            slots[plan.inputs().get(i).index()] = inputs.get(i);
        }
        for (ConstantSlot constant : plan.constants()) {
            slots[constant.index()] = backend.upload(constant.tensor());
        }
        for (Step step : plan.steps()) {
            bind(step, kernels);
        }
    }

    private void bind(Step step, Function<Step, Kernel> kernels) {
        DeviceTensor[] operands = step.operands().stream()
                .map(slot -> Objects.requireNonNull(slots[slot], "made by a kernel that is not the last"))
                .toArray(DeviceTensor[]::new);
        if (step.work() instanceof Work.View(var layout)) {
            slots[step.results().getFirst()] = backend.view(operands[0], layout);
            return;
        }
        Kernel kernel = kernels.apply(step);
        if (!kernel.writes()) {
            bound.add(new Bound(kernel, operands, null));
            return;
        }
        for (int slot : step.results()) {
            slots[slot] = backend.empty(type(plan.memory().places().get(slot), step));
        }
        DeviceTensor[] results =
                step.results().stream().map(slot -> slots[slot]).toArray(DeviceTensor[]::new);
        bound.add(new Bound(kernel, operands, results));
    }

    private static TensorType type(Place place, Step step) {
        return switch (place) {
            case Place.Planned(long _, TensorType type) -> type;
            case Place.Own(TensorType type) -> type;
            // Where the plan's own kernel makes its result, and another one is timed.
            case Place.Made _, Place.Given _, Place.Output _ ->
                step.call().results().getFirst();
        };
    }

    @Override
    public void run() {
        for (Bound each : bound) {
            DeviceTensor[] results = each.run();
            if (each.results == null) {
                close(results);
            }
        }
    }

    @Override
    public double[] values() {
        DeviceTensor[] results = {};
        for (Bound each : bound) {
            results = each.run();
        }
        double[] values =
                Timed.read(backend, results[0], plan.outputs().getFirst().type());
        if (bound.getLast().results == null) {
            close(results);
        }
        return values;
    }

    private static void close(DeviceTensor[] tensors) {
        for (DeviceTensor tensor : tensors) {
            tensor.close();
        }
    }

    @Override
    public void close() {
        for (DeviceTensor tensor : slots) {
            if (tensor != null) {
                tensor.close();
            }
        }
        backend.close();
    }
}
