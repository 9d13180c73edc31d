package dev.gradwire.transform;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Recording;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Dependence;
import dev.gradwire.tensor.TensorType;
import dev.gradwire.transform.GradFn.Edge;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The grad_fn metadata of a client's graph, node by node, before any rewriting. A composite operator's value has the
 * grad_fn of the part that makes it, as in PyTorch; the parts are named {@code node/part}.
 */
public final class GradFns {
    private final Graph graph;
    private final BitSet requiresGrad;
    private final @Nullable Origin[] origins;
    private final Map<String, Value> known;
    private final List<List<String>> names;
    private final Map<Integer, List<GradFn.Saved>> saved;

    /**
     * Where a value comes from: the result of a node, or an input (node −1). Results of a composite come from several
     * nodes and are told apart by the number of the client's result.
     */
    private record Origin(String name, int node, int output) {}

    /** @param saved by the index of a node, what its derivative reads of the forward pass */
    public GradFns(Recording recording, Map<Integer, List<GradFn.Saved>> saved) {
        this.graph = recording.graph();
        this.requiresGrad = requiringGrad(graph);
        this.saved = saved;
        this.origins = new @Nullable Origin[graph.valueCount()];
        this.names = new ArrayList<>(graph.valueCount());
        for (int i = 0; i < graph.valueCount(); i++) {
            names.add(List.of());
        }
        this.known = recording.names();
        known.forEach(this::addName);
        markInputs();
        for (int i = 0; i < graph.nodes().size(); i++) {
            markNode(i, graph.nodes().get(i));
        }
    }

    /** The ids of the values that depend differentiably on an input that requires grad, and of those inputs. */
    public static BitSet requiringGrad(Graph graph) {
        BitSet requiring = new BitSet(graph.valueCount());
        for (Graph.Input input : graph.inputs()) {
            if (input.requiresGrad()) {
                requiring.set(input.value().id());
            }
        }
        Dependence dependence = new BodyDependence();
        for (Node node : graph.nodes()) {
            Edges.markResults(node, requiring, dependence);
        }
        return requiring;
    }

    private void addName(String name, Value value) {
        List<String> known = names.get(value.id());
        List<String> more = new ArrayList<>(known);
        more.add(name);
        names.set(value.id(), more);
    }

    private void markInputs() {
        for (Graph.Input input : graph.inputs()) {
            origins[input.value().id()] = new Origin(input.name(), -1, 0);
        }
    }

    private void markNode(int index, Node node) {
        for (int i = 0; i < node.results().size(); i++) {
            Value result = node.results().get(i);
            List<String> given = names.get(result.id());
            origins[result.id()] = given.isEmpty()
                    ? new Origin(displayName(node, i), index, i)
                    : new Origin(nodeOf(given.getFirst()), index, outputOf(given.getFirst()));
        }
    }

    /**
     * The client's own name for a value of the node, where it has one; parts of composites have names made for them, and
     * so have results that would be taken for another of the composite's (the third of {@code svd} is the second of a
     * part, transposed).
     */
    private String displayName(Node node, int output) {
        for (Value result : node.results()) {
            List<String> given = names.get(result.id());
            if (!given.isEmpty() && !known.containsKey(nodeOf(given.getFirst()) + ":" + output)) {
                return nodeOf(given.getFirst());
            }
        }
        return node.name();
    }

    private static String nodeOf(String valueName) {
        int colon = valueName.indexOf(':');
        return colon < 0 ? valueName : valueName.substring(0, colon);
    }

    public boolean requiresGrad(Value value) {
        return requiresGrad.get(value.id());
    }

    /** All of the graph, in order of recording. */
    public List<GradFn> all() {
        List<GradFn> gradFns = new ArrayList<>();
        graph.inputs().forEach(input -> addFor(input.value(), gradFns));
        for (Node node : graph.nodes()) {
            node.visibleResults().forEach(result -> addFor(result, gradFns));
        }
        return gradFns;
    }

    /** Those between the roots and the leaves, both included, in order of recording. */
    public List<GradFn> path(List<Value> roots) {
        BitSet onPath = new BitSet();
        roots.forEach(root -> onPath.set(root.id()));
        for (int i = graph.nodes().size() - 1; i >= 0; i--) {
            Node node = graph.nodes().get(i);
            boolean used = node.results().stream().anyMatch(result -> onPath.get(result.id()) && requiresGrad(result));
            if (used) {
                Edges.forEach(node, edge -> onPath.set(edge.id()));
            }
        }
        List<GradFn> gradFns = new ArrayList<>();
        graph.inputs().stream()
                .filter(input -> onPath.get(input.value().id()))
                .forEach(input -> addFor(input.value(), gradFns));
        for (Node node : graph.nodes()) {
            node.visibleResults().stream()
                    .filter(result -> onPath.get(result.id()))
                    .forEach(result -> addFor(result, gradFns));
        }
        return gradFns;
    }

    private void addFor(Value value, List<GradFn> gradFns) {
        Origin origin = origins[value.id()];
        if (!requiresGrad(value) || origin == null || !hasGradFn(origin)) {
            return;
        }
        GradFn gradFn = origin.node < 0
                ? leaf(origin, value.type())
                : ofNode(origin, graph.nodes().get(origin.node));
        gradFns.add(gradFn);
        addAliases(gradFn, value, gradFns);
    }

    /** Derivatives as operators have none. */
    private boolean hasGradFn(Origin origin) {
        return origin.node < 0
                || Edges.overload(graph.nodes().get(origin.node)).gradFn().isPresent();
    }

    /** A node that only hands on a value (a cast to the dtype it has) shares that value's grad_fn. */
    private void addAliases(GradFn gradFn, Value value, List<GradFn> gradFns) {
        for (String name : names.get(value.id())) {
            boolean other = !nodeOf(name).equals(gradFn.node());
            if (other && !gradFn.name().equals(GradFn.LEAF)) {
                gradFns.add(new GradFn(
                        nodeOf(name),
                        outputOf(name),
                        gradFn.name(),
                        gradFn.nextFunctions(),
                        gradFn.sequenceNumber(),
                        gradFn.resultTypes(),
                        gradFn.saved()));
            }
        }
    }

    private static int outputOf(String valueName) {
        int colon = valueName.indexOf(':');
        return colon < 0 ? 0 : Integer.parseInt(valueName.substring(colon + 1));
    }

    private static GradFn leaf(Origin origin, TensorType type) {
        return new GradFn(origin.name, 0, GradFn.LEAF, List.of(), 0, List.of(type), List.of());
    }

    private GradFn ofNode(Origin origin, Node node) {
        List<Edge> edges = Edges.arguments(node).stream().map(this::edge).toList();
        return new GradFn(
                origin.name,
                origin.output,
                Edges.overload(node).gradFn().orElseThrow(),
                edges,
                origin.node,
                node.visibleResults().stream().map(Value::type).toList(),
                saved.getOrDefault(origin.node, List.of()));
    }

    private Edge edge(Argument argument) {
        if (!(argument instanceof Value value) || !requiresGrad(value)) {
            return Edge.NONE;
        }
        Origin origin = origins[value.id()];
        return origin == null || !hasGradFn(origin) ? Edge.NONE : new Edge(origin.name, origin.output);
    }
}
