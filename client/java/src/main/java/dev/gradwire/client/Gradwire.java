package dev.gradwire.client;

import dev.gradwire.v1.GetServerInfoResponse;
import dev.gradwire.v1.PlanResponse;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a server, and the maker of tensors. Operators without a tensor in front ({@code zeros}, {@code cat})
 * are the methods inherited. Safe for use by several threads.
 *
 * @see Tensor
 */
public final class Gradwire extends GradwireOperators implements AutoCloseable {
    private static final ScopedValue<Boolean> GRAD_DISABLED = ScopedValue.newInstance();

    private final @Nullable ManagedChannel owned;
    private final Transport transport;
    private final RunOptions options;
    private final Evaluator evaluator;
    /** Counts random nodes; of all clients that were made from one another. */
    private final AtomicLong draws;

    /** @param owned the channel to shut down on close, if any */
    Gradwire(@Nullable ManagedChannel owned, Transport transport, RunOptions options) {
        this(owned, transport, options, new AtomicLong());
    }

    private Gradwire(@Nullable ManagedChannel owned, Transport transport, RunOptions options, AtomicLong draws) {
        this.owned = owned;
        this.transport = transport;
        this.options = options;
        this.draws = draws;
        this.evaluator = new Evaluator(transport, options);
    }

    /** The number of the next random node. */
    long nextDraw() {
        return draws.getAndIncrement();
    }

    /**
     * A client with default settings, without TLS.
     *
     * @param target as gRPC names servers: {@code localhost:50051}, {@code dns:///gradwire.example:50051}
     */
    public static Gradwire connect(String target) {
        return builder(target).build();
    }

    /** @param target as for {@link #connect} */
    public static GradwireBuilder builder(String target) {
        return new GradwireBuilder(target);
    }

    /** The same connection with other options for what is recorded from now on. */
    public Gradwire withOptions(RunOptions changed) {
        return new Gradwire(null, transport, changed, draws);
    }

    /** The same connection with another deadline for what is recorded from now on. */
    public Gradwire withDeadline(Duration longest) {
        return new Gradwire(null, transport.withDeadline(longest), options, draws);
    }

    // Leaves

    /** A leaf with values. */
    public Tensor tensor(TensorData data) {
        return new Tensor(this, data);
    }

    /** A float32 scalar. */
    public Tensor tensor(float value) {
        return tensor(TensorData.of(new float[] {value}, new long[0]));
    }

    /** A float64 scalar. */
    public Tensor tensor(double value) {
        return tensor(TensorData.of(new double[] {value}, new long[0]));
    }

    /** An int64 scalar. */
    public Tensor tensor(long value) {
        return tensor(TensorData.of(new long[] {value}, new long[0]));
    }

    /** A bool scalar. */
    public Tensor tensor(boolean value) {
        return tensor(TensorData.of(new boolean[] {value}, new long[0]));
    }

    /**
     * A float32 tensor.
     *
     * @param values in row-major order
     * @param dims length of each dimension; none for a vector
     * @throws IllegalArgumentException when the number of values does not fit
     */
    public Tensor tensor(float[] values, long... dims) {
        return tensor(TensorData.of(values, orVector(dims, values.length)));
    }

    /** A float64 tensor; see {@link #tensor(float[], long...)}. */
    public Tensor tensor(double[] values, long... dims) {
        return tensor(TensorData.of(values, orVector(dims, values.length)));
    }

    /** An int64 tensor; see {@link #tensor(float[], long...)}. */
    public Tensor tensor(long[] values, long... dims) {
        return tensor(TensorData.of(values, orVector(dims, values.length)));
    }

    /** An int32 tensor; see {@link #tensor(float[], long...)}. */
    public Tensor tensor(int[] values, long... dims) {
        return tensor(TensorData.of(values, orVector(dims, values.length)));
    }

    /** An int16 tensor; see {@link #tensor(float[], long...)}. */
    public Tensor tensor(short[] values, long... dims) {
        return tensor(TensorData.of(values, orVector(dims, values.length)));
    }

