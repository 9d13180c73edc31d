package dev.gradwire.kernel;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A call of a named kernel, with everything types decide already settled: operands of one elementwise call have one
 * dtype, dimensions are not negative, sizes fit.
 *
 * @param name an ATen overload without prefix, e.g. {@code add.Tensor}, {@code mm}, {@code sum.dim_IntList}
 * @param arguments one for each parameter of that overload, in the order of its schema
 * @param operands types of the tensors that {@link Argument.Operand} refers to
 * @param results types that the caller expects
 */
public record KernelCall(String name, List<Argument> arguments, List<TensorType> operands, List<TensorType> results) {
    public KernelCall {
        arguments = List.copyOf(arguments);
        operands = List.copyOf(operands);
        results = List.copyOf(results);
    }

    /** An argument as the kernel's schema types it. */
    public sealed interface Argument {
        /** Parameter of type {@code Tensor}: the operand at this index. */
        record Operand(int index) implements Argument {}

        /** Parameter of type {@code Tensor[]}; an index of −1 is a missing entry of {@code Tensor?[]}. */
        record Operands(List<Integer> indices) implements Argument {}

        /** Parameter of type {@code int} or {@code SymInt}. */
        record Int(long value) implements Argument {}

        /** Parameter of type {@code float}. */
        record Float(double value) implements Argument {}

        /** Parameter of type {@code bool}. */
        record Bool(boolean value) implements Argument {}

        /** Parameter of type {@code str}. */
        record Text(String value) implements Argument {}

        /** Parameter of type {@code int[]} or {@code SymInt[]}. */
        record Ints(List<Long> values) implements Argument {}

        /** Parameter of type {@code bool[]}. */
        record Bools(List<Boolean> values) implements Argument {}

        /** Parameter of type {@code ScalarType}. */
        record Dtype(DType value) implements Argument {}

        /** Parameter of type {@code Scalar}, an integer or floating number. */
        record Scalar(Number value) implements Argument {}

        /** Parameter of an optional type {@code T?}: present or null. */
        record Optional(@Nullable Argument value) implements Argument {}
    }
}
