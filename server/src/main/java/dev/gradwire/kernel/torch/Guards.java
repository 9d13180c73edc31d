package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.KernelException;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Layouts;
import dev.gradwire.tensor.Shape;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What some native kernels need of the types of their operands but do not check: without these checks they read or
 * write beyond their tensors, or trap. Each was found by calling the kernel with what it does not expect.
 */
final class Guards {
    /** Backward forms that only move elements and so take every dtype. */
    private static final Set<String> MOVING =
            Set.of("select_backward", "slice_backward", "diagonal_backward", "unfold_backward");

    private static final double LEAST_SCALE = 1e-4;
    private static final double GREATEST_SCALE = 1e4;

    private Guards() {}

    /** @throws KernelException when the call is none that the native kernel is safe with */
    static void check(Arguments in) {
        String name = in.name();
        if (name.contains("_backward")
                && !MOVING.contains(name)
                && !in.type(0).dtype().isDifferentiable()) {
            throw new KernelException(
                    name + ": there are no gradients of " + in.type(0).dtype().label());
        }
        switch (name) {
            case "_fft_c2c" -> fft(in, true, false);
            case "_fft_r2c" -> fft(in, false, true);
            case "_fft_c2r" -> {
                fft(in, true, true);
                require(in, in.integer(3) > 0, "the last dimension must have a positive size");
                long[] dims = in.integers(1);
                long points = in.shape(0).dim((int) dims[dims.length - 1]);
                require(in, points > in.integer(3) / 2, "the last dimension has too few points");
            }
            case "_adaptive_avg_pool2d_backward", "adaptive_max_pool2d_backward" -> pooled(in, 2);
            case "_adaptive_avg_pool3d_backward", "adaptive_max_pool3d_backward" -> pooled(in, 3);
            case "max_pool2d_with_indices_backward" -> pooledWithIndices(in, 7, 2);
            case "max_pool3d_with_indices_backward" -> pooledWithIndices(in, 7, 3);
            case "native_batch_norm" -> batchNorm(in, 0, 3, in.bool(5) ? -1 : 3);
            case "native_batch_norm_backward" -> {
                same(in, 0, 1);
                batchNorm(in, 1, 5, in.bool(7) ? 5 : 3);
            }
            case "native_layer_norm_backward" -> layerNorm(in);
            case "unfold_backward" -> {
                Layout input = Layout.contiguous(Shape.of(in.integers(1)));
                Shape windows = Layouts.unfold(input, in.integer(2), in.integer(3), in.integer(4))
                        .shape();
                require(in, windows.equals(in.shape(0)), "the gradient must have the shape " + windows);
            }
            case "_weight_norm_interface" -> weightNorm(in, 0, 2, 1);
            case "_weight_norm_interface_backward" -> {
                same(in, 0, 1);
                weightNorm(in, 1, 4, 2);
                weightNorm(in, 1, 4, 3);
            }
            case "embedding_dense_backward" -> {
                Shape grad = in.shape(0);
                require(in, grad.rank() > 0, "the gradient must have a dimension of features");
                long features = grad.dim(grad.rank() - 1);
                require(
                        in,
                        in.integer(2) >= 0 && grad.elements() == in.shape(1).elements() * features,
                        "the gradient must have one row for each index");
            }
            default -> {
                if (name.startsWith("upsample_") || name.startsWith("_upsample_")) {
                    scales(in);
                }
            }
        }
        if (name.startsWith("adaptive_max_pool") && name.endsWith("_backward")) {
            same(in, 0, 2);
        }
    }

    private static void fft(Arguments in, boolean complex, boolean needsDimension) {
        DType dtype = in.type(0).dtype();
        require(in, complex ? dtype.isComplex() : dtype.isFloating(), "no transform of " + dtype.label());
        long[] dims = in.integers(1);
        require(in, !needsDimension || dims.length > 0, "at least one dimension is needed");
        boolean[] seen = new boolean[in.shape(0).rank()];
        for (long dim : dims) {
            require(in, dim >= 0 && dim < seen.length && !seen[(int) dim], "the dimensions do not fit");
            seen[(int) dim] = true;
        }
        require(in, in.integer(2) >= 0 && in.integer(2) <= 2, "normalization is 0, 1 or 2");
    }

