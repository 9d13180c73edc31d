package dev.gradwire.service;

import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Operator;
import dev.gradwire.graph.Reason;
import dev.gradwire.op.Operators;
import dev.gradwire.v1.Argument;
import dev.gradwire.v1.Argument.KindCase;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How many nodes a program has when functions stand in the place of their calls, told from its message before any is
 * recorded: a few functions that use each other twice are more nodes than can be counted by making them. Each node makes
 * one value or more, so what is refused here is too large whatever its types. Each function is measured once, however
 * many ways lead to it.
 */
final class Expansion {
    /** The parameters whose functions are put in the place of the node, by operator; other functions stay bodies. */
    private static final Map<String, String> IN_PLACE =
            Map.of("call", "function", "checkpoint", "function", "custom_gradient", "function", "vmap", "func");

    /**
     * @param nodes at least; exact for what one node of the client stands for
     * @param height levels of functions, this one included
     * @param draws whether it has random nodes, for which each use is recorded anew
     */
    private record Measure(long nodes, int height, boolean draws) {}

    /** What recording finds out about: a name that stands for nothing, or a function that uses itself. */
    private static final Measure UNKNOWN = new Measure(0, 0, false);

    private final Map<String, Graph> functions;
    private final int maxNodes;
    private final int maxDepth;
    private final Map<String, Measure> measures = new HashMap<>();
    /** Functions that are being measured. */
    private final Set<String> active = new HashSet<>();

    private Expansion(Map<String, Graph> functions, Limits limits) {
        this.functions = functions;
        maxNodes = limits.getInt(Limit.MAX_GRAPH_VALUES);
        maxDepth = limits.getInt(Limit.MAX_FUNCTION_DEPTH);
    }

    /** @throws Refusal when the graph, or a function it uses, is too large or uses functions too deep inside each other */
    static void check(Graph graph, Map<String, Graph> functions, Limits limits) {
        if (!functions.isEmpty()) {
            var _ = new Expansion(functions, limits).measure(graph, "graph", null);
        }
    }

    private Measure measure(Graph graph, String path, @Nullable String function) {
        long nodes = 0;
        int height = 0;
        boolean draws = false;
        for (int i = 0; i < graph.getNodesCount(); i++) {
            Node node = graph.getNodes(i);
            try {
                String inPlace = IN_PLACE.get(node.getOp());
                nodes += inPlace == null ? 1 : 0;
                draws |= draws(node.getOp());
                for (Use use : uses(node, inPlace)) {
                    Measure used = measure(use.function);
                    nodes += use.inPlace || used.draws ? used.nodes : 0;
                    height = Math.max(height, used.height);
                    draws |= used.draws;
                }
                requireWithinLimits(nodes, height);
            } catch (GraphException e) {
                GraphException known = e.at(node.getName(), node.getOp());
                throw Refusal.of(function == null ? known : known.in(function)).at(path + ".nodes[" + i + "]");
            }
        }
        return new Measure(nodes, height + 1, draws);
    }

    private Measure measure(String function) {
        Measure known = measures.get(function);
        Graph body = functions.get(function);
        if (known != null || body == null || active.contains(function)) {
            return known == null ? UNKNOWN : known;
        }
        if (active.size() == maxDepth) {
            throw tooDeep();
        }
        active.add(function);
        Measure measure = measure(body, "functions[\"" + function + "\"]", function);
        active.remove(function);
        measures.put(function, measure);
        return measure;
    }

    private void requireWithinLimits(long nodes, int height) {
        if (nodes > maxNodes) {
            throw new GraphException(
                    Reason.TOO_MANY_VALUES,
                    "with functions in the place of their calls there are more than " + maxNodes + " values");
        }
        if (active.size() + height > maxDepth) {
            throw tooDeep();
        }
    }

    private GraphException tooDeep() {
        return new GraphException(
                Reason.FUNCTIONS_TOO_DEEP, "functions use functions more than " + maxDepth + " levels deep");
    }

    private record Use(String function, boolean inPlace) {}

    private static List<Use> uses(Node node, @Nullable String inPlace) {
        List<Use> uses = new ArrayList<>();
        for (int i = 0; i < node.getArgsCount(); i++) {
            if (isFunction(node.getArgs(i))) { // what goes in place is the first parameter of its operator
                uses.add(new Use(node.getArgs(i).getFunction(), inPlace != null && i == 0));
            }
        }
        node.getKwargsMap().forEach((name, argument) -> {
            if (isFunction(argument)) {
                uses.add(new Use(argument.getFunction(), name.equals(inPlace)));
            }
        });
        return uses;
    }

    private static boolean isFunction(Argument argument) {
        return argument.getKindCase() == KindCase.FUNCTION;
    }

    /** Composite operators may draw or not, by their arguments. */
    private static boolean draws(String op) {
        for (Operator overload : Operators.all().overloads(op)) {
            if (!overload.isComposite() && overload.canonical().indexOf(GraphBuilder.GENERATOR) >= 0) {
                return true;
            }
        }
        return false;
    }
}
