package dev.gradwire.service;

import dev.gradwire.engine.Program;
import dev.gradwire.engine.ProgramBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Cotangent;
import dev.gradwire.v1.Graph;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes an engine's program of a client's message, checking each part as it comes. Errors name the field by its
 * path.
 */
final class ProgramDecoder {
    private final Limits limits;
    private final Graph wire;
    private final Map<String, Graph> functions;
    private final ProgramBuilder builder = new ProgramBuilder();

    private ProgramDecoder(dev.gradwire.v1.Program program, Limits limits) {
        this.limits = limits;
        this.wire = program.getGraph();
        this.functions = program.getFunctionsMap();
    }

    /**
     * @param backward null for none
     * @throws Refusal when anything is wrong with it
     */
    static Program decode(dev.gradwire.v1.Program program, @Nullable Backward backward, Limits limits) {
        checkCounts(program, limits);
        limits.checkAt(Limit.MAX_GRAPH_BYTES, program.getSerializedSize(), "the program", "graph");
        return new ProgramDecoder(program, limits).decode(backward);
    }

    /**
     * What can be told without a look at the parts; so even a digest is not made of a program with too many.
     *
     * @throws Refusal when there is no graph, or it has too many nodes, inputs or outputs
     */
    static void checkCounts(dev.gradwire.v1.Program program, Limits limits) {
        if (!program.hasGraph()) {
            throw new Refusal(Problem.MISSING_FIELD, "program.graph").at("graph");
        }
        new GraphDecoder(program.getGraph(), "graph", null, limits).checkCounts("the graph");
    }

    private Program decode(@Nullable Backward backward) {
        builder.graph().limitValues(limits.getInt(Limit.MAX_GRAPH_VALUES));
        GraphDecoder graph = new GraphDecoder(wire, "graph", null, limits);
        graph.inputs(builder.graph());
        defineFunctions();
        Expansion.check(wire, functions, limits);
        graph.nodes(builder.graph());
        for (int i = 0; i < wire.getOutputsCount(); i++) {
            String name = wire.getOutputs(i);
            requireValue(name, "graph.outputs[" + i + "]");
            builder.output(name);
        }
        return backward == null ? builder.build() : backward(backward);
    }

    /** A function that no node uses has no types and is not looked into. */
    private void defineFunctions() {
        limits.checkAt(Limit.MAX_GRAPH_NODES, functions.size(), "the program", "functions");
        builder.graph().functions().limitDepth(limits.getInt(Limit.MAX_FUNCTION_DEPTH));
        functions.forEach((name, body) -> {
            String path = "functions[\"" + name + "\"]";
            GraphDecoder function = new GraphDecoder(body, path, name, limits);
            function.name(name, "functions");
            function.checkCounts("function '" + name + "'");
            builder.graph().functions().define(name, function.function());
        });
    }

    private void requireValue(String name, String path) {
        GraphDecoder.value(builder.graph(), name, path);
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