    /** Gradient and input of a pooling agree in all but their last {@code spatial} dimensions. */
    private static void pooled(Arguments in, int spatial) {
        Shape grad = in.shape(0);
        Shape input = in.shape(1);
        boolean fits = grad.rank() == input.rank() && (grad.rank() == spatial + 1 || grad.rank() == spatial + 2);
        for (int i = 0; fits && i < grad.rank() - spatial; i++) {
            fits = grad.dim(i) == input.dim(i);
        }
        require(in, fits, "the gradient " + grad + " does not fit the input " + input);
    }

    private static void pooledWithIndices(Arguments in, int indices, int spatial) {
        pooled(in, spatial);
        same(in, 0, indices);
    }

    /**
     * Statistics are vectors of one entry a channel. Of the pair that begins at argument {@code needed} none may be
     * missing; weight and the pairs before {@code last + 2} are optional.
     */
    private static void batchNorm(Arguments in, int input, int last, int needed) {
        Shape shape = in.shape(input);
        require(in, shape.rank() >= 2, "the input must have a dimension of channels");
        for (int i = input + 1; i < last + 2; i++) {
            @Nullable Shape statistic = in.shapeOrNull(i);
            require(
                    in,
                    statistic == null || statistic.equals(Shape.of(shape.dim(1))),
                    "argument " + i + " must have one entry a channel");
            require(
                    in,
                    statistic != null || i != needed && i != needed + 1 || needed < 0,
                    "argument " + i + " is missing");
        }
    }

    /** One norm for each entry of the first or the last dimension. */
    private static void weightNorm(Arguments in, int weight, int dim, int norm) {
        Shape shape = in.shape(weight);
        long along = in.integer(dim);
        require(in, shape.rank() > 0 && (along == 0 || along == shape.rank() - 1), "the dimension does not fit");
        require(in, in.shape(norm).elements() == shape.dim((int) along), "there must be one norm an entry");
        require(
                in,
                in.type(norm).dtype().isFloating() && in.type(weight).dtype().isFloating(),
                "takes reals");
    }

    private static void layerNorm(Arguments in) {
        same(in, 0, 1);
        Shape input = in.shape(1);
        Shape normalized = Shape.of(in.integers(2));
        int outer = input.rank() - normalized.rank();
        boolean fits = outer >= 0;
        long groups = 1;
        for (int i = 0; fits && i < input.rank(); i++) {
            if (i < outer) {
                groups *= input.dim(i);
            } else {
                fits = input.dim(i) == normalized.dim(i - outer);
            }
        }
        fits = fits && in.shape(3).elements() == groups && in.shape(4).elements() == groups;
        for (int i = 5; i <= 6; i++) {
            @Nullable Shape parameter = in.shapeOrNull(i);
            fits = fits && (parameter == null || parameter.equals(normalized));
        }
        require(in, fits, "the shapes do not fit " + input + " normalised over " + normalized);
    }

    /** Factors far from any size make antialiasing run over windows of that many elements. */
    private static void scales(Arguments in) {
        for (int i = 0; i < in.schema().parameters().size(); i++) {
            if (in.schema().parameters().get(i).base() == Schema.Base.FLOAT && in.get(i) != null) {
                double scale = in.real(i);
                require(in, scale >= LEAST_SCALE && scale <= GREATEST_SCALE, "there is no scaling by " + scale);
            }
        }
    }

    private static void same(Arguments in, int first, int second) {
        require(
                in,
                in.shape(first).equals(in.shape(second)),
                "arguments " + first + " and " + second + " must have one shape");
    }

    private static void require(Arguments in, boolean condition, String otherwise) {
        if (!condition) {
            throw new KernelException(in.name() + ": " + otherwise);
        }
    }
}
