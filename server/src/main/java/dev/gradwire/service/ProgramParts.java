package dev.gradwire.service;

import dev.gradwire.v1.Graph;
import dev.gradwire.v1.GraphPart;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.Program;
import java.util.LinkedHashMap;
import java.util.Map;

/** Puts a program together that comes in parts, within the size that a program may have. */
final class ProgramParts {
    private final Open open;
    private final Limits limits;
    private final Graph.Builder graph;
    private final Map<String, Graph.Builder> functions = new LinkedHashMap<>();
    private long bytes;

    ProgramParts(Open open, Limits limits) {
        this.open = open;
        this.limits = limits;
        graph = open.getProgram().getGraph().toBuilder();
        open.getProgram().getFunctionsMap().forEach((name, body) -> functions.put(name, body.toBuilder()));
        count(open.getProgram().getSerializedSize());
    }

    /** The message that the program began with. */
    Open open() {
        return open;
    }

    /** @throws Refusal when the program becomes too large */
    void add(GraphPart part) {
        count(part.getSerializedSize());
        Graph.Builder whole = part.getFunction().isEmpty()
                ? graph
                : functions.computeIfAbsent(part.getFunction(), _ -> Graph.newBuilder());
        whole.mergeFrom(part.getGraph());
    }

    /** Empty parts count too, or their number would have no end. */
    private void count(int serialized) {
        bytes += 1 + serialized;
        limits.checkAt(Limit.MAX_GRAPH_BYTES, bytes, "the program", "graph");
    }

    Program program() {
        Program.Builder program = Program.newBuilder().setGraph(graph);
        functions.forEach((name, body) -> program.putFunctions(name, body.build()));
        return program.build();
    }
}
