package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Convolution over one to three spatial dimensions, its transpose, and the derivative of both. */
final class Convolution {
    private static final List<String> OPERANDS = List.of("input", "weight", "bias");
    private static final String WINDOW =
            "int[] stride, int[] padding, int[] dilation, bool transposed," + " int[] output_padding, int groups";

    private Convolution() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("convolution(Tensor input, Tensor weight, Tensor? bias, " + WINDOW + ") -> Tensor")
                        .doc("input [N, C, …] with filters [C', C / groups, …]; transposed: [C, C' / groups, …]")
                        .gradFn("ConvolutionBackward0")
                        .types(one(Convolution::type))
                        .vjp(
                                OPERANDS,
                                n -> Normalization.masked(
                                        n,
                                        OPERANDS,
                                        mask -> backward(n, n.grad(), n.arg("input"), n.arg("weight"), mask)))
                        .batch(ConvolutionBatching::forward)
                        .kernel("convolution", call -> Windows.arguments(call, spatial(call)))
                        .flops(Convolution::flops)
                        .samples(
                                "float64[2, 2, 5], float64[3, 2, 3], float64[3], [2], [1], [1], False, [0], 1",
                                "float64[1, 4, 4, 3], float64[2, 2, 2, 1], None, [1, 2], [0, 1], [2, 1], False, [0, 0], 2",
                                "float64[1, 2, 3, 2], float64[2, 1, 2, 2], float64[2], [2, 1], [1, 0], [1, 1], True, [1, 0], 2"),
                operator("_convolution(Tensor input, Tensor weight, Tensor? bias, " + WINDOW + ", bool benchmark,"
                                + " bool deterministic, bool cudnn_enabled, bool allow_tf32) -> Tensor")
                        .doc("convolution, as older tracers write it; how it is computed is the request's choice")
                        .composite(n -> List.of(n.call(
                                "convolution", n.call().args().subList(0, 9).toArray())))
                        .samples("float64[1, 2, 4], float64[3, 2, 2], None, [1], [0], [1], False, [0], 1, False, False,"
                                + " False, False"),
                operator("convolution_backward(Tensor grad_output, Tensor input, Tensor weight, int[]? bias_sizes, "
                                + WINDOW + ", bool[3] output_mask) -> (Tensor, Tensor, Tensor)")
                        .doc("the cotangents of convolution's input, weight and bias, those asked for")
                        .gradFn("ConvolutionBackwardBackward0")
                        .types(Convolution::backwardTypes)
                        .vjp(List.of("grad_output", "input", "weight"), Convolution::backwardTwice)
                        .batch(ConvolutionBatching::backward)
                        .kernel("convolution_backward", call -> Windows.arguments(call, spatial(call)))
                        .flops(Convolution::backwardFlops)
                        .samples(
                                "float64[1, 3, 3], float64[1, 2, 4], float64[3, 2, 2], [3], [1], [0], [1], False, [0], 1,"
                                        + " [True, True, True]"));
    }

    /** What flows back through a convolution, linear in {@code grad} and in each of the other two. */
    private static List<Expr> backward(Args n, Expr grad, Expr input, Expr weight, List<Boolean> mask) {
        return n.calls(
                "convolution_backward",
                grad,
                input,
                weight,
                new long[] {grad.size(1)},
                n.raw("stride"),
                n.raw("padding"),
                n.raw("dilation"),
                n.raw("transposed"),
                n.raw("output_padding"),
                n.raw("groups"),
                mask);
    }

    private static Expr forward(Args n, Expr input, Expr weight) {
        return n.call(
                "convolution",
                input,
                weight,
                null,
                n.raw("stride"),
                n.raw("padding"),
                n.raw("dilation"),
                n.raw("transposed"),
                n.raw("output_padding"),
                n.raw("groups"));
    }

    /**
     * For ⟨a, gx⟩ + ⟨b, gw⟩ + ⟨c, gb⟩: to the output's cotangent conv(a, w) + conv(x, b) + c, to the input what b as a
     * weight gives back, to the weight what a as an input gives back.
     */
    private static List<@Nullable Expr> backwardTwice(Backward n) {
        Expr a = Normalization.given(n, 0);
        Expr b = Normalization.given(n, 1);
        Expr c = Normalization.given(n, 2);
        Expr grad = n.arg("grad_output");
        Expr toGrad = null;
        if (n.wants("grad_output")) {
            toGrad = plus(toGrad, a == null ? null : forward(n, a, n.arg("weight")));
            toGrad = plus(toGrad, b == null ? null : forward(n, n.arg("input"), b));
            toGrad = plus(toGrad, c == null ? null : perChannel(c, grad.rank()).expand(grad.shape()));
        }
        Expr toInput = b == null || !n.wants("input")
                ? null
                : backward(n, grad, n.arg("input"), b, List.of(true, false, false))
                        .getFirst();
        Expr toWeight = a == null || !n.wants("weight")
                ? null
                : backward(n, grad, a, n.arg("weight"), List.of(false, true, false))
                        .get(1);
        return Arrays.asList(toGrad, toInput, toWeight);
    }

    private static @Nullable Expr plus(@Nullable Expr sum, @Nullable Expr term) {
        return sum == null ? term : term == null ? sum : sum.add(term);
    }

    /** [C] as [1, C, 1, …]. */
    static Expr perChannel(Expr vector, int rank) {
        long[] sizes = new long[rank];
        Arrays.fill(sizes, 1);
        sizes[1] = vector.size(0);
        return vector.reshape(sizes);
    }

    // Types

    private static int spatial(Call call) {
        return call.type("input").rank() - 2;
    }

    private static TensorType type(Call call) {
        Require.rank(call, "input", 3, 4, 5);
        Require.rank(call, "weight", call.type("input").rank());
        Require.floating(call, "input");
        Require.sameDtype(call, "input", "weight");
        long outputs = outputChannels(call);
        if (call.op().canonical().indexOf("bias") >= 0 && call.has("bias")) {
            Require.sameDtype(call, "input", "bias");
            Require.shape(call, "bias", Shape.of(outputs), "one for each output channel");
        }
        int spatial = spatial(call);
        long[] sizes = new long[spatial + 2];
        sizes[0] = call.shape("input").dim(0);
        sizes[1] = outputs;
        for (int i = 0; i < spatial; i++) {
            sizes[i + 2] = outputSize(call, i);
        }
        return call.type("input").withShape(Shape.of(sizes));
    }

    private static long outputChannels(Call call) {
        Shape input = call.shape("input");
        Shape weight = call.shape("weight");
        long groups = call.integer("groups");
        boolean transposed = call.bool("transposed");
        Require.that(groups > 0, "groups", "must be positive, but is " + groups);
        long channels = transposed ? weight.dim(0) : Math.multiplyExact(weight.dim(1), groups);
        boolean fits = weight.dim(0) > 0
                && weight.dim(0) % groups == 0
                && input.dim(1) == channels
                && (!transposed || weight.dim(1) > 0);
        if (!fits) {
            throw Require.shape(
                    "weight",
                    "has shape " + weight + ", which does not fit an input of shape " + input + " in " + groups
                            + " groups");
        }
        return transposed ? Math.multiplyExact(weight.dim(1), groups) : weight.dim(0);
    }

    private static long outputSize(Call call, int i) {
        int spatial = spatial(call);
        long size = call.shape("input").dim(i + 2);
        long kernel = call.shape("weight").dim(i + 2);
        long stride = Windows.positive(call, "stride", spatial)[i];
        long dilation = Windows.positive(call, "dilation", spatial)[i];
        long padding = Windows.notNegative(call, "padding", spatial)[i];
        long more = Windows.notNegative(call, "output_padding", spatial)[i];
        if (kernel == 0 || size == 0) {
            String empty = kernel == 0 ? "weight" : "input";
            throw Require.shape(empty, "has no element in spatial dimension " + i + ": shape " + call.shape(empty));
        }
        long reach = Math.addExact(Math.multiplyExact(dilation, kernel - 1), 1);
        long output;
        if (call.bool("transposed")) {
            Require.that(
                    more < stride || more < dilation,
                    "output_padding",
                    "must be less than stride or dilation, but is " + more);
            long span = Math.multiplyExact(size - 1, stride);
            output =
                    Math.addExact(Math.subtractExact(span, Math.multiplyExact(2, padding)), Math.addExact(reach, more));
        } else {
            Require.that(more == 0, "output_padding", "must be 0 unless transposed, but is " + more);
            long span = Math.subtractExact(Math.addExact(size, Math.multiplyExact(2, padding)), reach);
            output = span < 0 ? 0 : span / stride + 1;
        }
        if (output <= 0) {
            throw Require.shape(
                    "input",
                    "of shape " + call.shape("input") + " is too small for weight of shape " + call.shape("weight")
                            + " in spatial dimension " + i);
        }
        return output;
    }

    private static List<TensorType> backwardTypes(Call call) {
        TensorType output = type(call);
        Require.shape(call, "grad_output", output.shape(), "that of the convolution");
        Require.sameDtype(call, "input", "grad_output");
        TensorType bias = output.withShape(Shape.of(output.shape().dim(1)));
        if (call.has("bias_sizes")) {
            Require.that(
                    Arrays.equals(call.ints("bias_sizes"), bias.shape().dims()),
                    "bias_sizes",
                    "must be " + bias.shape());
        }
        return Normalization.masked(call, call.type("input"), call.type("weight"), bias);
    }

    // Work

    /** Two for each pair of an element of the smaller side and a weight that meets it. */
    private static long flops(Call call) {
        Shape weight = call.shape("weight");
        Shape places =
                call.bool("transposed") ? call.shape("input") : type(call).shape();
        long perPlace = weight.elements() / Math.max(1, weight.dim(0));
        return Math.multiplyExact(2, Math.multiplyExact(places.elements(), perPlace));
    }

    private static long backwardFlops(Call call) {
        long products = call.items("output_mask").stream()
                .limit(2)
                .filter(new Argument.Bool(true)::equals)
                .count();
        return Math.multiplyExact(products, flops(call));
    }
}
