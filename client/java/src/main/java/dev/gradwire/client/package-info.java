/**
 * Automatic differentiation as in PyTorch, computed by a Gradwire server:
 *
 * <pre>{@code
 * try (Gradwire client = Gradwire.connect("localhost:50051")) {
 *     Tensor a = client.ones(2, 2).requiresGrad(true);
 *     Tensor out = a.add(2).pow(2).sum();
 *     out.backward();
 *     System.out.println(a.grad().data()); // tensor([[6., 6.], [6., 6.]])
 *     System.out.println(out.gradFn());    // <SumBackward0>
 * }
 * }</pre>
 *
 * <p>Calling operators records a graph and sends nothing. Asking for a value ({@link
 * dev.gradwire.client.Tensor#data()}), a gradient ({@link dev.gradwire.client.Tensor#backward()}) or metadata sends
 * what is needed for it in one request. What repeats, such as training, keeps its tensors on the server in a {@link
 * dev.gradwire.client.Session}.
 *
 * <p>Way of the data: {@code Call} records a {@code Node}; {@code Recording} collects the nodes behind the values asked
 * for; {@code GraphWriter} writes them as a program; {@code Transport} sends it, in one message or in chunks.
 */
@NullMarked
package dev.gradwire.client;

import org.jspecify.annotations.NullMarked;
