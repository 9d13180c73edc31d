package dev.gradwire.cli.conformance;

import dev.gradwire.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One graph with what PyTorch makes of it. A single call is a graph of one node.
 *
 * @param unreadable why the case cannot be put as a graph, otherwise null
 * @param outputs names of the values to compare
 */
public record Case(
        String id,
        Set<String> tags,
        @Nullable String unreadable,
        Tolerance tolerance,
        List<Request.Input> inputs,
        List<Request.Call> nodes,
        List<String> outputs,
        Expected expected) {
    public Case {
        tags = Set.copyOf(tags);
        inputs = List.copyOf(inputs);
        nodes = List.copyOf(nodes);
        outputs = List.copyOf(outputs);
    }

    /** An element a agrees with e where |a − e| ≤ atol + rtol · |e|. */
    public record Tolerance(double rtol, double atol) {
        static final Tolerance DEFAULT = new Tolerance(1e-9, 1e-9);
    }

    /**
     * Lists by input have one entry for each input that requires grad; null entries are zeros.
     *
     * @param grads by input
     * @param jvp null where PyTorch has none
     * @param second null where PyTorch has none
     * @param nodeGradFns for each node its results' grad_fn names, null for single calls
     * @param mutated inputs that PyTorch changes in place, by name, with their values afterwards
     */
    public record Expected(
            List<Output> outputs,
            List<@Nullable Tensor> grads,
            @Nullable Jvp jvp,
            @Nullable Second second,
            @Nullable List<List<@Nullable String>> nodeGradFns,
            SequencedMap<String, Tensor> mutated) {
        static final Expected NONE = new Expected(List.of(), List.of(), null, null, null, new LinkedHashMap<>());
    }

    /**
     * @param gradFn null for a leaf or a value that needs no gradient
     * @param cotangent null where the output takes no part in the derivatives
     */
    public record Output(
            Tensor value,
            @Nullable String gradFn,
            List<@Nullable String> nextFunctions,
            @Nullable Tensor cotangent) {}

    /** @param outputs null entries: zero or not differentiable */
    public record Jvp(List<Tensor> tangents, List<@Nullable Tensor> outputs) {}

    /**
     * @param weights by input, null where there is no first gradient
     * @param grads by input: the gradient of the sum of weights times first gradients
     */
    public record Second(List<@Nullable Tensor> weights, List<@Nullable Tensor> grads) {}

    /** A case that only counts. */
    static Case unreadable(
            String id, Set<String> tags, @Nullable String why, Tolerance tolerance, boolean jvp, boolean second) {
        Expected expected = new Expected(
                List.of(),
                List.of(),
                jvp ? new Jvp(List.of(), List.of()) : null,
                second ? new Second(List.of(), List.of()) : null,
                null,
                new LinkedHashMap<>());
        return new Case(id, tags, why, tolerance, List.of(), List.of(), List.of(), expected);
    }

    /** Whether complex numbers occur, which not all operators take. */
    public boolean isComplex() {
        return tags.contains("complex") || tags.contains("complex_output");
    }

    /** The same with integer and bool inputs as constants of the graph, for shapes that depend on them. */
    Case withConstants() {
        List<Request.Call> all = new ArrayList<>();
        inputs.stream()
                .filter(Case::canBeConstant)
                .forEach(input -> all.add(Request.Call.constant(input.name(), input.tensor())));
        all.addAll(nodes);
        List<Request.Input> rest =
                inputs.stream().filter(input -> !canBeConstant(input)).toList();
        return new Case(id, tags, unreadable, tolerance, rest, all, outputs, expected);
    }

    static boolean canBeConstant(Request.Input input) {
        return !input.tensor().type().dtype().isDifferentiable();
    }

    public List<Request.Input> differentiable() {
        return inputs.stream().filter(Request.Input::requiresGrad).toList();
    }

    /** The kinds of comparison that the case has figures for. */
    public List<Kind> kinds() {
        List<Kind> kinds = new ArrayList<>(List.of(Kind.FORWARD, Kind.GRAD_FN, Kind.VJP));
        if (expected.jvp != null) {
            kinds.add(Kind.JVP);
        }
        if (expected.second != null) {
            kinds.add(Kind.SECOND);
        }
        return kinds;
    }
}
