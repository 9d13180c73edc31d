package dev.gradwire.cli.conformance;

import dev.gradwire.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A graph with its data.
 *
 * @param outputs names of values to return
 * @param gradFns names of the values whose grad_fn is wanted
 * @param backward what to differentiate, null for nothing; then only gradients are wanted
 */
public record Request(
        List<Input> inputs,
        List<Call> nodes,
        List<String> outputs,
        List<String> gradFns,
        @Nullable Backward backward) {
    public Request {
        inputs = List.copyOf(inputs);
        nodes = List.copyOf(nodes);
        outputs = List.copyOf(outputs);
        gradFns = List.copyOf(gradFns);
    }

    public record Input(String name, Tensor tensor, boolean requiresGrad) {}

    /** A node; its results are {@code name}, {@code name:1}, … */
    public record Call(String name, String op, List<Arg> args, Map<String, Arg> kwargs) {
        public Call {
            args = List.copyOf(args);
            kwargs = Map.copyOf(kwargs);
        }

        private static final String CONSTANT = "constant";

        public static Call constant(String name, Tensor tensor) {
            return new Call(name, CONSTANT, List.of(new Arg.Data(tensor)), Map.of());
        }

        boolean isConstant() {
            return op.equals(CONSTANT);
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
