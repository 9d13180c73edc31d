package dev.gradwire.pass;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Trim;

/** Drops nodes that no output depends on, but for checks. */
record DeadCode() implements Pass {
    @Override
    public Graph apply(Graph graph) {
        return Trim.apply(graph);
    }
}
