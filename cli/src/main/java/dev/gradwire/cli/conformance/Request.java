package dev.gradwire.cli.conformance;

import dev.gradwire.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A graph with its data.
 *
 * @param outputs names of values to return
 * @param backward what to differentiate, null for nothing
 */
public record Request(
        List<Input> inputs,
        List<Call> nodes,
        List<String> outputs,
        @Nullable Backward backward) {
    public Request {
        inputs = List.copyOf(inputs);
        nodes = List.copyOf(nodes);
        outputs = List.copyOf(outputs);
    }

    public record Input(String name, Tensor tensor, boolean requiresGrad) {}

    /** A node; its results are {@code name}, {@code name:1}, … */
    public record Call(String name, String op, List<Arg> args, Map<String, Arg> kwargs) {
        public Call {
            args = List.copyOf(args);
            kwargs = Map.copyOf(kwargs);
        }

        static Call constant(String name, Tensor tensor) {
            return new Call(name, "constant", List.of(new Arg.Data(tensor)), Map.of());
        }
    }

    /**
     * @param cotangents one for each root
     * @param inputs names of what to differentiate with respect to
     */
    public record Backward(List<String> roots, List<Tensor> cotangents, List<String> inputs) {
        public Backward {
            roots = List.copyOf(roots);
            cotangents = List.copyOf(cotangents);
            inputs = List.copyOf(inputs);
        }
    }
}
