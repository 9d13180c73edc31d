package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * The three transforms that all others are made of, {@code X[k] = c · Σ x[j] · e^(∓2πi·jk/n)} along dimensions: complex
 * to complex, real to complex, complex to real. They are linear, so that each one's cotangent is a transform again.
 */
final class Fourier {
    /** ATen's {@code normalization}: c is 1, 1 / √n or 1 / n, where n is the product of the sizes. */
    static final long NONE = 0;

    static final long BY_ROOT = 1;
    static final long BY_SIZE = 2;

    private Fourier() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("_fft_c2c(Tensor self, int[] dim, int normalization, bool forward) -> Tensor")
                        .doc("the Fourier transform along dimensions, or its inverse; normalization 0: none, 1: by the"
                                + " root of the number of points, 2: by that number")
                        .gradFn("FftC2CBackward0")
                        .complex()
                        .types(one(call -> {
                            requireComplex(call);
                            dims(call);
                            normalization(call);
                            return call.type("self");
                        }))
                        .vjp(
                                "self",
                                n -> n.grad()
                                        .call("_fft_c2c", n.raw("dim"), n.raw("normalization"), !n.bool("forward")))
                        .kernel("_fft_c2c", Fourier::arguments)
                        .batch(Batch.listing("dim"))
                        .samples(
                                "complex128[3, 5], [-1], 0, True",
                                "complex128[3, 4], [0, 1], 1, False",
                                "complex128[2], [], 0, True",
                                "complex128[0, 3], [1], 2, True"),
                operator("_fft_r2c(Tensor self, int[] dim, int normalization, bool onesided) -> Tensor")
                        .doc("the Fourier transform of real numbers, all of it or the first half along the last of"
                                + " the dimensions: the other half is its conjugate")
                        .gradFn("FftR2CBackward0")
                        .types(one(Fourier::halved))
                        .vjp("self", Fourier::ofReal)
                        .kernel("_fft_r2c", Fourier::arguments)
                        .batch(Batch.listing("dim"))
                        .samples(
                                "float64[5], [0], 0, True",
                                "float64[3, 4], [-2, -1], 1, True",
                                "float64[3, 4], [1, 0], 2, False",
                                "float64[0, 3], [1], 0, True"),
                operator("_fft_c2r(Tensor self, int[] dim, int normalization, int last_dim_size) -> Tensor")
                        .doc("the inverse of _fft_r2c: real numbers, last_dim_size along the last of the dimensions")
                        .gradFn("FftC2RBackward0")
                        .complex()
                        .types(one(Fourier::whole))
                        .vjp("self", Fourier::ofHalf)
                        .kernel("_fft_c2r", Fourier::arguments)
                        .batch(Batch.listing("dim"))
                        .samples(
                                "complex128[3], [0], 0, 5",
                                "complex128[3], [0], 2, 4",
                                "complex128[3, 3], [0, 1], 1, 4",
                                "complex128[0, 2], [1], 0, 3"));
    }

    private static void requireComplex(Call call) {
        DType dtype = call.type("self").dtype();
        if (!dtype.isComplex()) {
            throw GraphException.argument(Reason.DTYPE_UNSUPPORTED, "self", "must be complex, but is " + dtype.label());
        }
    }

    /** That the transform's kernels know the parts' dtype. */
    static void requireParts(String parameter, DType dtype) {
        if (dtype != DType.FLOAT32 && dtype != DType.FLOAT64) {
            throw GraphException.argument(
                    Reason.DTYPE_UNSUPPORTED, parameter, "must be float32 or float64, but is " + dtype.label());
        }
    }

    /** The dimensions from the front, each once and none without points. */
    private static long[] dims(Call call) {
        Shape shape = call.shape("self");
        long[] dims = Dims.listed(call, "dim", shape.rank());
        if (shape.rank() == 0 && call.items("dim").size() > 0) {
            throw Require.shape("dim", "names a dimension of a tensor of shape []");
        }
        for (long dim : dims) {
            if (shape.dim((int) dim) < 1) {
                throw Require.shape("self", "has no points along dimension " + dim + ", its shape is " + shape);
            }
        }
        return dims;
    }

    private static int last(Call call) {
        long[] dims = dims(call);
        Require.that(dims.length > 0, "dim", "must name at least one dimension");
        return (int) dims[dims.length - 1];
    }

    private static void normalization(Call call) {
        long normalization = call.integer("normalization");
        Require.that(
                normalization >= NONE && normalization <= BY_SIZE,
                "normalization",
                "must be 0 (none), 1 (by the root of the number of points) or 2 (by it), but is " + normalization);
    }

    private static TensorType halved(Call call) {
        TensorType self = call.type("self");
        requireParts("self", self.dtype());
        int last = last(call);
        normalization(call);
        Shape shape = self.shape();
        return new TensorType(
                self.dtype().toComplex(), call.bool("onesided") ? shape.withDim(last, shape.dim(last) / 2 + 1) : shape);
    }

    private static TensorType whole(Call call) {
        requireComplex(call);
        int last = last(call);
        normalization(call);
        TensorType self = call.type("self");
        long size = call.integer("last_dim_size");
        Require.that(size >= 1, "last_dim_size", "must be positive, but is " + size);
        if (self.shape().dim(last) != size / 2 + 1) {
            throw Require.shape(
                    "self",
                    "must have " + (size / 2 + 1) + " points along dimension " + last + " for " + size
                            + " real ones, but has shape " + self.shape());
        }
        return new TensorType(self.dtype().toReal(), self.shape().withDim(last, size));
    }

    private static List<Argument> arguments(Call call) {
        List<Argument> args = new ArrayList<>(call.args());
        args.set(1, Expr.argument(dims(call)));
        return args;
    }

    /** Re F⁻¹ of the cotangent, which counts as zero in the half that is left out. */
    private static Expr ofReal(Backward n) {
        Expr grad = n.grad();
        if (n.bool("onesided")) {
            int last = last(n.call());
            long missing = n.shape("self").dim(last) - grad.size(last);
            long[] pad = new long[2 * (grad.rank() - last)];
            pad[pad.length - 1] = missing;
            grad = missing == 0 ? grad : grad.call("constant_pad_nd", pad, 0);
        }
        return grad.call("_fft_c2c", n.raw("dim"), n.raw("normalization"), false)
                .real();
    }

    /** The first half of F of the cotangent, twice where a point stands for its mirror image too. */
    private static Expr ofHalf(Backward n) {
        int last = last(n.call());
        Expr half = n.grad().call("_fft_r2c", n.raw("dim"), n.raw("normalization"), true);
        long doubled = n.integer("last_dim_size") - half.size(last);
        if (doubled <= 0) {
            return half;
        }
        Expr middle = half.slice(last, 1, 1 + doubled).mul(2);
        return Expr.cat(List.of(half.slice(last, 0, 1), middle, half.slice(last, 1 + doubled, half.size(last))), last);
    }
}
