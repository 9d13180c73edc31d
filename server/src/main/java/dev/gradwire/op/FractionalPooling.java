package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Maxima of windows whose starts are spread over an image by numbers from [0, 1) that the caller draws. With α = (size
 * − kernel) / (outputs − 1) window i starts at ⌊(i + u) α⌋ − ⌊u α⌋, the last at size − kernel.
 */
final class FractionalPooling {
    private FractionalPooling() {}

    static List<Declaration> declarations() {
        return List.of(pooling(2), pooling(3));
    }

    private static Declaration pooling(int spatial) {
        String list = "int[" + spatial + "]";
        return operator("fractional_max_pool" + spatial + "d(Tensor self, " + list + " kernel_size, " + list
                        + " output_size, Tensor random_samples) -> (Tensor, Tensor)")
                .doc("maxima of windows that begin where random_samples says, and their places in the flattened image")
                .gradFn("FractionalMaxPool" + spatial + "DBackward0")
                .types(call -> types(call, spatial))
                .vjp("self", n -> {
                    Expr flat = MaxPooling.flat(n.arg("self"), spatial);
                    return flat.zerosLike()
                            .call(
                                    "scatter_add",
                                    -1,
                                    MaxPooling.flat(n.result(1), spatial),
                                    MaxPooling.flat(n.grad(), spatial))
                            .reshape(n.shape("self"));
                })
                .decomposeAll(n -> maxima(n, spatial))
                .samples(
                        spatial == 2
                                ? "float64[2, 5, 4], [2, 2], [3, 2], float64[1, 2, 2]{0..0.99}"
                                : "float64[1, 1, 4, 3, 4], 2, 2, float64[1, 1, 3]{0..0.99}");
    }

    private static List<TensorType> types(Call call, int spatial) {
        Require.floating(call, "self");
        Require.sameDtype(call, "self", "random_samples");
        Shape pooled = MaxPooling.shared(call, spatial);
        Shape self = call.shape("self");
        int outer = self.rank() - spatial;
        long[] kernel = Windows.positive(call, "kernel_size", spatial);
        long[] outputs = Windows.positive(call, "output_size", spatial);
        for (int i = 0; i < spatial; i++) {
            if (outputs[i] + kernel[i] - 1 > self.dim(outer + i)) {
                throw Require.shape(
                        "self",
                        "of shape " + self + " has no room for " + outputs[i] + " windows of " + kernel[i]
                                + " in spatial dimension " + i);
            }
        }
        long batch = outer == 2 ? self.dim(0) : 1;
        Require.shape(
                call, "random_samples", Shape.of(batch, self.dim(outer - 1), spatial), "numbers for each channel");
        TensorType maxima = call.type("self").withShape(pooled);
        return List.of(maxima, maxima.withDtype(DType.INT64));
    }

    private static List<Expr> maxima(Args n, int spatial) {
        Expr self = n.arg("self");
        int outer = self.rank() - spatial;
        long channels = LongStream.of(self.shape().dims()).limit(outer).reduce(1, Math::multiplyExact);
        List<Long> windows = new ArrayList<>(List.of(channels));
        List<Expr> places = new ArrayList<>();
        for (int i = 0; i < spatial; i++) {
            windows.add(n.ints("output_size")[i]);
        }
        for (int i = 0; i < spatial; i++) {
            windows.add(n.ints("kernel_size")[i]);
        }
        for (int i = 0; i < spatial; i++) {
            places.add(places(n, i, spatial, channels));
        }
        Expr index = places.getFirst();
        for (int i = 1; i < spatial; i++) {
            index = index.mul(self.size(outer + i)).add(places.get(i));
        }
        Shape each = Shape.of(windows);
        long outputs = LongStream.of(n.ints("output_size")).reduce(1, Math::multiplyExact);
        long perWindow = LongStream.of(n.ints("kernel_size")).reduce(1, Math::multiplyExact);
        Expr flatIndex = index.expand(each).reshape(channels, outputs * perWindow);
        Expr values = self.reshape(channels, self.shape().elements() / Math.max(channels, 1))
                .call("gather", 1, flatIndex)
                .reshape(channels, outputs, perWindow);
        List<Expr> best = values.calls("max", -1, true);
        Shape pooled = MaxPooling.shared(n.call(), spatial);
        Expr at = flatIndex.reshape(channels, outputs, perWindow).call("gather", -1, best.get(1));
        return List.of(best.get(0).reshape(pooled), at.reshape(pooled));
    }

    /** Coordinates along one dimension, over channels, outputs and places in the window. */
    private static Expr places(Args n, int axis, int spatial, long channels) {
        long size = n.shape("self").dim(n.rank("self") - spatial + axis);
        long kernel = n.ints("kernel_size")[axis];
        long outputs = n.ints("output_size")[axis];
        long[] shape = LongStream.generate(() -> 1).limit(1 + 2L * spatial).toArray();
        shape[0] = channels;
        // PyTorch's numbers for a plane begin with its width
        int column = spatial == 2 ? 1 - axis : axis;
        Expr u = n.arg("random_samples").select(-1, column).reshape(shape);
        shape[0] = 1;
        shape[1 + axis] = outputs;
        Expr output = n.call("arange", outputs).reshape(shape);
        shape[1 + axis] = 1;
        shape[1 + spatial + axis] = kernel;
        Expr within = n.call("arange", kernel).reshape(shape);
        double alpha = outputs == 1 ? 0 : (double) (size - kernel) / (outputs - 1);
        Expr start =
                truncated(output.add(u).mul(alpha)).sub(truncated(u.mul(alpha))).call("clamp", 0, size - kernel);
        return output.eq(outputs - 1).where(size - kernel, start).add(within);
    }

    private static Expr truncated(Expr number) {
        return number.to(DType.INT64);
    }
}