    /** An int8 tensor; see {@link #tensor(float[], long...)}. */
    public Tensor tensor(byte[] values, long... dims) {
        return tensor(TensorData.of(values, orVector(dims, values.length)));
    }

    /** A bool tensor; see {@link #tensor(float[], long...)}. */
    public Tensor tensor(boolean[] values, long... dims) {
        return tensor(TensorData.of(values, orVector(dims, values.length)));
    }

    private static long[] orVector(long[] dims, int length) {
        return dims.length == 0 ? new long[] {length} : dims;
    }

    /** A leaf of a session's program, whose values come with the runs. */
    public Tensor input(DType dtype, long... dims) {
        return new Tensor(this, TensorType.of(dtype, dims));
    }

    // Operators by name

    /**
     * Records a call of any operator that the server knows.
     *
     * @param operator as PyTorch names it: {@code addmm}, {@code aten.pow.Tensor_Scalar}
     * @param args positional arguments: {@link Tensor}, numbers, {@link Boolean}, {@link String}, {@link DType}, {@link
     *     TensorData}, arrays and lists of these; null for None
     * @param kwargs arguments by PyTorch's names
     */
    public Results call(String operator, List<?> args, Map<String, ?> kwargs) {
        Call call = call(operator, args.toArray());
        kwargs.forEach(call::with);
        return call.results();
    }

    @Override
    Call call(String operator, @Nullable Object... args) {
        return new Call(this, operator, args);
    }

    // Derivatives

    /**
     * Records the gradients of a scalar, as {@code torch.autograd.grad}. They can be differentiated again.
     *
     * @param inputs what to differentiate with respect to: leaves or computed tensors that require grad
     * @return one gradient for each input, of its shape
     * @throws NotDifferentiableException when an input does not require grad
     */
    public static Results grad(Tensor output, Tensor... inputs) {
        return grad(List.of(output), List.of(inputs), List.of());
    }

    /**
     * Records a vector-Jacobian product, as {@code torch.autograd.grad}.
     *
     * @param cotangents one for each output, of its type; none where all outputs are scalars
     * @return one gradient for each input, of its shape
     * @throws NotDifferentiableException when an input does not require grad
     */
    public static Results grad(List<Tensor> outputs, List<Tensor> inputs, List<Tensor> cotangents) {
        requireTracked(inputs);
        Gradwire client = outputs.getFirst().client();
        Object given = cotangents.isEmpty() ? null : cotangents;
        return client.call(Derivatives.GRAD, outputs, inputs, given).results(inputs.size());
    }

    /**
     * Records a Jacobian-vector product.
     *
     * @param tangents one for each input, of its type
     * @return one tangent for each output, of its shape
     * @throws NotDifferentiableException when an input does not require grad
     */
    public static Results jvp(List<Tensor> outputs, List<Tensor> inputs, List<Tensor> tangents) {
        requireTracked(inputs);
        Gradwire client = outputs.getFirst().client();
        return client.call(Derivatives.JVP, outputs, inputs, tangents).results(outputs.size());
    }

    /**
     * Records many vector-Jacobian products at once.
     *
     * @param cotangents one for each output, of its type with one more dimension in front, of the same length in all
     * @return one tensor for each input, of its shape with that dimension in front
     * @throws NotDifferentiableException when an input does not require grad
     */
    public static Results batchedGrad(List<Tensor> outputs, List<Tensor> inputs, List<Tensor> cotangents) {
        requireTracked(inputs);
        return outputs.getFirst()
                .client()
                .call(Derivatives.GRAD, outputs, inputs, cotangents)
                .with("is_grads_batched", true)
                .results(inputs.size());
    }

    /**
     * Records Jacobians. The server takes forward or reverse mode, whichever needs fewer passes, and all at once.
     *
     * @return one tensor for each input, of the output's dimensions and then the input's
     * @throws NotDifferentiableException when an input does not require grad
     */
    public static Results jacobian(Tensor output, Tensor... inputs) {
        requireTracked(List.of(inputs));
        return output.client()
                .call(Derivatives.JACOBIAN, output, List.of(inputs))
                .results(inputs.length);
    }

