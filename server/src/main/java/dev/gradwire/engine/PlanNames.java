package dev.gradwire.engine;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.pass.Plan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The names in a program's graph. Plans are shared by programs that differ in names only, but nobody is told of
 * another's names.
 */
record PlanNames(List<String> inputs, List<String> nodes, List<String> outputs) {
    /** The names of functions' inputs and nodes stand behind those of the graph, each function's once. */
    static PlanNames of(Program program) {
        List<String> inputs = new ArrayList<>();
        List<String> nodes = new ArrayList<>();
        Graph graph = program.recording().graph();
        collect(graph, inputs, nodes, new HashSet<>());
        return new PlanNames(
                inputs, nodes, graph.outputs().stream().map(Graph.Output::name).toList());
    }

    private static void collect(Graph graph, List<String> inputs, List<String> nodes, Set<Argument.Body> known) {
        graph.inputs().forEach(input -> inputs.add(input.name()));
        for (Node node : graph.nodes()) {
            nodes.add(node.name());
            node.forEachBody(body -> {
                if (known.add(body)) {
                    collect(body.graph(), inputs, nodes, known);
                }
            });
        }
    }

    /**
     * The plan, made for the program with these names, for an equal one with other names. Null where two functions have
     * a name in common that is two names there: a plan does not tell them apart.
     */
    @Nullable
    Plan rename(Plan plan, PlanNames others) {
        if (equals(others)) {
            return plan;
        }
        Map<String, String> map = new HashMap<>();
        boolean clear = put(nodes, others.nodes, map) && put(inputs, others.inputs, map);
        return clear ? plan.renamed(name -> rename(name, map), others.outputs) : null;
    }

    private static boolean put(List<String> from, List<String> to, Map<String, String> map) {
        boolean clear = true;
        for (int i = 0; i < from.size(); i++) {
            String known = map.putIfAbsent(from.get(i), to.get(i));
            clear &= known == null || known.equals(to.get(i));
        }
        return clear;
    }

    /** A node of a function that was put in the place of its call is called {@code call/node}. */
    private static String rename(String name, Map<String, String> map) {
        String known = map.get(name);
        for (int slash = name.indexOf('/'); known == null && slash >= 0; slash = name.indexOf('/', slash + 1)) {
            String outer = map.get(name.substring(0, slash));
            if (outer != null) {
                known = GraphBuilder.qualified(outer, rename(name.substring(slash + 1), map));
            }
        }
        return known != null ? known : "";
    }
}
