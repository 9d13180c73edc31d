package dev.gradwire.cli.conformance;

import dev.gradwire.tensor.Tensor;
import java.util.List;

/** An argument of a node as the files know it. */
public sealed interface Arg {
    /** A value by its name. */
    record Ref(String name) implements Arg {}

    record Int(long value) implements Arg {}

    record Float(double value) implements Arg {}

    record Bool(boolean value) implements Arg {}

    record Complex(double real, double imaginary) implements Arg {}

    record Text(String value) implements Arg {}

    /** A dtype by PyTorch's name. */
    record Dtype(String label) implements Arg {}

    /** Tensor data; the argument of a {@code constant} node. */
    record Data(Tensor tensor) implements Arg {}

    record Items(List<Arg> items) implements Arg {
        public Items {
            items = List.copyOf(items);
        }
    }

    record None() implements Arg {}

    /** What no operator of the server takes, e.g. a slice. */
    record Other(String form) implements Arg {}
}
