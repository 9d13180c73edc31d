package dev.gradwire.graph;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
                Argument.Function,
                Argument.Body,
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

    /** A function by its name, before the call that it is an argument of decides about its types. */
    record Function(String name) implements Argument {}

    /**
     * A function at the types of its call: a graph that uses none of the values around it. Two are the same only if
     * they are one object; {@link Functions} makes one for all calls at equal types.
     *
     * @param name for people; several bodies may have it
     */
    record Body(String name, Graph graph) implements Argument {
        public List<TensorType> inputTypes() {
            return graph.inputs().stream().map(input -> input.value().type()).toList();
        }

        public List<TensorType> resultTypes() {
            return graph.outputs().stream().map(output -> output.value().type()).toList();
        }

        @Override
        @SuppressWarnings("ReferenceEquality") // bodies may share others many times over: no deep comparison
        public boolean equals(@Nullable Object other) {
            return other instanceof Body body && body.graph == graph;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(graph);
        }
    }

    record None() implements Argument {}
}
