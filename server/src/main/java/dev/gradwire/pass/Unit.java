package dev.gradwire.pass;

import dev.gradwire.graph.Node;
import dev.gradwire.graph.Value;
import dev.gradwire.kernel.KernelCall;
import dev.gradwire.pass.Plan.Price;
import java.util.List;

/**
 * What becomes one step: a node, or the nodes of a group.
 *
 * @param node that errors and profiles name
 * @param call what is called, for people
 * @param operands the tensors that are read, in the order of the work's operands
 * @param results those that are made
 * @param isView whether results share the first operand's storage
 */
record Unit(
        Node node, KernelCall call, Work work, List<Value> operands, List<Value> results, boolean isView, Price price) {
    Unit {
        operands = List.copyOf(operands);
        results = List.copyOf(results);
    }
}
