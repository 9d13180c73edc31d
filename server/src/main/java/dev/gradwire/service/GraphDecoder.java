package dev.gradwire.service;

import dev.gradwire.graph.Functions;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Operators;
import dev.gradwire.tensor.TensorType;
import dev.gradwire.v1.Argument;
import dev.gradwire.v1.Dtype;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Input;
import dev.gradwire.v1.Node;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Records one graph of a message, or a function as often as it is called with other types, checking each part as it
 * comes. Node by node, never recursively: depth costs no stack. Errors name the field by its path.
 */
final class GraphDecoder {
    private final Graph wire;
    private final String path;
    private final Limits limits;
    private final @Nullable String function;

    /**
     * @param path of the graph within its program: {@code graph}, {@code functions["f"]}
     * @param function its name, null for the graph that is run
     */
    GraphDecoder(Graph wire, String path, @Nullable String function, Limits limits) {
        this.wire = wire;
        this.path = path;
        this.function = function;
        this.limits = limits;
    }

    void checkCounts(String what) {
        limits.checkAt(Limit.MAX_GRAPH_NODES, wire.getNodesCount(), what, path + ".nodes");
        limits.checkAt(Limit.MAX_GRAPH_INPUTS, wire.getInputsCount(), what, path + ".inputs");
        limits.checkAt(Limit.MAX_GRAPH_OUTPUTS, wire.getOutputsCount(), what, path + ".outputs");
    }

    void inputs(GraphBuilder graph) {
        for (int i = 0; i < wire.getInputsCount(); i++) {
            Input input = wire.getInputs(i);
            String field = path + ".inputs[" + i + "]";
            TensorType type = type(input, field);
            try {
                graph.input(input.getName(), type, input.getRequiresGrad());
            } catch (GraphException e) {
                throw Refusal.of(e).with("node", input.getName()).at(inputField(e.reason(), field));
            }
        }
    }

    private TensorType type(Input input, String field) {
        try {
            name(input.getName(), field + ".name");
            return WireTypes.type(input.getDtype(), input.getDimsList(), "input '" + input.getName() + "'", limits);
        } catch (Refusal e) {
            throw e.with("node", input.getName())
                    .at(e.reason().equals(Problem.UNKNOWN_DTYPE.name()) ? field + ".dtype" : field + ".dims");
        }
    }

    private static String inputField(Reason reason, String field) {
        return switch (reason) {
            case DUPLICATE_NAME, INVALID_NAME -> field + ".name";
            case NOT_DIFFERENTIABLE -> field + ".requires_grad";
            default -> field;
        };
    }

    /** The graph as a function: an input without a dtype takes its type from each call. */
    Functions.Definition function() {
        List<Functions.Input> inputs = new ArrayList<>();
        for (int i = 0; i < wire.getInputsCount(); i++) {
            Input input = wire.getInputs(i);
            String field = path + ".inputs[" + i + "]";
            name(input.getName(), field + ".name");
            boolean open = input.getDtype() == Dtype.DTYPE_UNSPECIFIED;
            inputs.add(new Functions.Input(input.getName(), open ? null : type(input, field)));
        }
        return new Functions.Definition() {
            @Override
            public List<Functions.Input> inputs() {
                return inputs;
            }

            @Override
            public void record(GraphBuilder body) {
                nodes(body);
                outputs(body);
            }
        };
    }

    void nodes(GraphBuilder graph) {
        ArgumentDecoder arguments = new ArgumentDecoder(graph, wire, limits);
        for (int i = 0; i < wire.getNodesCount(); i++) {
            node(graph, arguments, i);
        }
    }

    private void outputs(GraphBuilder graph) {
        for (int i = 0; i < wire.getOutputsCount(); i++) {
            graph.output(wire.getOutputs(i), value(graph, wire.getOutputs(i), path + ".outputs[" + i + "]"));
        }
    }

    private void node(GraphBuilder graph, ArgumentDecoder arguments, int index) {
        Node node = wire.getNodes(index);
        String field = path + ".nodes[" + index + "]";
        try {
            name(node.getName(), field + ".name");
            name(node.getOp(), field + ".op");
            graph.setOrigin(node.getName(), false);
            List<dev.gradwire.graph.Argument> args = new ArrayList<>(node.getArgsCount());
            for (int i = 0; i < node.getArgsCount(); i++) {
                args.add(arguments.decode(node, index, node.getArgs(i), field + ".args[" + i + "]"));
            }
            Map<String, dev.gradwire.graph.Argument> kwargs = new LinkedHashMap<>();
            for (Map.Entry<String, Argument> entry : node.getKwargsMap().entrySet()) {
                String keyword = field + ".kwargs[\"" + entry.getKey() + "\"]";
                name(entry.getKey(), field + ".kwargs");
                kwargs.put(entry.getKey(), arguments.decode(node, index, entry.getValue(), keyword));
            }
            int first = graph.nodes().size();
            graph.record(node.getName(), node.getOp(), args, kwargs);
            checkValues(graph.nodes().subList(first, graph.nodes().size()), node);
        } catch (GraphException e) {
            throw Refusal.of(
                            function == null
                                    ? e
                                    : e.at(node.getName(), node.getOp()).in(function))
                    .at(field + field(e, node));
        } catch (Refusal e) {
            throw e.withIfAbsent("node", node.getName())
                    .withIfAbsent("op", node.getOp())
                    .withIfAbsent("function", function)
                    .at(field);
        }
    }

    /** What the last node added, the parts of a composite operator included. */
    private void checkValues(List<dev.gradwire.graph.Node> added, Node node) {
        for (dev.gradwire.graph.Node part : added) {
            for (Value result : part.results()) {
                WireTypes.check(result.type(), "a value of node '" + node.getName() + "'", limits);
            }
        }
    }

    /** The part of the node that an error is about, as a path below the node. */
    private static String field(GraphException e, Node node) {
        String argument = e.argument();
        if (argument == null) {
            return switch (e.reason()) {
                case UNKNOWN_OPERATOR -> ".op";
                case DUPLICATE_NAME, INVALID_NAME -> ".name";
                default -> "";
            };
        }
        if (node.containsKwargs(argument)) {
            return ".kwargs[\"" + argument + "\"]";
        }
        return Operators.all().overloads(node.getOp()).stream()
                .mapToInt(overload -> overload.schema().indexOf(argument))
                .filter(index -> index >= 0 && index < node.getArgsCount())
                .mapToObj(index -> ".args[" + index + "]")
                .findFirst()
                .orElse("");
    }

    void name(String name, String field) {
        int length = name.getBytes(StandardCharsets.UTF_8).length;
        limits.checkAt(Limit.MAX_NAME_BYTES, length, "a name", field);
    }

    /** @throws Refusal when there is no value of that name */
    static Value value(GraphBuilder graph, String name, String field) {
        @Nullable Value value = graph.lookup(name);
        if (value == null) {
            throw Refusal.of(new GraphException(Reason.UNKNOWN_VALUE, "there is no value '" + name + "'"))
                    .with("value", name)
                    .at(field);
        }
        return value;
    }
}
