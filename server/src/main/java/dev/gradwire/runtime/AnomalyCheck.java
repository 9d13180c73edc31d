package dev.gradwire.runtime;

import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.pass.Plan;
import dev.gradwire.pass.Plan.Slot;
import dev.gradwire.pass.Plan.Step;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looks for values that are not finite among what a step made. */
final class AnomalyCheck {
    private final Plan plan;
    private final String outer;
    private final RunState state;
    private final @Nullable DeviceTensor[] slots;

    AnomalyCheck(Plan plan, String outer, RunState state, @Nullable DeviceTensor[] slots) {
        this.plan = plan;
        this.outer = outer;
        this.state = state;
        this.slots = slots;
    }

    void check(Step step) {
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
        DeviceTensor tensor = slots[slot];
        if (tensor == null) {
            throw new IllegalStateException("slot " + slot + " is empty");
        }
        return state.read(tensor, type, values -> Anomaly.Range.of(name, values));
    }

    private String nameOf(Step step) {
        return GraphBuilder.qualified(outer, step.node());
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
}
