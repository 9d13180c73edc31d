package dev.gradwire.runtime;

import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.pass.Plan;
import dev.gradwire.pass.Plan.ConstantSlot;
import dev.gradwire.pass.Plan.Slot;
import dev.gradwire.pass.Plan.Step;
import dev.gradwire.pass.Work;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The slots of one plan, for one run of it or, in a loop, many. Owns every tensor in them but the inputs, which stay
 * their owner's; {@link #clear} and {@link #close} are the places where they are released.
 */
final class Frame implements AutoCloseable {
    private final Plan plan;
    private final RunState state;
    private final String outer;
    private final @Nullable DeviceTensor[] slots;

    /** @param outer name of the node that runs the plan, empty for the plan of the whole graph */
    Frame(Plan plan, RunState state, String outer) {
        this.plan = plan;
        this.state = state;
        this.outer = outer;
        this.slots = new @Nullable DeviceTensor[plan.slotCount()];
    }

    /**
     * Runs all steps.
     *
     * @param inputs one for each input of the plan; they stay the caller's
     * @param seed key of the random operators
     * @return one for each output of the plan: the caller's to close
     */
    List<DeviceTensor> run(List<DeviceTensor> inputs, long seed) {
        for (int i = 0; i < inputs.size(); i++) {
            slots[plan.inputs().get(i).index()] = inputs.get(i);
        }
        for (ConstantSlot constant : plan.constants()) {
            if (slots[constant.index()] == null) {
                slots[constant.index()] = state.backend().upload(constant.tensor());
            }
        }
        for (int slot : plan.seeds()) {
            slots[slot] = state.backend().upload(Tensor.scalar(DType.INT64, seed));
        }
        boolean profiled = state.options().profile() && outer.isEmpty();
        for (Step step : plan.steps()) {
            state.pollCancellation();
            long start = profiled ? System.nanoTime() : 0;
            run(step, seed);
            if (profiled) {
                state.stepNanos().add(System.nanoTime() - start);
            }
            if (state.detectsAnomaly()) {
                detectAnomaly(step);
            }
            step.releases().forEach(this::release);
        }
        return shareOutputs();
    }

    private void run(Step step, long seed) {
        DeviceTensor[] operands = new DeviceTensor[step.operands().size()];
        for (int i = 0; i < operands.length; i++) {
            operands[i] = filled(step.operands().get(i));
        }
        try {
            DeviceTensor[] results = switch (step.work()) {
                case Work.Run(var kernel) -> kernel.run(operands);
                case Work.Branch branch -> branch(step, branch, operands, seed);
                case Work.Loop loop -> loop(step, loop, operands, seed);
            };
            for (int i = 0; i < results.length; i++) {
                slots[step.results().get(i)] = results[i];
            }
        } catch (KernelException e) {
            throw new StepException(nameOf(step), step.backward(), e);
        }
    }

    private DeviceTensor[] branch(Step step, Work.Branch branch, DeviceTensor[] operands, long seed) {
        TensorType type = step.call().operands().getFirst();
        boolean chosen = state.read(operands[0], type, tensor -> tensor.getLong(0) != 0);
        Plan plan = chosen ? branch.whenTrue() : branch.whenFalse();
        try (Frame frame = new Frame(plan, state, nameOf(step))) {
            return frame.run(List.of(operands).subList(1, operands.length), seed)
                    .toArray(DeviceTensor[]::new);
        }
    }

    private DeviceTensor[] loop(Step step, Work.Loop loop, DeviceTensor[] operands, long seed) {
        try (LoopRun run = new LoopRun(loop, state, nameOf(step), operands, seed)) {
            return run.run();
        }
    }

    private String nameOf(Step step) {
        return GraphBuilder.qualified(outer, step.node());
    }

    /** An output may be an input, a constant, or stand under two names: each gets a handle of its own. */
    private List<DeviceTensor> shareOutputs() {
        List<DeviceTensor> outputs = new ArrayList<>();
        try {
            for (Slot output : plan.outputs()) {
                outputs.add(state.backend().share(filled(output.index())));
            }
        } catch (KernelException e) {
            outputs.forEach(DeviceTensor::close);
            throw e;
        }
        return outputs;
    }

    private void detectAnomaly(Step step) {
        for (int i = 0; i < step.results().size(); i++) {
            TensorType type = step.call().results().get(i);
            if (type.dtype().isDifferentiable()
                    && !range(nameOf(step), step.results().get(i), type).isFinite()) {
                state.found(new Anomaly(nameOf(step), i, step.backward(), operandRanges(step)));
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
        return state.read(filled(slot), type, tensor -> Anomaly.Range.of(name, tensor));
    }

    /** The client's name for what is in a slot; empty for data that the graph itself holds. */
    private String nameOf(int slot) {
        for (Slot input : plan.inputs()) {
            if (input.index() == slot) {
                return GraphBuilder.qualified(outer, input.name());
            }
        }
        for (Step step : plan.steps()) {
            if (step.results().contains(slot)) {
                return nameOf(step);
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

    /** Makes room for the next run: everything goes but constants. */
    void clear() {
        plan.inputs().forEach(input -> slots[input.index()] = null);
        List<@Nullable DeviceTensor> constants = new ArrayList<>();
        for (ConstantSlot constant : plan.constants()) {
            constants.add(slots[constant.index()]);
            slots[constant.index()] = null;
        }
        closeSlots();
        for (int i = 0; i < constants.size(); i++) {
            slots[plan.constants().get(i).index()] = constants.get(i);
        }
    }

    private void closeSlots() {
        for (int i = 0; i < slots.length; i++) {
            DeviceTensor tensor = slots[i];
            if (tensor != null) {
                tensor.close();
                slots[i] = null;
            }
        }
    }

    @Override
    public void close() {
        plan.inputs().forEach(input -> slots[input.index()] = null);
        closeSlots();
    }
}
