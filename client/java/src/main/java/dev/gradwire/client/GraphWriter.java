package dev.gradwire.client;

import dev.gradwire.v1.Argument;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Input;
import dev.gradwire.v1.ValueList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes a recording, or a function, as a graph of the wire contract. */
final class GraphWriter {
    private final Recording recording;
    private final Names names;
    private final FunctionWriter functions;
    private final Graph.Builder graph = Graph.newBuilder();
    private final Map<Tensor, String> inputs = new HashMap<>();
    /** References of first results. */
    private final Map<Node, String> nodes = new HashMap<>();
    /** Inputs and nodes through which gradients flow in this graph. */
    private final Set<String> tracked = new HashSet<>();
    /** For references of such, their copies through which none flow. */
    private final Map<String, String> detached = new HashMap<>();

    private GraphWriter(Recording recording, Names names, FunctionWriter functions) {
        this.recording = recording;
        this.names = names;
        this.functions = functions;
    }

    static WrittenGraph write(Recording recording, Collection<Tensor> outputs, Names names) {
        FunctionWriter functions = new FunctionWriter();
        GraphWriter writer = new GraphWriter(recording, names, functions);
        recording.inputs().forEach(writer::input);
        Graph graph = writer.finish(outputs);
        return new WrittenGraph(graph, functions.graphs(), recording, writer.inputs, writer.nodes);
    }

    /** The types of a function's parameters are left to each call. */
    static Graph write(RecordedFunction function, FunctionWriter functions) {
        GraphWriter writer = new GraphWriter(function.recording(), new Names(), functions);
        function.parameters().forEach(writer::parameter);
        return writer.finish(function.results());
    }

    private Graph finish(Collection<Tensor> outputs) {
        recording.nodes().forEach(this::node);
        outputs.forEach(output -> graph.addOutputs(reference(output)));
        return graph.build();
    }

    private void parameter(Tensor tensor) {
        String name = names.of(tensor);
        inputs.put(tensor, name);
        tracked.add(name);
        graph.addInputs(Input.newBuilder().setName(name));
    }

    private void input(Tensor tensor) {
        String name = names.of(tensor);
        boolean requiresGrad = tensor.requiresGradAsLeaf();
        inputs.put(tensor, name);
        if (requiresGrad) {
            tracked.add(name);
        }
        graph.addInputs(Input.newBuilder()
                .setName(name)
                .setDtype(tensor.dtype().wire())
                .addAllDims(tensor.type().dims())
                .setRequiresGrad(requiresGrad));
    }

    private void node(Node node) {
        String name = names.of(node);
        boolean tracks = node.tracks() && node.tensors().anyMatch(tensor -> tracked.contains(reference(tensor)));
        // Recorded without gradients: none may flow back through it.
        boolean cut = node.differentiable() && !node.tracks();
        dev.gradwire.v1.Node.Builder message = dev.gradwire.v1.Node.newBuilder().setOp(node.operator());
        node.args().forEach(arg -> message.addArgs(argument(arg, cut)));
        node.keywords().forEach((keyword, arg) -> message.putKwargs(keyword, argument(arg, cut)));
        graph.addNodes(message.setName(name));
        nodes.put(node, name);
        if (tracks) {
            tracked.add(name);
        }
    }

    private Argument argument(Operand operand, boolean cut) {
        Argument.Builder argument = Argument.newBuilder();
        return switch (operand) {
            case Operand.Fixed fixed -> fixed.argument();
            case Operand.Body(RecordedFunction function) ->
                argument.setFunction(functions.name(function)).build();
            case Operand.One(Tensor tensor) ->
                argument.setValue(reference(tensor, cut)).build();
            case Operand.Many(List<@Nullable Tensor> tensors) -> {
                ValueList.Builder list = ValueList.newBuilder();
                tensors.forEach(tensor -> list.addValues(tensor == null ? "" : reference(tensor, cut)));
                yield argument.setValues(list).build();
            }
        };
    }

    private String reference(Tensor tensor, boolean cut) {
        String reference = reference(tensor);
        boolean flows = tracked.contains(firstResult(reference));
        return cut && flows ? detached.computeIfAbsent(reference, this::detach) : reference;
    }

    private String detach(String reference) {
        String name = names.unique("detach");
        graph.addNodes(dev.gradwire.v1.Node.newBuilder()
                .setName(name)
                .setOp("detach")
                .addArgs(Argument.newBuilder().setValue(reference)));
        return name;
    }

    private String reference(Tensor tensor) {
        return WrittenGraph.reference(tensor, recording, inputs, nodes);
    }

    private static String firstResult(String reference) {
        int colon = reference.indexOf(':');
        return colon < 0 ? reference : reference.substring(0, colon);
    }
}