    /**
     * Records the second derivatives of a scalar.
     *
     * @return for each pair of inputs, row by row, one tensor of the first one's dimensions and then the second one's
     * @throws NotDifferentiableException when an input does not require grad
     */
    public static Results hessian(Tensor output, Tensor... inputs) {
        requireTracked(List.of(inputs));
        return output.client()
                .call(Derivatives.HESSIAN, output, List.of(inputs))
                .results(inputs.length * inputs.length);
    }

    /**
     * Records the Hessian of a scalar times a vector; the Hessian is not formed.
     *
     * @param vector one tensor for each input, of its type
     * @return one tensor for each input, of its shape
     * @throws NotDifferentiableException when an input does not require grad
     */
    public static Results hvp(Tensor output, List<Tensor> inputs, List<Tensor> vector) {
        requireTracked(inputs);
        return output.client().call(Derivatives.HVP, output, inputs, vector).results(inputs.size());
    }

    /**
     * Records the elements of a Jacobian that can be other than zero, by as few passes as a colouring of their pattern
     * allows. The pattern follows from the graph alone.
     *
     * @return {@code indices}, int64 of shape [2, n]: element of the output and element of the input, both counted in
     *     row-major order; and {@code values} [n]
     * @throws NotDifferentiableException when the input does not require grad
     */
    public static Results sparseJacobian(Tensor output, Tensor input) {
        requireTracked(List.of(input));
        return output.client().call(Derivatives.SPARSE_JACOBIAN, output, input).results("indices", "values");
    }

    private static void requireTracked(List<Tensor> inputs) {
        if (!inputs.stream().allMatch(Tensor::tracks)) {
            throw Failures.notDifferentiable("an input of the derivative does not require grad");
        }
    }

    /** What is recorded inside has no history: no gradient flows through it. */
    public static <T> T noGrad(Supplier<T> body) {
        return ScopedValue.where(GRAD_DISABLED, true).call(body::get);
    }

    /** As {@link #noGrad(Supplier)}. */
    public static void noGrad(Runnable body) {
        ScopedValue.where(GRAD_DISABLED, true).run(body);
    }

    static boolean isGradEnabled() {
        return !GRAD_DISABLED.isBound();
    }

    // Requests

    /**
     * Computes several tensors in one request.
     *
     * @throws GradwireException when the call fails
     */
    public Report evaluate(Tensor... tensors) {
        return evaluator.values(List.of(tensors));
    }

    /**
     * {@link Tensor#backward}, with what the run took.
     *
     * @param cotangent null for a scalar
     * @throws GradwireException when the call fails
     */
    public Report backward(Tensor root, @Nullable Tensor cotangent) {
        return evaluator.backward(root, cotangent);
    }

    /**
     * Types, price and steps of what {@link #evaluate} would do; nothing is computed.
     *
     * @throws GradwireException when the call fails
     */
    public PlanResponse plan(Tensor... tensors) {
        return evaluator.plan(List.of(tensors));
    }

    /**
     * Version, devices, operators and limits of the server.
     *
     * @throws GradwireException when the call fails
     */
    public GetServerInfoResponse serverInfo() {
        return transport.serverInfo();
    }

    /** A stream on which tensors stay on the server between runs. */
    public Session session() {
        return new Session(transport.session(), evaluator, options);
    }

    Evaluator evaluator() {
        return evaluator;
    }

    /** Closes the connection, if this client has made it. Calls in progress are given 5 seconds. */
    @Override
    public void close() {
        if (owned == null) {
            return;
        }
        owned.shutdown();
        try {
            if (!owned.awaitTermination(5, TimeUnit.SECONDS)) {
                owned.shutdownNow();
            }
        } catch (InterruptedException e) {
            owned.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
