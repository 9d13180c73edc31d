package dev.gradwire.transform;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Declaration;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.op.Dependence;
import dev.gradwire.op.Flow;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;

/** Through which arguments and results of a node derivatives flow. */
final class Edges {
    private Edges() {}

    static Overload overload(Node node) {
        return (Overload) node.op();
    }

    /**
     * The arguments for parameters with a derivative, lists flattened, numbers and None included: what PyTorch makes a
     * node's {@code next_functions} of.
     */
    static List<Argument> arguments(Node node) {
        List<Argument> edges = new ArrayList<>();
        for (int index : overload(node).edges()) {
            edges.addAll(items(node.args().get(index)));
        }
        return edges;
    }

    /** Gives the values among them. */
    static void forEach(Node node, Consumer<Value> consumer) {
        for (int index : overload(node).edges()) {
            for (Argument item : items(node.args().get(index))) {
                if (item instanceof Value value) {
                    consumer.accept(value);
                }
            }
        }
    }

    /** Whether a derivative flows into the node from one of the marked values. */
    static boolean anyMarked(Node node, BitSet marked) {
        for (int index : overload(node).edges()) {
            for (Argument item : items(node.args().get(index))) {
                if (item instanceof Value value && marked.get(value.id())) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Marks the results that depend differentiably on the marked values. */
    static void markResults(Node node, BitSet marked, Dependence dependence) {
        if (!anyMarked(node, marked)) {
            return;
        }
        Declaration declaration = overload(node).declaration();
        Flow flow = declaration.flow();
        BitSet reached = flow == null ? null : flow.results(node.call(), markedEdges(node, marked), dependence);
        for (int i = 0; i < node.results().size(); i++) {
            Value result = node.results().get(i);
            if (declaration.isDifferentiable(i, result.type()) && (reached == null || reached.get(i))) {
                marked.set(result.id());
            }
        }
    }

    private static BitSet markedEdges(Node node, BitSet marked) {
        List<Argument> edges = arguments(node);
        BitSet indexes = new BitSet();
        for (int i = 0; i < edges.size(); i++) {
            indexes.set(i, edges.get(i) instanceof Value value && marked.get(value.id()));
        }
        return indexes;
    }

    /** Gives the operands on which a marked result depends differentiably. */
    static void forEachBehind(Node node, BitSet marked, Dependence dependence, Consumer<Value> consumer) {
        Declaration declaration = overload(node).declaration();
        BitSet results = new BitSet();
        for (int i = 0; i < node.results().size(); i++) {
            Value result = node.results().get(i);
            results.set(i, marked.get(result.id()) && declaration.isDifferentiable(i, result.type()));
        }
        Flow flow = declaration.flow();
        if (results.isEmpty()) {
            return;
        }
        if (flow == null) {
            forEach(node, consumer);
            return;
        }
        List<Argument> edges = arguments(node);
        flow.operands(node.call(), results, dependence).stream()
                .mapToObj(edges::get)
                .forEach(edge -> consumer.accept((Value) edge));
    }

    /** The items of a list argument, or the one argument. */
    static List<Argument> operands(Node node, String parameter) {
        return items(node.call().arg(parameter));
    }

    private static List<Argument> items(Argument argument) {
        return argument instanceof Argument.Items list ? list.items() : List.of(argument);
    }
}
