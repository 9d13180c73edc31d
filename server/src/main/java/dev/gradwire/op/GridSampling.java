package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;

/** Images read at places that a tensor names, −1 to 1 from one border to the other. */
final class GridSampling {
    private GridSampling() {}

    static List<Declaration> declarations() {
        return List.of(
                sampler(2),
                sampler(3),
                operator("grid_sampler(Tensor input, Tensor grid, int interpolation_mode, int padding_mode,"
                                + " bool align_corners) -> Tensor")
                        .doc("input at the places in grid: modes 0 bilinear, 1 nearest, 2 bicubic; padding 0 zeros,"
                                + " 1 border, 2 reflection")
                        .composite(n -> {
                            Require.rank(n.call(), "input", 4, 5);
                            return List.of(n.call(
                                    n.rank("input") == 4 ? "grid_sampler_2d" : "grid_sampler_3d",
                                    n.arg("input"),
                                    n.arg("grid"),
                                    n.raw("interpolation_mode"),
                                    n.raw("padding_mode"),
                                    n.raw("align_corners")));
                        })
                        .samples("float64[1, 2, 3, 3], float64[1, 2, 2, 2]{-0.9..0.9}, 0, 0, True"));
    }

    private static Declaration sampler(int spatial) {
        String name = "grid_sampler_" + spatial + "d";
        String input = "float64[1, 2" + ", 3".repeat(spatial) + "], ";
        String grid = "float64[1" + ", 2".repeat(spatial) + ", " + spatial + "]";
        return operator(name
                        + "(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners)"
                        + " -> Tensor")
                .doc("input at the places in grid")
                .gradFn("GridSampler" + spatial + "DBackward0")
                .types(one(call -> type(call, spatial)))
                .vjp(List.of("input", "grid"), n -> new GridPlaces(n, spatial).back(n))
                .batch(Batch.folded(spatial))
                .kernel(name)
                .samples(
                        input + grid + "{-0.9..0.9}, 0, 0, True",
                        input + grid + "{-1.4..1.4}, 0, 1, False",
                        input + grid + "{-1.4..1.4}, 0, 2, False",
                        input + grid + "{-0.9..0.9}, 1, 0, False")
                .samples(
                        spatial == 2
                                ? new String[] {
                                    input + grid + "{-0.9..0.9}, 2, 0, False", input + grid + "{-1.3..1.3}, 2, 2, True"
                                }
                                : new String[0]);
    }

    private static TensorType type(Call call, int spatial) {
        Require.rank(call, "input", spatial + 2);
        Require.rank(call, "grid", spatial + 2);
        Require.floating(call, "input");
        Require.sameDtype(call, "input", "grid");
        Windows.requireImage(call, "input", spatial);
        Shape input = call.shape("input");
        Shape grid = call.shape("grid");
        if (grid.dim(0) != input.dim(0) || grid.dim(spatial + 1) != spatial) {
            throw Require.shape(
                    "grid",
                    "has shape " + grid + ", but must have " + spatial + " coordinates for each place of the batch of "
                            + input);
        }
        long mode = call.integer("interpolation_mode");
        Require.that(
                mode == 0 || mode == 1 || mode == 2 && spatial == 2,
                "interpolation_mode",
                "must be 0 (linear), 1 (nearest) or, for images, 2 (cubic), but is " + mode);
        long padding = call.integer("padding_mode");
        Require.that(
                padding >= 0 && padding <= 2,
                "padding_mode",
                "must be 0 (zeros), 1 (border) or 2 (reflection), but is " + padding);
        Shape places = grid.withoutDim(spatial + 1).insertDim(1, input.dim(1));
        return call.type("input").withShape(places);
    }
}
