package dev.gradwire.client;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Operators that take functions: mapping over a dimension, branches, loops, recomputation, derivatives of one's own. They
 * are recorded like all others, and differentiated like them.
 */
public final class Functions {
    private Functions() {}

    /** {@link #vmap(TensorFunction, List, int[], int[])} over the first dimension of all operands, results included. */
    public static Results vmap(TensorFunction function, Tensor... operands) {
        return vmap(function, List.of(operands), new int[0], new int[0]);
    }

    /**
     * Maps a function over a dimension of its operands, as {@code torch.vmap}. Tensors that it uses from outside go in
     * whole. With {@link Gradwire#grad} inside it gives a gradient for each sample.
     *
     * @param inDims which dimension of each operand is mapped over, negative ones from the end; empty for the first
     * @param outDims where each result has that dimension; empty for the first
     * @throws IllegalArgumentException when there are other than as many dimensions as operands or results
     */
    public static Results vmap(TensorFunction function, List<Tensor> operands, int[] inDims, int[] outDims) {
        int[] dims = inDims.length == 0 ? new int[operands.size()] : inDims;
        requireCount("inDims", dims.length, operands.size());
        List<Tensor> arguments = IntStream.range(0, dims.length)
                .mapToObj(i -> standIn(operands.get(i), type -> type.without(dims[i])))
                .toList();
        RecordedFunction.Trace trace = RecordedFunction.trace(function, arguments);
        int count = trace.results().size();
        int[] outs = outDims.length == 0 ? new int[count] : outDims;
        requireCount("outDims", outs.length, count);
        List<Tensor> captured = List.copyOf(trace.captured());
        return client(both(operands, captured))
                .call("vmap", trace.with(both(arguments, captured)), operands, dims, captured, outs)
                .results(count);
    }

    /**
     * One function or another, as {@code torch.cond}; only the chosen one is run.
     *
     * @param pred a truth value of one element
     * @param whenFalse returns tensors of the same types as {@code whenTrue}
     * @throws IllegalArgumentException when they return different numbers of tensors
     */
    public static Results cond(Tensor pred, TensorFunction whenTrue, TensorFunction whenFalse, List<Tensor> operands) {
        RecordedFunction.Trace yes = RecordedFunction.trace(whenTrue, standIns(operands));
        RecordedFunction.Trace no = RecordedFunction.trace(whenFalse, standIns(operands));
        requireCount(
                "results of the two functions",
                no.results().size(),
                yes.results().size());
        List<Tensor> captured = captured(yes, no);
        return pred.client()
                .call(
                        "cond",
                        pred,
                        yes.with(both(yes.arguments(), captured)),
                        no.with(both(no.arguments(), captured)),
                        both(operands, captured))
                .results(yes.results().size());
    }

    /** {@link #whileLoop(TensorFunction, TensorFunction, List, long)} without a bound; it has no reverse mode. */
    public static Results whileLoop(TensorFunction condition, TensorFunction body, List<Tensor> carried) {
        return loop(condition, body, carried, null);
    }

    /**
     * Repeats {@code carried = body(carried)} while the condition holds, as {@code torch.while_loop}.
     *
     * @param condition returns a truth value of one element
     * @param body returns tensors of the types it is given
     * @param maxIterations the most rounds, more are an error; reverse mode keeps so many copies of the carried tensors
     * @return the last carried tensors
     * @throws IllegalArgumentException when a function returns another number of tensors
     */
    public static Results whileLoop(
            TensorFunction condition, TensorFunction body, List<Tensor> carried, long maxIterations) {
        return loop(condition, body, carried, maxIterations);
    }

    private static Results loop(
            TensorFunction condition, TensorFunction body, List<Tensor> carried, @Nullable Long maxIterations) {
        RecordedFunction.Trace test = RecordedFunction.trace(condition, standIns(carried));
        RecordedFunction.Trace step = RecordedFunction.trace(body, standIns(carried));
        requireCount("results of the condition", test.results().size(), 1);
        requireCount("results of the body", step.results().size(), carried.size());
        List<Tensor> captured = captured(test, step);
        Call call = client(both(carried, captured))
                .call(
                        "while_loop",
                        test.with(both(test.arguments(), captured)),
                        step.with(both(step.arguments(), captured)),
                        carried,
                        captured);
        if (maxIterations != null) {
            call.with("max_iterations", maxIterations);
        }
        return call.results(carried.size());
    }

