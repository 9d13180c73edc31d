package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Means of windows; the transpose of a pooling spreads each mean over its window. */
final class AveragePooling {
    private AveragePooling() {}

    static List<Declaration> declarations() {
        return List.of(
                windows(2),
                windowsBackward(2),
                windows(3),
                windowsBackward(3),
                adaptive(2),
                adaptiveBackward(2),
                adaptive(3),
                adaptiveBackward(3),
                ofImages(2),
                ofImages(3),
                operator("avg_pool1d(Tensor self, int[1] kernel_size, int[1] stride=[], int[1] padding=0,"
                                + " bool ceil_mode=False, bool count_include_pad=True) -> Tensor")
                        .doc("means of windows of a line")
                        .composite(n -> MaxPooling.inPlane(
                                n,
                                plane -> plane.calls(
                                        "avg_pool2d",
                                        MaxPooling.pair(1, n.raw("kernel_size")),
                                        MaxPooling.pair(1, Expr.argument(Windows.stride(n.call(), 1))),
                                        MaxPooling.pair(0, n.raw("padding")),
                                        n.raw("ceil_mode"),
                                        n.raw("count_include_pad"))))
                        .samples("float64[2, 5], 2, 1, 1"),
                operator("adaptive_avg_pool1d(Tensor self, int[1] output_size) -> Tensor")
                        .doc("means of output_size windows that share a line")
                        .composite(n -> MaxPooling.inPlane(
                                n,
                                plane -> plane.calls("adaptive_avg_pool2d", MaxPooling.pair(1, n.raw("output_size")))))
                        .samples("float64[2, 5], 3"));
    }

    private static String window(int spatial, boolean defaults) {
        String list = "int[" + spatial + "]";
        return list + " kernel_size, " + list + " stride" + (defaults ? "=[]" : "") + ", " + list + " padding"
                + (defaults ? "=0" : "") + ", bool ceil_mode" + (defaults ? "=False" : "") + ", bool count_include_pad"
                + (defaults ? "=True" : "") + ", int? divisor_override" + (defaults ? "=None" : "");
    }

    private static Declaration windows(int spatial) {
        String name = "avg_pool" + spatial + "d";
        return operator(name + "(Tensor self, " + window(spatial, true) + ") -> Tensor")
                .doc("means of windows; divisor_override takes the place of the number of elements")
                .gradFn("AvgPool" + spatial + "DBackward0")
                .types(one(call -> {
                    return call.type("self").withShape(pooled(call, spatial));
                }))
                .vjp("self", n -> n.grad().call(name + "_backward", window(n, n.arg("self"))))
                .batch(Batch.folded(spatial))
                .kernel(name, call -> Windows.arguments(call, spatial))
                .samples(
                        spatial == 2
                                ? "float64[1, 2, 4, 5], [2, 3], [2, 1], [1, 0], True, False"
                                : "float64[2, 2, 3, 4], [2, 1, 2], [], [1, 0, 1], False, True, 3");
    }

    private static Declaration windowsBackward(int spatial) {
        String name = "avg_pool" + spatial + "d";
        return operator(name + "_backward(Tensor grad_output, Tensor self, " + window(spatial, false) + ") -> Tensor")
                .doc("grad_output spread over the windows")
                .gradFn("AvgPool" + spatial + "DBackwardBackward0")
                .types(one(call -> {
                    Require.sameDtype(call, "self", "grad_output");
                    Require.shape(call, "grad_output", pooled(call, spatial), "that of the means");
                    return call.type("self");
                }))
                .vjp("grad_output", n -> n.grad().call(name, window(n)))
                .zeroVjp("self")
                .batch(Batch.folded(spatial))
                .kernel(name + "_backward", call -> Windows.arguments(call, spatial))
                .samples(
                        spatial == 2
                                ? "float64[1, 2, 2], float64[1, 4, 5], 2, 2, 0, False, True, None"
                                : "float64[1, 1, 2, 2], float64[1, 2, 4, 5], 2, 2, 0, False, True, 3");
    }

