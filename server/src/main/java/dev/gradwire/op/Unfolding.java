package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;

/** Windows of images as columns, and the sum of columns back into an image: transposes of each other. */
final class Unfolding {
    private static final String WINDOW = "int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride";

    private Unfolding() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("im2col(Tensor self, " + WINDOW + ") -> Tensor")
                        .doc("a column for each window of an image [N, C, H, W]: [N, C · window, windows]")
                        .gradFn("Im2ColBackward0")
                        .complex()
                        .types(one(Unfolding::columns))
                        .vjp("self", n -> {
                            Shape image = n.shape("self");
                            long[] size = {image.dim(image.rank() - 2), image.dim(image.rank() - 1)};
                            return n.grad()
                                    .call(
                                            "col2im",
                                            size,
                                            n.raw("kernel_size"),
                                            n.raw("dilation"),
                                            n.raw("padding"),
                                            n.raw("stride"));
                        })
                        .batch(Batch.folded(2))
                        .kernel("im2col", call -> Windows.arguments(call, 2))
                        .samples(
                                "complex128[1, 2, 3, 4], [2, 2], [1, 1], [0, 0], [1, 1]",
                                "float64[1, 2, 4, 3], [2, 2], [1, 1], [1, 0], [2, 1]",
                                "float64[2, 3, 4], [2, 1], [1, 2], [0, 1], [1, 1]"),
                operator("col2im(Tensor self, int[2] output_size, " + WINDOW + ") -> Tensor")
                        .doc("the sum of columns of windows in an image of output_size")
                        .gradFn("Col2ImBackward0")
                        .complex()
                        .types(one(Unfolding::image))
                        .vjp(
                                "self",
                                n -> n.grad()
                                        .call(
                                                "im2col",
                                                n.raw("kernel_size"),
                                                n.raw("dilation"),
                                                n.raw("padding"),
                                                n.raw("stride")))
                        .batch(Batch.folded(1))
                        .kernel("col2im", call -> Windows.arguments(call, 2))
                        .samples(
                                "float64[1, 4, 6], [3, 4], [2, 2], [1, 1], [0, 0], [1, 1]",
                                "complex128[1, 4, 6], [3, 4], [2, 2], [1, 1], [0, 0], [1, 1]"));
    }

    private static TensorType columns(Call call) {
        Windows.requireImage(call, "self", 2);
        Shape image = call.shape("self");
        int rank = image.rank();
        long[] kernel = Windows.positive(call, "kernel_size", 2);
        long channels = Math.multiplyExact(image.dim(rank - 3), Math.multiplyExact(kernel[0], kernel[1]));
        long windows = windows(call, image.dim(rank - 2), image.dim(rank - 1));
        Shape columns = Shape.of(channels, windows);
        return call.type("self").withShape(rank == 4 ? columns.insertDim(0, image.dim(0)) : columns);
    }

    private static TensorType image(Call call) {
        Require.rank(call, "self", 2, 3);
        Shape columns = call.shape("self");
        int rank = columns.rank();
        long[] size = Windows.positive(call, "output_size", 2);
        long[] kernel = Windows.positive(call, "kernel_size", 2);
        long window = Math.multiplyExact(kernel[0], kernel[1]);
        long windows = windows(call, size[0], size[1]);
        if (columns.dim(rank - 2) == 0 || columns.dim(rank - 2) % window != 0 || columns.dim(rank - 1) != windows) {
            throw Require.shape(
                    "self",
                    "has shape " + columns + ", but must have columns of a multiple of " + window + " for " + windows
                            + " windows");
        }
        Shape image = Shape.of(columns.dim(rank - 2) / window, size[0], size[1]);
        return call.type("self").withShape(rank == 3 ? image.insertDim(0, columns.dim(0)) : image);
    }

    private static long windows(Call call, long height, long width) {
        long[] sizes = {height, width};
        long[] kernel = Windows.positive(call, "kernel_size", 2);
        long[] dilation = Windows.positive(call, "dilation", 2);
        long[] padding = Windows.notNegative(call, "padding", 2);
        long[] stride = Windows.positive(call, "stride", 2);
        long windows = 1;
        for (int i = 0; i < 2; i++) {
            long reach = Math.addExact(Math.multiplyExact(dilation[i], kernel[i] - 1), 1);
            long span = Math.addExact(sizes[i], Math.multiplyExact(2, padding[i])) - reach;
            if (span < 0) {
                throw Require.shape(
                        "kernel_size",
                        "reaches " + reach + ", past an image of size " + sizes[i] + " padded by " + padding[i]);
            }
            windows = Math.multiplyExact(windows, span / stride[i] + 1);
        }
        return windows;
    }
}
