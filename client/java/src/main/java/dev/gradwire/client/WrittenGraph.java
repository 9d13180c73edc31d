package dev.gradwire.client;

import dev.gradwire.v1.Graph;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A graph with the names that were given in it.
 *
 * @param functions that its nodes name, and those that these name
 * @param inputs names of the tensors whose values have to be sent
 * @param nodes names of the nodes, which are the references of their first results
 */
record WrittenGraph(
        Graph graph,
        Map<String, Graph> functions,
        Recording recording,
        Map<Tensor, String> inputs,
        Map<Node, String> nodes) {
    /** The reference by which the graph knows a tensor. */
    String reference(Tensor tensor) {
        return reference(tensor, recording, inputs, nodes);
    }

    dev.gradwire.v1.Program program() {
        return dev.gradwire.v1.Program.newBuilder()
                .setGraph(graph)
                .putAllFunctions(functions)
                .build();
    }

    /** All names in it. */
    List<String> names() {
        return Stream.concat(inputs.values().stream(), nodes.values().stream()).toList();
    }

    static String reference(Tensor tensor, Recording recording, Map<Tensor, String> inputs, Map<Node, String> nodes) {
        String input = inputs.get(tensor);
        if (input != null) {
            return input;
        }
        Node producer = recording.producers().get(tensor);
        String node = producer == null ? null : nodes.get(producer);
        if (node == null) {
            throw new IllegalStateException("a tensor is missing from the graph that was made for it");
        }
        return tensor.index() == 0 ? node : node + ":" + tensor.index();
    }
}
