package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Images at other sizes. Each is linear in the image, and its backward form is its transpose. */
final class Resampling {
    private Resampling() {}

    static List<Declaration> declarations() {
        return Stream.of(
                        nearest("upsample_nearest", "UpsampleNearest", 1),
                        nearest("upsample_nearest", "UpsampleNearest", 2),
                        nearest("upsample_nearest", "UpsampleNearest", 3),
                        nearest("_upsample_nearest_exact", "UpsampleNearestExact", 1),
                        nearest("_upsample_nearest_exact", "UpsampleNearestExact", 2),
                        nearest("_upsample_nearest_exact", "UpsampleNearestExact", 3),
                        weighted("upsample_linear1d", "UpsampleLinear1D", 1),
                        weighted("upsample_bilinear2d", "UpsampleBilinear2D", 2),
                        weighted("upsample_trilinear3d", "UpsampleTrilinear3D", 3),
                        weighted("upsample_bicubic2d", "UpsampleBicubic2D", 2),
                        weighted("_upsample_bilinear2d_aa", "UpsampleBilinear2DAa", 2),
                        weighted("_upsample_bicubic2d_aa", "UpsampleBicubic2DAa", 2))
                .flatMap(List::stream)
                .toList();
    }

    private static List<Declaration> nearest(String name, String gradFn, int spatial) {
        return family(name + spatial + "d", gradFn + spatial + "D", spatial, "");
    }

    private static List<Declaration> weighted(String name, String gradFn, int spatial) {
        return family(name, gradFn, spatial, ", bool align_corners");
    }

    /** @param corners a parameter of the weighted kinds */
    private static List<Declaration> family(String name, String gradFn, int spatial, String corners) {
        List<String> scales = scales(spatial);
        String options = corners
                + String.join(
                        "",
                        scales.stream()
                                .map(scale -> ", float? " + scale + "=None")
                                .toList());
        Declaration forward = operator(
                        name + "(Tensor self, int[" + spatial + "] output_size" + options + ") -> Tensor")
                .doc("the image at output_size; scales, where given, take the place of the ratios of the sizes")
                .gradFn(gradFn + "Backward0")
                .types(one(call -> {
                    Windows.requireImage(call, "self", spatial);
                    Require.rank(call, "self", spatial + 2);
                    Require.floating(call, "self");
                    checkScales(call, scales);
                    return call.type("self").withShape(resized(call.shape("self"), call, "output_size", spatial));
                }))
                .vjp(
                        "self",
                        n -> n.grad()
                                .call(name + "_backward", arguments(n, scales, n.raw("output_size"), n.shape("self"))))
                .batch(Batch.folded(spatial))
                .kernel(name)
                .samples(sample(spatial, !corners.isEmpty()));
        Declaration backward = operator(name + "_backward(Tensor grad_output, int[" + spatial + "] output_size, int["
                        + (spatial + 2) + "] input_size" + options + ") -> Tensor")
                .doc("the transpose of " + name)
                .gradFn(gradFn + "BackwardBackward0")
                .types(one(call -> {
                    Windows.requireImage(call, "grad_output", spatial);
                    Require.floating(call, "grad_output");
                    checkScales(call, scales);
                    Shape input = Shape.of(Windows.notNegative(call, "input_size", spatial + 2));
                    Require.shape(call, "grad_output", resized(input, call, "output_size", spatial), "output_size");
                    Require.that(
                            LongStream.of(input.dims()).skip(1).allMatch(size -> size > 0),
                            "input_size",
                            "must be positive, but is " + input);
                    return call.type("grad_output").withShape(input);
                }))
                .vjp("grad_output", n -> n.grad().call(name, arguments(n, scales, n.raw("output_size"))))
                .batch(Batch.folded(spatial, "input_size"))
                .kernel(name + "_backward")
                .samples(backwardSample(spatial, !corners.isEmpty()));
        Declaration byFactors = operator(name + ".vec(Tensor input, int[]? output_size" + corners
                        + ", float[]? scale_factors) -> Tensor")
                .doc("the image at output_size, or at its own size times scale_factors")
                .composite(n -> List.of(byFactors(n, name, spatial)))
                .samples("float64[1, 1" + ", 3".repeat(spatial) + "], None, " + (corners.isEmpty() ? "" : "True, ")
                        + "[" + ", 2.0".repeat(spatial).substring(2) + "]");
        return List.of(forward, backward, byFactors);
    }

    private static List<String> scales(int spatial) {
        return switch (spatial) {
            case 1 -> List.of("scales");
            case 2 -> List.of("scales_h", "scales_w");
            default -> List.of("scales_d", "scales_h", "scales_w");
        };
    }

    private static String sample(int spatial, boolean corners) {
        String sizes = "float64[1, 2" + ", 3".repeat(spatial) + "], [4" + ", 2".repeat(spatial - 1) + "]";
        return corners ? sizes + ", False" : sizes;
    }

    private static String backwardSample(int spatial, boolean corners) {
        String sizes = ", 4" + ", 2".repeat(spatial - 1);
        return "float64[1, 2" + sizes + "], [" + sizes.substring(2) + "], [1, 2" + ", 3".repeat(spatial) + "]"
                + (corners ? ", False" : "");
    }

    private static void checkScales(Call call, List<String> scales) {
        for (String scale : scales) {
            Require.that(!call.has(scale) || call.number(scale) > 0, scale, "must be positive");
        }
    }

    private static Shape resized(Shape image, Call call, String parameter, int spatial) {
        long[] output = Windows.positive(call, parameter, spatial);
        long[] sizes = image.dims();
        System.arraycopy(output, 0, sizes, sizes.length - spatial, spatial);
        return Shape.of(sizes);
    }

    private static Object[] arguments(Args n, List<String> scales, Object... sizes) {
        List<Object> arguments = new ArrayList<>(Arrays.asList(sizes));
        if (n.call().op().canonical().indexOf("align_corners") >= 0) {
            arguments.add(n.raw("align_corners"));
        }
        scales.forEach(scale -> arguments.add(n.raw(scale)));
        return arguments.toArray();
    }

    private static Expr byFactors(Args n, String name, int spatial) {
        Require.that(
                n.has("output_size") != n.has("scale_factors"),
                "output_size",
                "and scale_factors: one of them must be given");
        Require.rank(n.call(), "input", spatial + 2);
        long[] sizes = new long[spatial];
        List<Argument> scales = new ArrayList<>();
        for (int i = 0; i < spatial; i++) {
            if (n.has("output_size")) {
                sizes[i] = Windows.each(n.call(), "output_size", spatial)[i];
                scales.add(Argument.NONE);
            } else {
                List<Argument> factors = n.call().items("scale_factors");
                Require.that(factors.size() == spatial, "scale_factors", "must have " + spatial + " entries");
                double factor = ((Argument.Float) factors.get(i)).value();
                sizes[i] = (long) (n.shape("input").dim(i + 2) * factor);
                scales.add(factors.get(i));
            }
        }
        List<Object> arguments = new ArrayList<>(List.of(sizes));
        if (n.call().op().canonical().indexOf("align_corners") >= 0) {
            arguments.add(n.raw("align_corners"));
        }
        arguments.addAll(scales);
        return n.arg("input").call(name, arguments.toArray());
    }
}
