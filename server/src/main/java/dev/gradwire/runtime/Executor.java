package dev.gradwire.runtime;

import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.pass.Plan;
import dev.gradwire.pass.Plan.ConstantSlot;
import dev.gradwire.pass.Plan.Slot;
import dev.gradwire.pass.Plan.Step;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One run of a plan. Owns every tensor in its slot table but the inputs, which stay their owner's; {@link #close}
 * is the one place where they are released.
 */
public final class Executor implements AutoCloseable {
    private final Plan plan;
    private final Backend backend;
    private final RunOptions options;
    private final @Nullable DeviceTensor[] slots;
    private final List<Long> stepNanos = new ArrayList<>();
    private @Nullable Anomaly anomaly;

    private Executor(Plan plan, Backend backend, RunOptions options) {
        this.plan = plan;
        this.backend = backend;
        this.options = options;
        this.slots = new @Nullable DeviceTensor[plan.slotCount()];
    }

    /**
     * Runs a plan on the calling thread.
     *
     * @param inputs one for each input of the plan, of its type; they stay the caller's
     * @throws StepException when a kernel fails
     * @throws CancelledException when {@link RunOptions#cancelled} turned true
     * @throws AnomalyException when a value is not finite and that was to be detected
     */
    public static Outcome run(Plan plan, Backend backend, List<DeviceTensor> inputs, RunOptions options) {
        try (Executor executor = new Executor(plan, backend, options)) {
            return executor.run(inputs);
        }
    }

    private Outcome run(List<DeviceTensor> inputs) {
        for (int i = 0; i < inputs.size(); i++) {
            slots[plan.inputs().get(i).index()] = inputs.get(i);
        }
        for (ConstantSlot constant : plan.constants()) {
            slots[constant.index()] = backend.upload(constant.tensor());
        }
        for (int seed : plan.seeds()) {
            slots[seed] = backend.upload(Tensor.scalar(DType.INT64, options.seed()));
        }
        for (Step step : plan.steps()) {
            if (options.cancelled().getAsBoolean()) {
                throw new CancelledException();
            }
            run(step);
        }
        return new Outcome(shareOutputs(), anomaly, stepNanos);
    }

    private void run(Step step) {
        long start = options.profile() ? System.nanoTime() : 0;
        DeviceTensor[] operands = new DeviceTensor[step.operands().size()];
        for (int i = 0; i < operands.length; i++) {
            operands[i] = filled(step.operands().get(i));
        }
        try {
            DeviceTensor[] results = step.kernel().run(operands);
            for (int i = 0; i < results.length; i++) {
                slots[step.results().get(i)] = results[i];
            }
        } catch (KernelException e) {
            throw new StepException(step, e);
        }
        if (options.profile()) {
            stepNanos.add(System.nanoTime() - start);
        }
        if (options.detectAnomaly() && anomaly == null) {
            detectAnomaly(step);
        }
        for (int slot : step.releases()) {
            release(slot);
        }
    }

    /** An output may be an input, a constant, or stand under two names: each gets a handle of its own. */
    private List<DeviceTensor> shareOutputs() {
        List<DeviceTensor> outputs = new ArrayList<>();
        for (Slot output : plan.outputs()) {
            outputs.add(backend.share(filled(output.index())));
        }
        return outputs;
    }

    private void detectAnomaly(Step step) {
        for (int i = 0; i < step.results().size(); i++) {
            TensorType type = step.call().results().get(i);
            if (type.dtype().isFloating()
                    && !range(step.node(), step.results().get(i), type).isFinite()) {
                anomaly = new Anomaly(step.node(), i, step.backward(), operandRanges(step));
                if (!options.keepGoing()) {
                    throw new AnomalyException(anomaly);
                }
                return;
            }
        }
    }

    private List<Anomaly.Range> operandRanges(Step step) {
        List<Anomaly.Range> ranges = new ArrayList<>();
        for (int i = 0; i < step.operands().size(); i++) {
            int slot = step.operands().get(i);
            ranges.add(range(nameOf(slot), slot, step.call().operands().get(i)));
        }
        return ranges;
    }

    private Anomaly.Range range(String name, int slot, TensorType type) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(type.lengthInBytes(), 64);
            backend.download(filled(slot), type, bytes);
            return Anomaly.Range.of(name, new Tensor(type, bytes));
        }
    }

    /** The client's name for what is in a slot; empty for data that the graph itself holds. */
    private String nameOf(int slot) {
        for (Slot input : plan.inputs()) {
            if (input.index() == slot) {
                return input.name();
            }
        }
        for (Step step : plan.steps()) {
            if (step.results().contains(slot)) {
                return step.node();
            }
        }
        return "";
    }

    private DeviceTensor filled(int slot) {
        DeviceTensor tensor = slots[slot];
        if (tensor == null) {
            throw new IllegalStateException("slot " + slot + " is empty");
        }
        return tensor;
    }

    private void release(int slot) {
        filled(slot).close();
        slots[slot] = null;
    }

    @Override
    public void close() {
        plan.inputs().forEach(input -> slots[input.index()] = null);
        for (DeviceTensor tensor : slots) {
            if (tensor != null) {
                tensor.close();
            }
        }
    }
}
