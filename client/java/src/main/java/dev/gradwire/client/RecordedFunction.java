package dev.gradwire.client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a {@link TensorFunction} recorded.
 *
 * @param parameters stand for what it is called with, captured tensors at last
 * @param recording its own nodes, with the parameters as inputs
 */
record RecordedFunction(List<Tensor> parameters, Recording recording, List<Tensor> results) {
    RecordedFunction {
        parameters = List.copyOf(parameters);
        results = List.copyOf(results);
    }

    /** What one call recorded, before it is settled in which order its parameters are passed. */
    record Trace(List<Tensor> arguments, List<Tensor> results, Set<Tensor> captured, Recording own) {
        RecordedFunction with(List<Tensor> parameters) {
            return new RecordedFunction(parameters, own, results);
        }
    }

    /** Calls the function with stand-ins; whatever it uses that is older than the call is captured. */
    static Trace trace(TensorFunction function, List<Tensor> arguments) {
        long since = Node.nextId();
        List<Tensor> results = List.copyOf(function.apply(arguments));
        Set<Tensor> given = Set.copyOf(arguments);
        Set<Tensor> captured = new LinkedHashSet<>();
        Map<Long, Node> nodes = new TreeMap<>();
        Map<Tensor, Node> producers = new HashMap<>();
        Deque<Tensor> open = new ArrayDeque<>(results);
        while (!open.isEmpty()) {
            Tensor tensor = open.pop();
            Node node = tensor.node();
            if (given.contains(tensor) || producers.containsKey(tensor)) {
                continue;
            }
            if (node == null || node.id() < since) {
                captured.add(tensor);
                continue;
            }
            producers.put(tensor, node);
            if (nodes.put(node.id(), node) == null) {
                node.tensors().forEach(open::push);
            }
        }
        List<Tensor> inputs = new ArrayList<>(arguments);
        inputs.addAll(captured);
        return new Trace(arguments, results, captured, new Recording(inputs, List.copyOf(nodes.values()), producers));
    }
}
