package dev.gradwire.graph;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import java.util.List;

/** What a node is given for one parameter of its operator. A {@link Value} is an argument too. */
public sealed interface Argument
        permits Value,
                Argument.Int,
                Argument.Float,
                Argument.Bool,
                Argument.Complex,
                Argument.Text,
                Argument.Dtype,
                Argument.Constant,
                Argument.Items,
                Argument.None {

    // Nothing else makes a None, so no thread can begin to initialise that class before this one.
    @SuppressWarnings("ClassInitializationDeadlock")
    None NONE = new None();

    /** Whether this is a number, which PyTorch lets stand for a tensor without taking part in its promotion. */
    default boolean isNumber() {
        return switch (this) {
            case Int _, Float _, Bool _, Complex _ -> true;
            default -> false;
        };
    }

    record Int(long value) implements Argument {}

    record Float(double value) implements Argument {}

    record Bool(boolean value) implements Argument {}

    record Complex(double real, double imaginary) implements Argument {}

    record Text(String value) implements Argument {}

    record Dtype(DType value) implements Argument {}

    /** Tensor data that stands in the graph itself. */
    record Constant(Tensor tensor) implements Argument {}

    record Items(List<Argument> items) implements Argument {
        public Items {
            items = List.copyOf(items);
        }
    }

    record None() implements Argument {}
}
