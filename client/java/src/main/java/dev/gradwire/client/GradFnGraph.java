package dev.gradwire.client;

import dev.gradwire.v1.GradFn;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The grad_fn metadata of one answer, linked. */
final class GradFnGraph {
    private final Map<String, dev.gradwire.client.GradFn> byReference = new HashMap<>();
    private final List<dev.gradwire.client.GradFn> all = new ArrayList<>();

    private GradFnGraph() {}

    static GradFnGraph of(List<GradFn> messages, WrittenGraph written) {
        GradFnGraph graph = new GradFnGraph();
        Map<String, Tensor> leaves = new HashMap<>();
        if (!messages.isEmpty()) {
            written.inputs().forEach((tensor, name) -> leaves.put(name, tensor));
        }
        for (GradFn message : messages) {
            if (!message.getName().isEmpty()) {
                dev.gradwire.client.GradFn gradFn =
                        new dev.gradwire.client.GradFn(message, leaves.get(message.getNode()));
                graph.all.add(gradFn);
                graph.byReference.put(reference(message.getNode(), message.getOutput()), gradFn);
            }
        }
        for (GradFn message : messages) {
            dev.gradwire.client.GradFn gradFn = graph.of(reference(message.getNode(), message.getOutput()));
            if (gradFn != null) {
                gradFn.link(message.getNextFunctionsList().stream()
                        .map(edge -> new dev.gradwire.client.GradFn.Edge(
                                graph.of(reference(edge.getNode(), edge.getInputNumber())), edge.getInputNumber()))
                        .toList());
            }
        }
        return graph;
    }

    private static String reference(String node, int output) {
        return output == 0 ? node : node + ":" + output;
    }

    dev.gradwire.client.@Nullable GradFn of(String reference) {
        return byReference.get(reference);
    }

    List<dev.gradwire.client.GradFn> all() {
        return List.copyOf(all);
    }
}