    /**
     * Goes through slices with a carried state.
     *
     * @param step takes the carry and then a slice of each of {@code xs}; returns the next carry, of the same types, and
     *     then any number of tensors, which are stacked
     * @param init the first carry
     * @param xs tensors of the same length in dimension {@code dim}
     * @param reverse from the last slice to the first
     * @return the last carry, and then the stacked tensors, with a new first dimension
     * @throws IllegalArgumentException when the step returns fewer tensors than the carry has
     */
    public static Results scan(TensorFunction step, List<Tensor> init, List<Tensor> xs, int dim, boolean reverse) {
        List<Tensor> arguments = new ArrayList<>(standIns(init));
        xs.forEach(x -> arguments.add(standIn(x, type -> type.without(dim))));
        Call call = scan(step, arguments, init, xs);
        return call.with("dim", dim).with("reverse", reverse).results();
    }

    /** A number of rounds of {@code step}, which takes and returns the carry, and then returns what is stacked. */
    public static Results scan(TensorFunction step, List<Tensor> init, long length) {
        return scan(step, standIns(init), init, List.of())
                .with("length", length)
                .results();
    }

    private static Call scan(TensorFunction step, List<Tensor> arguments, List<Tensor> init, List<Tensor> xs) {
        RecordedFunction.Trace trace = RecordedFunction.trace(step, arguments);
        if (trace.results().size() < init.size()) {
            throw new IllegalArgumentException(
                    "the step returns " + trace.results().size() + " tensors, but the carry has " + init.size());
        }
        List<Tensor> captured = List.copyOf(trace.captured());
        return client(both(both(init, xs), captured))
                .call("scan", trace.with(both(arguments, captured)), init, xs, captured);
    }

    /** The function, whose inner values are not kept for the backward pass but computed again there. */
    public static Results checkpoint(TensorFunction function, Tensor... operands) {
        List<Tensor> given = List.of(operands);
        RecordedFunction.Trace trace = RecordedFunction.trace(function, standIns(given));
        List<Tensor> captured = List.copyOf(trace.captured());
        return client(both(given, captured))
                .call("checkpoint", trace.with(both(trace.arguments(), captured)), both(given, captured))
                .results(trace.results().size());
    }

    /**
     * A function with a derivative of its own. Tensors that it uses from outside get no gradient.
     *
     * @param vjp takes the operands, the results and a cotangent for each result; returns one cotangent for each operand
     * @throws IllegalArgumentException when {@code vjp} returns another number
     */
    public static Results customGradient(TensorFunction function, TensorFunction vjp, Tensor... operands) {
        List<Tensor> given = List.of(operands);
        RecordedFunction.Trace forward = RecordedFunction.trace(function, standIns(given));
        List<Tensor> arguments = standIns(given);
        List<Tensor> rest = both(standIns(forward.results()), standIns(forward.results()));
        RecordedFunction.Trace backward = RecordedFunction.trace(vjp, both(arguments, rest));
        requireCount("cotangents of the vjp", backward.results().size(), given.size());
        List<Tensor> captured = captured(forward, backward);
        return client(both(given, captured))
                .call(
                        "custom_gradient",
                        forward.with(both(forward.arguments(), captured)),
                        backward.with(both(both(arguments, captured), rest)),
                        given,
                        captured)
                .results(forward.results().size());
    }

    private static List<Tensor> standIns(List<Tensor> operands) {
        return operands.stream()
                .map(operand -> standIn(operand, UnaryOperator.identity()))
                .toList();
    }

    private static Tensor standIn(Tensor operand, UnaryOperator<TensorType> slice) {
        return new Tensor(operand, slice);
    }

    private static List<Tensor> captured(RecordedFunction.Trace first, RecordedFunction.Trace second) {
        Set<Tensor> captured = new LinkedHashSet<>(first.captured());
        captured.addAll(second.captured());
        return List.copyOf(captured);
    }

    private static List<Tensor> both(List<Tensor> first, List<Tensor> second) {
        List<Tensor> all = new ArrayList<>(first);
        all.addAll(second);
        return Collections.unmodifiableList(all);
    }

    private static Gradwire client(List<Tensor> tensors) {
        if (tensors.isEmpty()) {
            throw new IllegalArgumentException("a function needs at least one tensor to work on");
        }
        return tensors.getFirst().client();
    }

    private static void requireCount(String what, int count, int wanted) {
        if (count != wanted) {
            throw new IllegalArgumentException(what + ": there must be " + wanted + ", but there are " + count);
        }
    }
}
