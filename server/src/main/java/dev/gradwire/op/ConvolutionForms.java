package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument;
import dev.gradwire.tensor.Shape;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Convolutions by number of spatial dimensions, as users call them; an input without a batch gets one for the time. */
final class ConvolutionForms {
    private ConvolutionForms() {}

    static List<Declaration> declarations() {
        return List.of(
                plain(1), same(1), plain(2), same(2), plain(3), same(3), transposed(1), transposed(2), transposed(3));
    }

    private static Declaration plain(int spatial) {
        return operator("conv" + spatial + "d(Tensor input, Tensor weight, Tensor? bias=None, "
                        + list(spatial) + " stride=1, " + list(spatial) + " padding=0, " + list(spatial)
                        + " dilation=1, int groups=1) -> Tensor")
                .doc("convolution over " + spatial + " spatial dimensions")
                .composite(n -> batched(n, spatial, input -> convolution(n, input, n.ints("padding"), null)))
                .complex()
                .samples(
                        sample(spatial, "2, 2") + ", float64[2], 1, 1",
                        sample(spatial, "2, 2").replace("float64", "complex128") + ", complex128[2], 1, 1");
    }

    private static Declaration same(int spatial) {
        return operator("conv" + spatial + "d.padding(Tensor input, Tensor weight, Tensor? bias=None, "
                        + list(spatial) + " stride=1, str padding=\"valid\", " + list(spatial)
                        + " dilation=1, int groups=1) -> Tensor")
                .doc("convolution whose output is where the filter fits ('valid') or has the input's sizes ('same')")
                .composite(n -> batched(n, spatial, input -> switch (n.text("padding")) {
                    case "valid" -> convolution(n, input, new long[spatial], null);
                    case "same" -> sameSizes(n, input, spatial);
                    default ->
                        throw Require.invalid(
                                "padding", "must be 'valid' or 'same', but is '" + n.text("padding") + "'");
                }))
                .complex()
                .samples(
                        sample(spatial, "2, 2").replace("float64", "complex128") + ", None, 1, \"same\"",
                        sample(spatial, "2, 2") + ", None, 1, \"same\"",
                        sample(spatial, "2, 2") + ", None, 1, \"valid\"");
    }

    private static Declaration transposed(int spatial) {
        String overload = spatial == 1 ? "" : ".input";
        return operator("conv_transpose" + spatial + "d" + overload
                        + "(Tensor input, Tensor weight, Tensor? bias=None, " + list(spatial) + " stride=1, "
                        + list(spatial) + " padding=0, " + list(spatial) + " output_padding=0, int groups=1, "
                        + list(spatial) + " dilation=1) -> Tensor")
                .doc("transpose of the convolution over " + spatial + " spatial dimensions")
                .composite(n -> batched(
                        n, spatial, input -> convolution(n, input, n.ints("padding"), n.ints("output_padding"))))
                .complex()
                .samples(
                        sample(spatial, "2, 3") + ", float64[3], 2, 0, 1",
                        sample(spatial, "2, 3").replace("float64", "complex128") + ", None, 2, 0, 1");
    }

    /** An image of two channels without a batch, and a weight for it. */
    private static String sample(int spatial, String channels) {
        return "float64[2" + ", 3".repeat(spatial) + "], float64[" + channels + ", 2".repeat(spatial) + "]";
    }

    private static String list(int spatial) {
        return "int[" + spatial + "]";
    }

    private static List<Expr> batched(Args n, int spatial, Function<Expr, Expr> convolution) {
        Require.rank(n.call(), "input", spatial + 1, spatial + 2);
        Require.rank(n.call(), "weight", spatial + 2);
        Expr input = n.arg("input");
        return List.of(
                input.rank() == spatial + 2
                        ? convolution.apply(input)
                        : convolution.apply(input.unsqueeze(0)).squeeze(0));
    }

    /**
     * Complex ones by three real ones, as PyTorch: with a = x_r * w_r + b_r, b = x_i * w_i and
     * c = (x_r + x_i) * (w_r + w_i) + b_r + b_i the result is {@code a − b + i (c − a − b)}.
     */
    private static Expr convolution(Args n, Expr input, long[] padding, long @Nullable [] outputPadding) {
        if (!input.dtype().isComplex()) {
            return convolution(n, input, n.arg("weight"), n.has("bias") ? n.arg("bias") : null, padding, outputPadding);
        }
        Expr weight = n.arg("weight");
        @Nullable Expr bias = n.has("bias") ? n.arg("bias") : null;
        Pair x = Pair.of(input);
        Pair w = Pair.of(weight);
        @Nullable Pair c = bias == null ? null : Pair.of(bias);
        Expr real = convolution(n, x.real, w.real, c == null ? null : c.real, padding, outputPadding);
        Expr imaginary = convolution(n, x.imaginary, w.imaginary, null, padding, outputPadding);
        Expr both = convolution(n, x.sum(), w.sum(), c == null ? null : c.sum(), padding, outputPadding);
        return real.sub(imaginary).add(both.sub(real).sub(imaginary).call("mul.Scalar", new Argument.Complex(0, 1)));
    }

    /** The real and the imaginary part of a complex tensor. */
    private record Pair(Expr real, Expr imaginary) {
        static Pair of(Expr complex) {
            return new Pair(complex.real(), complex.imag());
        }

        Expr sum() {
            return real.add(imaginary);
        }
    }

    private static Expr convolution(
            Args n, Expr input, Expr weight, @Nullable Expr bias, long[] padding, long @Nullable [] outputPadding) {
        boolean transposed = outputPadding != null;
        return n.call(
                "convolution",
                input,
                weight,
                bias,
                n.raw("stride"),
                padding,
                n.raw("dilation"),
                transposed,
                transposed ? outputPadding : new long[input.rank() - 2],
                n.raw("groups"));
    }

    /** What is odd in the padding is padded at the end before. */
    private static Expr sameSizes(Args n, Expr input, int spatial) {
        long[] stride = Windows.positive(n.call(), "stride", spatial);
        long[] dilation = Windows.positive(n.call(), "dilation", spatial);
        Shape weight = n.shape("weight");
        long[] padding = new long[spatial];
        long[] before = new long[2 * spatial];
        boolean odd = false;
        for (int i = 0; i < spatial; i++) {
            Require.that(stride[i] == 1, "stride", "must be 1 with the padding 'same', but is " + stride[i]);
            long total = Math.multiplyExact(dilation[i], Math.max(weight.dim(i + 2), 1) - 1);
            padding[i] = total / 2;
            before[2 * (spatial - 1 - i) + 1] = total % 2;
            odd |= total % 2 != 0;
        }
        return convolution(n, odd ? input.call("constant_pad_nd", before, 0) : input, padding, null);
    }
}
