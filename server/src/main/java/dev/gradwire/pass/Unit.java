package dev.gradwire.pass;

import dev.gradwire.graph.Value;
import dev.gradwire.kernel.KernelCall;
import dev.gradwire.pass.Plan.Price;
import java.util.List;

/**
 * What becomes one step: a node, or the nodes of a group.
 *
 * @param nodes names of the client's nodes, each once
 * @param backward whether it computes a derivative of one of them
 * @param call what is called, for people
 * @param operands the tensors that are read, in the order of the work's operands
 * @param results those that are made
 * @param isView whether results share the first operand's storage
 */
record Unit(
        List<String> nodes,
        boolean backward,
        KernelCall call,
        Work work,
        List<Value> operands,
        List<Value> results,
        boolean isView,
        Price price) {
    Unit {
        nodes = List.copyOf(nodes);
        operands = List.copyOf(operands);
        results = List.copyOf(results);
    }
}
