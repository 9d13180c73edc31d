package dev.gradwire.graph;

import dev.gradwire.tensor.TensorType;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The rules of a finished graph, executable: every value is defined once and before its use, arguments are what the
 * schema takes, result types are what the operator infers; the same holds for the bodies of functions. Tests run it
 * after every rewrite.
 */
public final class GraphVerifier {
    private final BitSet defined = new BitSet();
    private final Graph graph;
    /** Bodies that were looked at already: they are shared. */
    private final Set<Argument.Body> verified;

    private GraphVerifier(Graph graph, Set<Argument.Body> verified) {
        this.graph = graph;
        this.verified = verified;
    }

    /** @throws IllegalStateException when the graph breaks a rule, which is a defect of the rewrite that made it */
    public static void verify(Graph graph) {
        new GraphVerifier(graph, new HashSet<>()).run();
    }

    private void run() {
        graph.inputs().forEach(input -> define(input.value(), input.name()));
        for (Node node : graph.nodes()) {
            verifyNode(node);
            node.forEachBody(this::verifyBody);
        }
        for (Graph.Output output : graph.outputs()) {
            check(defined.get(output.value().id()), output.name(), "is returned but not defined");
        }
    }

    private void verifyBody(Argument.Body body) {
        if (verified.add(body)) {
            new GraphVerifier(body.graph(), verified).run();
        }
    }

    private void verifyNode(Node node) {
        node.forEachOperand(operand ->
                check(defined.get(operand.id()), node.name(), "uses %" + operand.id() + " before it is defined"));
        List<Parameter> parameters = node.op().canonical().parameters();
        check(parameters.size() == node.args().size(), node.name(), "has arguments for another schema");
        check(
                node.args().stream().noneMatch(Argument.Function.class::isInstance),
                node.name(),
                "uses a function without types");
        check(!node.op().isComposite(), node.name(), "is composite and should have been expanded");
        List<TensorType> inferred = node.op().infer(node.call());
        List<TensorType> stated = node.results().stream().map(Value::type).toList();
        check(inferred.equals(stated), node.name(), "has types " + stated + " where " + inferred + " are inferred");
        node.results().forEach(result -> define(result, node.name()));
    }

    private void define(Value value, String name) {
        check(value.id() >= 0 && value.id() < graph.valueCount(), name, "has an id out of range");
        check(!defined.get(value.id()), name, "defines %" + value.id() + " a second time");
        defined.set(value.id());
    }

    private static void check(boolean holds, String name, String broken) {
        if (!holds) {
            throw new IllegalStateException("'" + name + "' " + broken);
        }
    }
}
