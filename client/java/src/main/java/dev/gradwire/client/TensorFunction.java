package dev.gradwire.client;

import java.util.List;

/**
 * A computation that the server can repeat, map or choose: see {@link Functions}. It is called once, with stand-ins, and
 * what it records becomes a function of the program. Inside it there are operators and derivatives, but no values: {@link
 * Tensor#data} and {@link Tensor#backward} throw {@link IllegalStateException}. It may use tensors from outside;
 * derivatives flow to them.
 */
@FunctionalInterface
public interface TensorFunction {
    List<Tensor> apply(List<Tensor> arguments);
}
