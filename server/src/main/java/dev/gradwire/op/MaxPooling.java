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
import java.util.List;
import java.util.function.Function;
import java.util.stream.LongStream;

/** Maxima of windows, with their places in the flattened image; what flows back goes to those places. */
final class MaxPooling {
    private MaxPooling() {}

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
                unpool("int[2] output_size", 2),
                unpoolBackward("int[2] output_size", 2),
                unpool("int[3] output_size, int[3] stride, int[3] padding", 3),
                unpoolBackward("int[3] output_size, int[3] stride, int[3] padding", 3),
                ofImages(2),
                ofImages(3),
                ofLines("max_pool1d", "Tensor", 1),
                ofLines("max_pool1d_with_indices", "(Tensor, Tensor)", 2),
                operator("adaptive_max_pool1d(Tensor self, int[1] output_size) -> (Tensor, Tensor)")
                        .doc("maxima of output_size windows that share a line, and their places")
                        .composite(n ->
                                inPlane(n, plane -> plane.calls("adaptive_max_pool2d", pair(1, n.raw("output_size")))))
                        .samples("float64[2, 5], 3"));
    }

    private static String list(int spatial) {
        return "int[" + spatial + "]";
    }

    private static String window(int spatial, boolean defaults) {
        String list = list(spatial);
        return list + " kernel_size, " + list + " stride" + (defaults ? "=[]" : "") + ", " + list + " padding"
                + (defaults ? "=0" : "") + ", " + list + " dilation" + (defaults ? "=1" : "") + ", bool ceil_mode"
                + (defaults ? "=False" : "");
    }

    private static Declaration windows(int spatial) {
        String name = "max_pool" + spatial + "d_with_indices";
        return operator(name + "(Tensor self, " + window(spatial, true) + ") -> (Tensor, Tensor)")
                .doc("maxima of windows, and their places in the flattened image")
                .gradFn("MaxPool" + spatial + "DWithIndicesBackward0")
                .types(call -> maxima(call, Windows.pooled(call, spatial)))
                .vjp(
                        "self",
                        n -> n.grad()
                                .call(
                                        name + "_backward",
                                        n.arg("self"),
                                        n.raw("kernel_size"),
                                        Windows.stride(n.call(), spatial),
                                        n.raw("padding"),
                                        n.raw("dilation"),
                                        n.raw("ceil_mode"),
                                        n.result(1)))
                .batch(Batch.folded(spatial))
                .kernel(name, call -> Windows.arguments(call, spatial))
                .samples(
                        spatial == 2
                                ? "float64[1, 2, 4, 5], [2, 3], [2, 1], [1, 0], [1, 1], True"
                                : "float64[2, 2, 3, 4], [2, 1, 2]");
    }

    private static Declaration windowsBackward(int spatial) {
        String name = "max_pool" + spatial + "d_with_indices_backward";
        return operator(name + "(Tensor grad_output, Tensor self, " + window(spatial, false)
                        + ", Tensor indices) -> Tensor")
                .doc("grad_output at the places of the maxima")
                .gradFn("MaxPool" + spatial + "DWithIndicesBackwardBackward0")
                .types(one(call -> scattered(call, Windows.pooled(call, spatial))))
                .vjp("grad_output", n -> picked(n.grad(), n.arg("indices"), spatial))
                .zeroVjp("self")
                .batch(Batch.folded(spatial))
                .kernel(name, call -> Windows.arguments(call, spatial))
                .samples(
                        spatial == 2
                                ? "float64[1, 2, 2], float64[1, 4, 4], 2, 2, 0, 1, False, int64[1, 2, 2]{0..15}"
                                : "float64[1, 1, 1, 2], float64[1, 2, 2, 4], 2, 2, 0, 1, False, int64[1, 1, 1, 2]{0..15}");
    }

    private static Declaration adaptive(int spatial) {
        String name = "adaptive_max_pool" + spatial + "d";
        return operator(name + "(Tensor self, " + list(spatial) + " output_size) -> (Tensor, Tensor)")
                .doc("maxima of output_size windows that share an image, and their places in it, flattened")
                .gradFn("AdaptiveMaxPool" + spatial + "DBackward0")
                .types(call -> {
                    Require.floating(call, "self");
                    return maxima(call, shared(call, spatial));
                })
                .vjp("self", n -> isEmpty(n) ? null : n.grad().call(name + "_backward", n.arg("self"), n.result(1)))
                .batch(Batch.folded(spatial))
                .kernel(name)
                .samples(spatial == 2 ? "float64[2, 5, 4], [3, 2]" : "float64[1, 4, 3, 2], [2, 2, 1]");
    }

    private static Declaration adaptiveBackward(int spatial) {
        String name = "adaptive_max_pool" + spatial + "d_backward";
        return operator(name + "(Tensor grad_output, Tensor self, Tensor indices) -> Tensor")
                .doc("grad_output at the places of the maxima")
                .gradFn("AdaptiveMaxPool" + spatial + "DBackwardBackward0")
                .types(one(call -> {
                    Windows.requireImage(call, "self", spatial);
                    Require.rank(call, "grad_output", call.shape("self").rank());
                    return scattered(call, call.shape("grad_output"));
                }))
                .vjp("grad_output", n -> picked(n.grad(), n.arg("indices"), spatial))
                .zeroVjp("self")
                .batch(Batch.folded(spatial))
                .kernel(name)
                .samples(
                        spatial == 2
                                ? "float64[2, 3, 2], float64[2, 5, 4], int64[2, 3, 2]{0..19}"
                                : "float64[1, 2, 2, 1], float64[1, 4, 3, 2], int64[1, 2, 2, 1]{0..23}");
    }

    /** Nothing flows back from an output without elements, which the kernels refuse. */
    static boolean isEmpty(Backward n) {
        return n.grad().shape().elements() == 0;
    }

    /** The sizes of adaptive pooling's result. */
    static Shape shared(Call call, int spatial) {
        Windows.requireImage(call, "self", spatial);
        long[] output = Windows.notNegative(call, "output_size", spatial);
        long[] sizes = call.shape("self").dims();
        System.arraycopy(output, 0, sizes, sizes.length - spatial, spatial);
        return Shape.of(sizes);
    }

    private static Declaration unpool(String parameters, int spatial) {
        String name = "max_unpool" + spatial + "d";
        return operator(name + "(Tensor self, Tensor indices, " + parameters + ") -> Tensor")
                .doc("an image that is zero but for self at the places that indices name")
                .gradFn("MaxUnpool" + spatial + "DBackward0")
                .types(one(call -> {
                    Require.shape(call, "indices", call.shape("self"), "that of self");
                    Require.index(call, "indices", DType.INT64);
                    Windows.positive(call, "output_size", spatial);
                    if (call.op().canonical().indexOf("stride") >= 0) {
                        Windows.positive(call, "stride", spatial);
                        Windows.notNegative(call, "padding", spatial);
                    }
                    return call.type("self").withShape(shared(call, spatial));
                }))
                .vjp("self", n -> n.grad().call(name + "_backward", rest(n, "indices")))
                .batch(Batch.folded(spatial))
                .kernel(name)
                .samples(
                        spatial == 2
                                ? "float64[1, 1, 1], int64[1, 1, 1]{0..3}, 2"
                                : "float64[1, 1, 1, 1], int64[1, 1, 1, 1]{0..7}, 2, 2, 0");
    }

    /** What flows back; its own transpose is taken to be the unpooling, as in PyTorch even where indices repeat. */
    private static Declaration unpoolBackward(String parameters, int spatial) {
        String name = "max_unpool" + spatial + "d";
        return operator(name + "_backward(Tensor grad_output, Tensor indices, " + parameters + ") -> Tensor")
                .doc("grad_output at the places that indices name")
                .gradFn("MaxUnpool" + spatial + "DBackwardBackward0")
                .types(one(call -> call.type("grad_output").withShape(call.shape("indices"))))
                .vjp("grad_output", n -> n.grad().call(name, rest(n, "indices")))
                .decompose(n -> picked(n.arg("grad_output"), n.arg("indices"), spatial))
                .internal();
    }

    /** The arguments from one on. */
    private static Object[] rest(Args n, String first) {
        List<Argument> args = n.call().args();
        return args.subList(n.call().op().canonical().indexOf(first), args.size())
                .toArray();
    }

    private static List<TensorType> maxima(Call call, Shape shape) {
        Require.notBool(call, "self");
        TensorType maxima = call.type("self").withShape(shape);
        return List.of(maxima, maxima.withDtype(DType.INT64));
    }

    private static TensorType scattered(Call call, Shape pooled) {
        Require.sameDtype(call, "self", "grad_output");
        Require.shape(call, "grad_output", pooled, "that of the maxima");
        Require.shape(call, "indices", pooled, "that of the maxima");
        Require.index(call, "indices", DType.INT64);
        return call.type("self");
    }

    /** An image's elements at places of the flattened image. */
    private static Expr picked(Expr image, Expr indices, int spatial) {
        return flat(image, spatial).call("gather", -1, flat(indices, spatial)).reshape(indices.shape());
    }

    /** An image with its spatial dimensions as one. */
    static Expr flat(Expr image, int spatial) {
        int outer = image.rank() - spatial;
        Shape shape = Shape.of(LongStream.of(image.shape().dims()).limit(outer).toArray());
        long places = LongStream.of(image.shape().dims()).skip(outer).reduce(1, Math::multiplyExact);
        return image.reshape(Matmul.with(shape, places));
    }

    // As users call them

    private static Declaration ofImages(int spatial) {
        String name = "max_pool" + spatial + "d";
        return operator(name + "(Tensor self, " + window(spatial, true) + ") -> Tensor")
                .doc("maxima of windows")
                .composite(
                        n -> List.of(n.calls(name + "_with_indices", window(n)).getFirst()))
                .samples("float64[1" + ", 4".repeat(spatial) + "], 2");
    }

    private static Object[] window(Args n) {
        return new Object[] {
            n.arg("self"),
            n.raw("kernel_size"),
            n.raw("stride"),
            n.raw("padding"),
            n.raw("dilation"),
            n.raw("ceil_mode")
        };
    }

    private static Declaration ofLines(String name, String returns, int results) {
        return operator(name + "(Tensor self, " + window(1, true) + ") -> " + returns)
                .doc("maxima of windows of a line" + (results == 2 ? ", and their places" : ""))
                .composite(n -> inPlane(
                                n,
                                plane -> plane.calls(
                                        "max_pool2d_with_indices",
                                        pair(1, n.raw("kernel_size")),
                                        pair(1, Expr.argument(Windows.stride(n.call(), 1))),
                                        pair(0, n.raw("padding")),
                                        pair(1, n.raw("dilation")),
                                        n.raw("ceil_mode")))
                        .subList(0, results))
                .samples("float64[2, 5], 2, 1, 1");
    }

    /** Lines as planes of height 1. */
    static List<Expr> inPlane(Args n, Function<Expr, List<Expr>> pooling) {
        Require.rank(n.call(), "self", 2, 3);
        return pooling.apply(n.arg("self").unsqueeze(-2)).stream()
                .map(result -> result.squeeze(-2))
                .toList();
    }

    static Argument pair(long first, Argument second) {
        List<Argument> items = ((Argument.Items) second).items();
        if (items.isEmpty()) {
            throw new GraphException(Reason.INVALID_ARGUMENT, "a window over lines has one size, not none");
        }
        return new Argument.Items(List.of(new Argument.Int(first), items.getFirst()));
    }
}
