package dev.gradwire.service;

import dev.gradwire.engine.Program;
import dev.gradwire.engine.ProgramBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Operators;
import dev.gradwire.tensor.TensorType;
import dev.gradwire.v1.Argument;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Cotangent;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Input;
import dev.gradwire.v1.Node;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes an engine's program of a client's message, checking each part as it comes. Node by node, never recursively:
 * depth costs no stack. Errors name the field by its path.
 */
final class ProgramDecoder {
    private final Limits limits;
    private final Graph wire;
    private final Map<String, Graph> functions;
    private final ProgramBuilder builder = new ProgramBuilder();
    private final ArgumentDecoder arguments;
    private int checkedNodes;

    private ProgramDecoder(dev.gradwire.v1.Program program, Limits limits) {
        this.limits = limits;
        this.wire = program.getGraph();
        this.functions = program.getFunctionsMap();
        this.arguments = new ArgumentDecoder(builder.graph(), wire, functions.keySet(), limits);
    }

    /**
     * @param backward null for none
     * @throws Refusal when anything is wrong with it
     */
    static Program decode(dev.gradwire.v1.Program program, @Nullable Backward backward, Limits limits) {
        if (!program.hasGraph()) {
            throw new Refusal(Problem.MISSING_FIELD, "program.graph").at("graph");
        }
        limits.checkAt(Limit.MAX_GRAPH_BYTES, program.getSerializedSize(), "the program", "graph");
        return new ProgramDecoder(program, limits).decode(backward);
    }

    private Program decode(@Nullable Backward backward) {
        builder.graph().limitValues(limits.getInt(Limit.MAX_GRAPH_VALUES));
        checkCounts();
        for (int i = 0; i < wire.getInputsCount(); i++) {
            input(wire.getInputs(i), "graph.inputs[" + i + "]");
        }
        for (int i = 0; i < wire.getNodesCount(); i++) {
            node(wire.getNodes(i), i, "graph.nodes[" + i + "]");
        }
        for (int i = 0; i < wire.getOutputsCount(); i++) {
            String name = wire.getOutputs(i);
            requireValue(name, "graph.outputs[" + i + "]");
            builder.output(name);
        }
        if (!functions.isEmpty()) {
            String name = functions.keySet().iterator().next();
            throw new Refusal(Problem.UNUSED_FUNCTION, name)
                    .with("argument", name)
                    .at("functions[\"" + name + "\"]");
        }
        return backward == null ? builder.build() : backward(backward);
    }

    private void checkCounts() {
        limits.checkAt(Limit.MAX_GRAPH_NODES, wire.getNodesCount(), "the graph", "graph.nodes");
        limits.checkAt(Limit.MAX_GRAPH_INPUTS, wire.getInputsCount(), "the graph", "graph.inputs");
        limits.checkAt(Limit.MAX_GRAPH_OUTPUTS, wire.getOutputsCount(), "the graph", "graph.outputs");
    }

    private void input(Input input, String path) {
        String what = "input '" + input.getName() + "'";
        try {
            name(input.getName(), path + ".name");
            TensorType type = WireTypes.type(input.getDtype(), input.getDimsList(), what, limits);
            builder.graph().input(input.getName(), type, input.getRequiresGrad());
        } catch (GraphException e) {
            throw Refusal.of(e).with("node", input.getName()).at(inputField(e.reason(), path));
        } catch (Refusal e) {
            throw e.with("node", input.getName())
                    .at(e.reason().equals(Problem.UNKNOWN_DTYPE.name()) ? path + ".dtype" : path + ".dims");
        }
    }

    private static String inputField(Reason reason, String path) {
        return switch (reason) {
            case DUPLICATE_NAME, INVALID_NAME -> path + ".name";
            case NOT_DIFFERENTIABLE -> path + ".requires_grad";
            default -> path;
        };
    }

    private void name(String name, String path) {
        int length = name.getBytes(StandardCharsets.UTF_8).length;
        limits.checkAt(Limit.MAX_NAME_BYTES, length, "a name", path);
    }

