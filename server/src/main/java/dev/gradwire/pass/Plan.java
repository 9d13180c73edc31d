package dev.gradwire.pass;

import dev.gradwire.kernel.KernelCall;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * An immutable list of steps for one device. Tensors live in numbered slots.
 *
 * @param device where it runs
 * @param slotCount how many slots a run needs
 * @param inputs slots to fill before the first step, in the order of the graph's inputs
 * @param constants slots that hold data of the graph itself
 * @param seeds slots to fill with the run's seed, a number of type int64
 * @param outputs slots to read after the last step, in the order of the graph's outputs
 * @param memory where tensors live
 * @param price what a run costs
 */
public record Plan(
        String device,
        int slotCount,
        List<Slot> inputs,
        List<ConstantSlot> constants,
        List<Integer> seeds,
        List<Step> steps,
        List<Slot> outputs,
        Memory memory,
        Price price) {
    public Plan {
        inputs = List.copyOf(inputs);
        constants = List.copyOf(constants);
        seeds = List.copyOf(seeds);
        steps = List.copyOf(steps);
        outputs = List.copyOf(outputs);
    }

    /**
     * The same plan for an equal graph whose names are other ones.
     *
     * @param names the new name of each node and input
     * @param outputNames new names of the outputs, in order
     */
    public Plan renamed(UnaryOperator<String> names, List<String> outputNames) {
        return renamed(names, outputNames, new IdentityHashMap<>());
    }

    private Plan renamed(UnaryOperator<String> names, List<String> outputNames, Map<Plan, Plan> bodies) {
        List<Slot> newInputs = new ArrayList<>();
        inputs.forEach(slot -> newInputs.add(new Slot(names.apply(slot.name), slot.index, slot.type)));
        List<Slot> newOutputs = new ArrayList<>();
        for (int i = 0; i < outputs.size(); i++) {
            newOutputs.add(new Slot(outputNames.get(i), outputs.get(i).index, outputs.get(i).type));
        }
        List<Step> newSteps = new ArrayList<>();
        UnaryOperator<Plan> body = plan -> plan.renamedBody(names, bodies);
        steps.forEach(step -> newSteps.add(step.renamed(names, body)));
        return new Plan(device, slotCount, newInputs, constants, seeds, newSteps, newOutputs, memory, price);
    }

    private Plan renamedBody(UnaryOperator<String> names, Map<Plan, Plan> bodies) {
        Plan known = bodies.get(this);
        if (known == null) {
            known = renamed(names, outputs.stream().map(Slot::name).toList(), bodies);
            bodies.put(this, known);
        }
        return known;
    }

    /** This plan and those that its steps run, each once. */
    public Set<Plan> withBodies() {
        Set<Plan> found = Collections.newSetFromMap(new IdentityHashMap<>());
        collect(found);
        return found;
    }

    private void collect(Set<Plan> found) {
        if (found.add(this)) {
            steps.forEach(step -> step.work.bodies().forEach(body -> body.collect(found)));
        }
    }

    /** A named tensor. */
    public record Slot(String name, int index, TensorType type) {}

    /** A slot filled from the graph. */
    public record ConstantSlot(int index, Tensor tensor) {}

    /**
     * One kernel run, or bodies that run as often as values say.
     *
     * @param nodes the client's nodes it comes from, more than one where they run together
     * @param backward whether it computes a derivative of one of them
     * @param call what is called, for people
     * @param work who computes
     * @param results slots it fills
     * @param releases slots whose tensors are closed after it: nothing later reads them
     * @param scratch where in the run's memory that lies which the work needs besides, −1 where it needs none
     */
    public record Step(
            List<String> nodes,
            boolean backward,
            KernelCall call,
            Work work,
            List<Integer> operands,
            List<Integer> results,
            List<Integer> releases,
            long scratch,
            Price price) {
        public Step {
            nodes = List.copyOf(nodes);
            operands = List.copyOf(operands);
            results = List.copyOf(results);
            releases = List.copyOf(releases);
        }

        /** The first of the nodes: errors speak of it, and only a step of one node can fail. */
        public String node() {
            return nodes.getFirst();
        }

        private Step renamed(UnaryOperator<String> names, UnaryOperator<Plan> body) {
            List<String> changed = nodes.stream().map(names).toList();
            Work other = work.withBodies(body);
            return new Step(changed, backward, call, other, operands, results, releases, scratch, price);
        }
    }

    /**
     * @param flops floating point operations
     * @param bytesMoved bytes read and written by kernels
     * @param peakBytes bytes of all tensors alive at one time, inputs included, at the most
     */
    public record Price(long flops, long bytesMoved, long peakBytes) {}
}
