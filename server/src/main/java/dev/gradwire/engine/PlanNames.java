package dev.gradwire.engine;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Node;
import dev.gradwire.pass.Plan;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The names in a program's graph. Plans are shared by programs that differ in names only, but nobody is told of
 * another's names.
 */
record PlanNames(List<String> inputs, List<String> nodes, List<String> outputs) {
    static PlanNames of(Program program) {
        Graph graph = program.recording().graph();
        return new PlanNames(
                graph.inputs().stream().map(Graph.Input::name).toList(),
                graph.nodes().stream().map(Node::name).toList(),
                graph.outputs().stream().map(Graph.Output::name).toList());
    }

    /** The plan, made for the program with these names, for an equal one with other names. */
    Plan rename(Plan plan, PlanNames others) {
        if (equals(others)) {
            return plan;
        }
        Map<String, String> map = new HashMap<>();
        put(nodes, others.nodes, map);
        put(inputs, others.inputs, map);
        return plan.renamed(name -> map.getOrDefault(name, ""), others.outputs);
    }

    private static void put(List<String> from, List<String> to, Map<String, String> map) {
        for (int i = 0; i < from.size(); i++) {
            map.put(from.get(i), to.get(i));
        }
    }
}
