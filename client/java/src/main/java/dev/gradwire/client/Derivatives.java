package dev.gradwire.client;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** What derivatives need of the graph behind them. */
final class Derivatives {
    static final String GRAD = "grad";
    static final String JVP = "jvp";
    static final String JACOBIAN = "jacobian";
    static final String HESSIAN = "hessian";
    static final String HVP = "hvp";
    static final String SPARSE_JACOBIAN = "sparse_jacobian";
    private static final Set<String> ALL = Set.of(GRAD, JVP, JACOBIAN, HESSIAN, HVP, SPARSE_JACOBIAN);

    private Derivatives() {}

    /** Whether outputs and inputs of a derivative stand first among the operator's arguments. */
    static boolean isDerivative(String operator) {
        return ALL.contains(operator);
    }

    /**
     * The nodes between inputs and outputs. Their values, known or not, are computed anew where a derivative is taken,
     * as it needs the way there.
     */
    static Set<Node> between(Predicate<Tensor> isInput, Collection<Tensor> outputs) {
        Set<Node> between = new HashSet<>();
        for (Node node : Recording.ancestors(outputs)) {
            if (node.tensors().anyMatch(tensor -> isInput.test(tensor) || between.contains(tensor.node()))) {
                between.add(node);
            }
        }
        return between;
    }

    /** As {@link #between(Predicate, Collection)}, for a recorded {@code grad} or its like. */
    static Set<Node> between(Node derivative) {
        List<Tensor> outputs = derivative.args().get(0).stream().toList();
        Set<Tensor> inputs = new HashSet<>(derivative.args().get(1).stream().toList());
        return between(inputs::contains, outputs);
    }
}
