package dev.gradwire.pass;

import dev.gradwire.graph.Graph;

/** One rewrite of a graph that keeps what its outputs mean. */
@FunctionalInterface
interface Pass {
    Graph apply(Graph graph);
}