    private void node(Node node, int index, String path) {
        try {
            name(node.getName(), path + ".name");
            name(node.getOp(), path + ".op");
            builder.graph().setOrigin(node.getName(), false);
            List<dev.gradwire.graph.Argument> args = new ArrayList<>(node.getArgsCount());
            for (int i = 0; i < node.getArgsCount(); i++) {
                args.add(arguments.decode(node, index, node.getArgs(i), path + ".args[" + i + "]"));
            }
            Map<String, dev.gradwire.graph.Argument> kwargs = new LinkedHashMap<>();
            for (Map.Entry<String, Argument> entry : node.getKwargsMap().entrySet()) {
                String field = path + ".kwargs[\"" + entry.getKey() + "\"]";
                name(entry.getKey(), path + ".kwargs");
                kwargs.put(entry.getKey(), arguments.decode(node, index, entry.getValue(), field));
            }
            builder.graph().record(node.getName(), node.getOp(), args, kwargs);
            checkNewValues(node);
        } catch (GraphException e) {
            throw Refusal.of(e).at(path + field(e, node));
        } catch (Refusal e) {
            throw e.with("node", node.getName()).with("op", node.getOp()).at(path);
        }
    }

    /** What the last node added, the parts of a composite operator included. */
    private void checkNewValues(Node node) {
        List<dev.gradwire.graph.Node> nodes = builder.graph().nodes();
        for (; checkedNodes < nodes.size(); checkedNodes++) {
            for (Value result : nodes.get(checkedNodes).results()) {
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

    private void requireValue(String name, String path) {
        if (builder.graph().lookup(name) == null) {
            throw Refusal.of(new GraphException(Reason.UNKNOWN_VALUE, "there is no value '" + name + "'"))
                    .with("value", name)
                    .at(path);
        }
    }

    private Program backward(Backward backward) {
        limits.checkAt(Limit.MAX_GRAPH_OUTPUTS, backward.getRootsCount(), "the backward pass", "backward.roots");
        limits.checkAt(Limit.MAX_GRAPH_OUTPUTS, backward.getInputsCount(), "the backward pass", "backward.inputs");
        for (int i = 0; i < backward.getRootsCount(); i++) {
            requireValue(backward.getRoots(i), "backward.roots[" + i + "]");
        }
        checkBackwardInputs(backward);
        if (backward.getCotangentsCount() > 0
                && backward.getRootsCount() > 0
                && backward.getCotangentsCount() != backward.getRootsCount()) {
            throw new Refusal(Problem.COTANGENT_COUNT, backward.getCotangentsCount(), backward.getRootsCount())
                    .with("value", Integer.toString(backward.getCotangentsCount()))
                    .at("backward.cotangents");
        }
        List<ProgramBuilder.Cotangent> cotangents = new ArrayList<>();
        for (int i = 0; i < backward.getCotangentsCount(); i++) {
            cotangents.add(cotangent(backward.getCotangents(i), i));
        }
        try {
            return builder.build(backward.getRootsList(), cotangents, backward.getInputsList());
        } catch (GraphException e) {
            boolean cotangent = "grad_outputs".equals(e.argument());
            boolean input = "inputs".equals(e.argument());
            throw Refusal.of(e).at("backward" + (cotangent ? ".cotangents" : input ? ".inputs" : ".roots"));
        }
    }

    private void checkBackwardInputs(Backward backward) {
        Set<String> seen = new HashSet<>();
        Set<String> graphInputs = new HashSet<>();
        wire.getInputsList().forEach(input -> graphInputs.add(input.getName()));
        for (int i = 0; i < backward.getInputsCount(); i++) {
            String name = backward.getInputs(i);
            String path = "backward.inputs[" + i + "]";
            if (!graphInputs.contains(name)) {
                throw new Refusal(Problem.UNKNOWN_INPUT, name)
                        .with("value", name)
                        .at(path);
            }
            if (!seen.add(name)) {
                throw new Refusal(Problem.DUPLICATE_INPUT, name)
                        .with("value", name)
                        .at(path);
            }
        }
    }

    private ProgramBuilder.Cotangent cotangent(Cotangent cotangent, int index) {
        String path = "backward.cotangents[" + index + "]";
        String what = "cotangent " + index;
        return switch (cotangent.getSourceCase()) {
            case VALUE -> {
                requireValue(cotangent.getValue(), path + ".value");
                yield new ProgramBuilder.Cotangent.Named(cotangent.getValue());
            }
            case TENSOR -> {
                try {
                    yield new ProgramBuilder.Cotangent.Inline(TensorCodec.decode(cotangent.getTensor(), what, limits));
                } catch (Refusal e) {
                    throw e.at(path + ".tensor");
                }
            }
            case ONES -> new ProgramBuilder.Cotangent.Ones();
            case SOURCE_NOT_SET -> throw new Refusal(Problem.MISSING_FIELD, what).at(path);
        };
    }
}
