package dev.gradwire.op;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.function.Function;

/** Types of the results from types of the arguments; throws {@code GraphException} naming the argument that is wrong. */
@FunctionalInterface
public interface TypeRule {
    List<TensorType> infer(Call call);

    /** A rule for an operator with one result. */
    static TypeRule one(Function<Call, TensorType> rule) {
        return call -> List.of(rule.apply(call));
    }
}
