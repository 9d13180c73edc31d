package dev.gradwire.engine;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Transforms;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.transform.GradFns;
import dev.gradwire.transform.Rewrites;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Records a program: first the graph through {@link #graph()}, then outputs, then at most one backward pass. */
public final class ProgramBuilder {
    /** How errors name the node that a backward pass stands for. */
    private static final String BACKWARD = "backward";

    /** The vector of one root's vector-Jacobian product. */
    public sealed interface Cotangent {
        /** Ones; for a root of one element. */
        record Ones() implements Cotangent {}

        /** A value of the graph. */
        record Named(String value) implements Cotangent {}

        record Inline(Tensor tensor) implements Cotangent {}
    }

    private final GraphBuilder graph = new GraphBuilder(Rewrites.all());
    private final List<String> outputs = new ArrayList<>();

    public GraphBuilder graph() {
        return graph;
    }

    public void output(String name) {
        graph.output(name, value(name));
        outputs.add(name);
    }

    /** The program without a backward pass. */
    public Program build() {
        return new Program(graph.recording(), outputs.size(), List.of(), List.of());
    }

    /**
     * The program with a backward pass, which means exactly one {@code grad} node behind the graph.
     *
     * @param roots names of what is differentiated; empty for all outputs that require grad
     * @param cotangents one for each root; empty for ones
     * @param inputs names of what to differentiate with respect to; empty for all inputs that require grad
     * @throws GraphException with the reason {@code NOT_DIFFERENTIABLE} when a root depends on nothing that requires
     *     grad
     */
    public Program build(List<String> roots, List<Cotangent> cotangents, List<String> inputs) {
        Graph forward = graph.build();
        List<Value> rootValues = roots(roots, GradFns.requiringGrad(forward), inputs.isEmpty());
        List<String> inputNames = inputs.isEmpty() ? leaves(forward) : inputs;
        graph.setOrigin(BACKWARD, true);
        List<Argument> args = new ArrayList<>();
        args.add(new Argument.Items(List.copyOf(rootValues)));
        args.add(new Argument.Items(
                inputNames.stream().<Argument>map(this::value).toList()));
        args.add(cotangents(cotangents));
        List<Value> gradients;
        try {
            gradients = graph.call(Transforms.GRAD, args);
        } catch (GraphException e) {
            throw e.at(BACKWARD, Transforms.GRAD);
        }
        for (int i = 0; i < gradients.size(); i++) {
            graph.output(inputNames.get(i), gradients.get(i));
        }
        return new Program(graph.recording(), outputs.size(), inputNames, rootValues);
    }

    private List<Value> roots(List<String> names, BitSet requiringGrad, boolean checked) {
        if (names.isEmpty()) {
            List<Value> found = outputs.stream()
                    .map(this::value)
                    .filter(value -> requiringGrad.get(value.id()))
                    .toList();
            if (found.isEmpty()) {
                throw new GraphException(Reason.NOT_DIFFERENTIABLE, "no output depends on an input that requires grad")
                        .at(BACKWARD, Transforms.GRAD);
            }
            return found;
        }
        List<Value> found = new ArrayList<>();
        for (String name : names) {
            Value root = value(name);
            if (checked && !requiringGrad.get(root.id())) {
                throw new GraphException(
                                Reason.NOT_DIFFERENTIABLE,
                                "'" + name
                                        + "' does not require grad and has no grad_fn: it depends differentiably on no"
                                        + " input that requires grad")
                        .at(name, Transforms.GRAD);
            }
            found.add(root);
        }
        return found;
    }

    private static List<String> leaves(Graph forward) {
        return forward.inputs().stream()
                .filter(Graph.Input::requiresGrad)
                .map(Graph.Input::name)
                .toList();
    }

    private Argument cotangents(List<Cotangent> cotangents) {
        if (cotangents.isEmpty()) {
            return Argument.NONE;
        }
        List<Argument> items = new ArrayList<>();
        for (Cotangent cotangent : cotangents) {
            items.add(
                    switch (cotangent) {
                        case Cotangent.Ones _ -> Argument.NONE;
                        case Cotangent.Named(String name) -> value(name);
                        case Cotangent.Inline(Tensor tensor) -> graph.constant(tensor);
                    });
        }
        return new Argument.Items(items);
    }

    private Value value(String name) {
        @Nullable Value value = graph.lookup(name);
        if (value == null) {
            throw new GraphException(Reason.UNKNOWN_VALUE, "there is no value '" + name + "'");
        }
        return value;
    }
}