    /** The library's windows in space must fit the image without its padding. */
    private static Shape pooled(Call call, int spatial) {
        Require.floating(call, "self");
        Require.that(
                !call.has("divisor_override")
                        || call.integer("divisor_override") != 0
                                && Math.abs(call.integer("divisor_override")) <= Integer.MAX_VALUE,
                "divisor_override",
                "must not be 0 and fit 32 bits");
        Shape pooled = Windows.pooled(call, spatial);
        Shape self = call.shape("self");
        long[] kernel = Windows.positive(call, "kernel_size", spatial);
        for (int i = 0; i < spatial; i++) {
            if (spatial == 3 && self.dim(self.rank() - spatial + i) < kernel[i]) {
                throw Require.shape("self", "of shape " + self + " is smaller than a window");
            }
        }
        return pooled;
    }

    private static Object[] window(Args n, Expr... before) {
        return Stream.concat(
                        Stream.of(before),
                        Stream.of(
                                        "kernel_size",
                                        "stride",
                                        "padding",
                                        "ceil_mode",
                                        "count_include_pad",
                                        "divisor_override")
                                .map(n::raw))
                .toArray();
    }

    private static Declaration adaptive(int spatial) {
        String name = "_adaptive_avg_pool" + spatial + "d";
        return operator(name + "(Tensor self, int[" + spatial + "] output_size) -> Tensor")
                .doc("means of output_size windows that share an image")
                .gradFn("AdaptiveAvgPool" + spatial + "DBackward0")
                .types(one(call -> {
                    Require.floating(call, "self");
                    return call.type("self").withShape(MaxPooling.shared(call, spatial));
                }))
                .vjp("self", n -> MaxPooling.isEmpty(n) ? null : n.grad().call(name + "_backward", n.arg("self")))
                .batch(Batch.folded(spatial))
                .kernel(name)
                .samples(spatial == 2 ? "float64[2, 5, 4], [3, 2]" : "float64[1, 4, 3, 2], [2, 2, 1]");
    }

    private static Declaration adaptiveBackward(int spatial) {
        String name = "_adaptive_avg_pool" + spatial + "d";
        return operator(name + "_backward(Tensor grad_output, Tensor self) -> Tensor")
                .doc("grad_output spread over the windows that share an image")
                .gradFn("AdaptiveAvgPool" + spatial + "DBackwardBackward0")
                .types(one(call -> {
                    Windows.requireImage(call, "self", spatial);
                    Windows.requireImage(call, "grad_output", spatial);
                    Require.floating(call, "self");
                    Require.sameDtype(call, "self", "grad_output");
                    Require.shape(call, "grad_output", expected(call, spatial), "self's batch and channels");
                    return call.type("self");
                }))
                .vjp("grad_output", n -> n.grad().call(name, sizes(n.shape("grad_output"), spatial)))
                .zeroVjp("self")
                .batch(Batch.folded(spatial))
                .kernel(name + "_backward")
                .samples(
                        spatial == 2
                                ? "float64[2, 3, 2], float64[2, 5, 4]"
                                : "float64[1, 2, 2, 1], float64[1, 4, 3, 2]");
    }

    private static Shape expected(Call call, int spatial) {
        Shape self = call.shape("self");
        Shape grad = call.shape("grad_output");
        Require.rank(call, "grad_output", self.rank());
        long[] expected = self.dims();
        System.arraycopy(sizes(grad, spatial), 0, expected, self.rank() - spatial, spatial);
        return Shape.of(expected);
    }

    private static long[] sizes(Shape image, int spatial) {
        return LongStream.of(image.dims()).skip(image.rank() - spatial).toArray();
    }

    /** Where one window covers everything, PyTorch takes the mean. */
    private static Declaration ofImages(int spatial) {
        String name = "adaptive_avg_pool" + spatial + "d";
        return operator(name + "(Tensor self, int[" + spatial + "] output_size) -> Tensor")
                .doc("means of output_size windows that share an image")
                .composite(n -> {
                    long[] output = Windows.notNegative(n.call(), "output_size", spatial);
                    Windows.requireImage(n.call(), "self", spatial);
                    Expr self = n.arg("self");
                    if (Arrays.stream(output).allMatch(size -> size == 1)) {
                        long[] dims =
                                LongStream.range(1, spatial + 1L).map(i -> -i).toArray();
                        return List.of(self.call("mean", dims, true));
                    }
                    return List.of(self.call("_" + name, output));
                })
                .samples("float64[1" + ", 4".repeat(spatial) + "], 3", "float64[1" + ", 2".repeat(spatial) + "], 1");
    }
}
