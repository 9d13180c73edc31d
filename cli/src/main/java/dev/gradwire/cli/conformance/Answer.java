package dev.gradwire.cli.conformance;

import dev.gradwire.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * @param outputs one for each output of the request
 * @param gradients one for each input of its backward pass, null for the answer "unused"
 * @param gradFns by the name of the value; values that need no gradient are absent
 */
public record Answer(List<Tensor> outputs, List<@Nullable Tensor> gradients, Map<String, GradFn> gradFns) {
    /** The grad_fn of a leaf's gradient, which PyTorch does not show as the leaf's own. */
    static final String LEAF = "AccumulateGrad";

    /** @param nextFunctions names, null where no gradient flows */
    public record GradFn(String name, List<@Nullable String> nextFunctions) {}
}
