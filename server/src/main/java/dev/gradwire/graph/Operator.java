package dev.gradwire.graph;

import dev.gradwire.tensor.TensorType;
import java.util.List;

/** What the graph needs to know of an operator's overload. */
public interface Operator {
    /** The overload as it is called. */
    Schema schema();

    /** The parameters that all overloads of the operator share; a node's arguments stand in their order. */
    Schema canonical();

    /**
     * The types of the results.
     *
     * @throws GraphException when the arguments do not fit, naming the argument
     */
    List<TensorType> infer(Call call);

    /**
     * The types at which a call uses a function.
     *
     * @param call whose functions for earlier parameters have their types already
     * @param parameter of kind {@code Function}
     * @throws GraphException when the arguments do not fit, naming the argument
     */
    List<TensorType> bodyInputs(Call call, String parameter);

    /** How many of its results the caller sees; those behind them are for derivative rules. */
    int visibleResults(Call call, int results);

    /**
     * Whether the operator is only a name for a combination of others, which the builder records in its place (and
     * whose nodes its grad_fn is made of, as in PyTorch).
     */
    boolean isComposite();

    /** Whether this call is only a name for a combination of others; of a composite operator every call is. */
    default boolean expands(GraphBuilder builder, Call call) {
        return isComposite();
    }

    /** Whether the first result shares its operand's storage. */
    boolean isView();

    /** Whether it runs although nothing reads its results: a check, which may end the run. */
    boolean isCheck();

    /** Whether only rewrites may call it, never a client. */
    boolean isInternal();

    /** Records what a call that {@link #expands} stands for. */
    List<Argument> expand(GraphBuilder builder, Call call);
}
