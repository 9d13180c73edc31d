package dev.gradwire.engine;

import dev.gradwire.graph.Recording;
import dev.gradwire.graph.Value;
import java.util.List;

/**
 * What a client asks for: its graph, and what of it to differentiate. The graph's outputs are the {@code outputCount}
 * ones it returns, followed by one gradient for each of {@code gradientInputs}. Made by {@link ProgramBuilder}.
 *
 * @param roots what is differentiated; empty without a backward pass
 */
public record Program(Recording recording, int outputCount, List<String> gradientInputs, List<Value> roots) {
    public Program {
        gradientInputs = List.copyOf(gradientInputs);
        roots = List.copyOf(roots);
    }
}
