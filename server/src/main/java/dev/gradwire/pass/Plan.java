package dev.gradwire.pass;

import dev.gradwire.kernel.Kernel;
import dev.gradwire.kernel.KernelCall;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.List;

/**
 * An immutable list of steps for one device. Tensors live in numbered slots.
 *
 * @param device where it runs
 * @param slotCount how many slots a run needs
 * @param inputs slots to fill before the first step, in the order of the graph's inputs
 * @param constants slots that hold data of the graph itself
 * @param outputs slots to read after the last step, in the order of the graph's outputs
 * @param price what a run costs
 */
public record Plan(
        String device,
        int slotCount,
        List<Slot> inputs,
        List<ConstantSlot> constants,
        List<Step> steps,
        List<Slot> outputs,
        Price price) {
    public Plan {
        inputs = List.copyOf(inputs);
        constants = List.copyOf(constants);
        steps = List.copyOf(steps);
        outputs = List.copyOf(outputs);
    }

    /** A named tensor. */
    public record Slot(String name, int index, TensorType type) {}

    /** A slot filled from the graph. */
    public record ConstantSlot(int index, Tensor tensor) {}

    /**
     * One kernel run.
     *
     * @param node the client's node it comes from
     * @param backward whether it computes that node's derivative
     * @param call what is called, for people
     * @param results slots it fills
     * @param releases slots whose tensors are closed after it: nothing later reads them
     */
    public record Step(
            String node,
            boolean backward,
            KernelCall call,
            Kernel kernel,
            List<Integer> operands,
            List<Integer> results,
            List<Integer> releases,
            Price price) {
        public Step {
            operands = List.copyOf(operands);
            results = List.copyOf(results);
            releases = List.copyOf(releases);
        }
    }

    /**
     * @param flops floating point operations
     * @param bytesMoved bytes read and written by kernels
     * @param peakBytes bytes of all tensors alive at one time, inputs included, at the most
     */
    public record Price(long flops, long bytesMoved, long peakBytes) {}
}
