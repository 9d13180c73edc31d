package dev.gradwire.cli.conformance;

import dev.gradwire.engine.Program;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Reason;
import dev.gradwire.op.Declaration;
import dev.gradwire.op.Operators;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How many cases of the conformance data exercise an operator: those whose forward pass calls it, by its name or as a
 * part of another operator. Cases that the engine refuses, and calls that only derivatives make, do not count.
 */
public final class Coverage {
    private final Map<Declaration, Integer> cases = new HashMap<>();

    private Coverage() {}

    /** Puts every case as a program, without running it. */
    public static Coverage read(Path folder) {
        Coverage coverage = new Coverage();
        for (Path file : Selection.files(folder, null, false)) {
            CaseFile.read(file).cases().forEach(coverage::count);
        }
        return coverage;
    }

    public int of(Declaration declaration) {
        return cases.getOrDefault(declaration, 0);
    }

    private void count(Case item) {
        Optional<Program> program = program(item);
        if (program.isEmpty()) {
            return;
        }
        Set<Declaration> called = new HashSet<>();
        for (Request.Call node : item.nodes()) {
            Operators.all().overloads(node.op()).forEach(overload -> called.add(overload.declaration()));
        }
        // Names for combinations are gone from the graph: their parts are there.
        for (Node node : program.get().recording().graph().nodes()) {
            called.add(((Declaration.Overload) node.op()).declaration());
        }
        called.forEach(declaration -> cases.merge(declaration, 1, Integer::sum));
    }

    private static Optional<Program> program(Case item) {
        if (item.unreadable() != null) {
            return Optional.empty();
        }
        try {
            return Optional.of(Programs.of(Requests.forward(item)));
        } catch (GraphException e) {
            boolean again =
                    e.reason() == Reason.NOT_CONSTANT && item.inputs().stream().anyMatch(Case::canBeConstant);
            return again ? program(item.withConstants()) : Optional.empty();
        }
    }
}
