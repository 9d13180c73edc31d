package dev.gradwire.client;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The grad_fn metadata of one answer, linked. */
final class GradFnGraph {
    private final Map<String, GradFn> byReference = new HashMap<>();
    private final List<GradFn> all = new ArrayList<>();

    private GradFnGraph() {}

    static GradFnGraph of(List<dev.gradwire.v1.GradFn> messages, WrittenGraph written) {
        GradFnGraph graph = new GradFnGraph();
        Map<String, Tensor> leaves = new HashMap<>();
        if (!messages.isEmpty()) {
            written.inputs().forEach((tensor, name) -> leaves.put(name, tensor));
        }
        for (dev.gradwire.v1.GradFn message : messages) {
            if (!message.getName().isEmpty()) {
                GradFn gradFn = new GradFn(message, leaves.get(message.getNode()));
                graph.all.add(gradFn);
                graph.byReference.put(reference(message.getNode(), message.getOutput()), gradFn);
            }
        }
        for (dev.gradwire.v1.GradFn message : messages) {
            GradFn gradFn = graph.of(reference(message.getNode(), message.getOutput()));
            if (gradFn != null) {
                gradFn.link(message.getNextFunctionsList().stream()
                        .map(edge -> new GradFn.Edge(
                                graph.of(reference(edge.getNode(), edge.getInputNumber())), edge.getInputNumber()))
                        .toList());
            }
        }
        return graph;
    }

    private static String reference(String node, int output) {
        return output == 0 ? node : node + ":" + output;
    }

    @Nullable
    GradFn of(String reference) {
        return byReference.get(reference);
    }

    List<GradFn> all() {
        return List.copyOf(all);
    }
}
