package dev.gradwire.op;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Layouts;
import dev.gradwire.tensor.Shape;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Where operators that only move elements take them from. Places are counted in row-major order. */
final class Places {
    private Places() {}

    /**
     * For each element of the result the place in {@code self} that it comes from, or null for an operator that does
     * more than move elements.
     */
    static int @Nullable [] of(Call call, Shape result) {
        Shape self = call.shape("self");
        return switch (name(call)) {
            case "view", "_unsafe_view", "_reshape_alias", "unsqueeze", "squeeze", "alias", "clone", "_to_copy" ->
                identity((int) self.elements());
            case "flip" -> flipped(call, self);
            case "roll" -> rolled(call, self);
            case "repeat" -> repeated(self, result);
            default -> {
                Layout layout = view(name(call), call, self);
                yield layout == null ? null : of(layout);
            }
        };
    }

    /** The part of zeros of this shape where an operator like {@code slice_backward} puts what it is given. */
    static int @Nullable [] inZeros(Call call) {
        String name = name(call);
        if (!name.endsWith("_backward") || call.op().canonical().indexOf("input_sizes") < 0) {
            return null;
        }
        Layout layout =
                view(name.substring(0, name.length() - "_backward".length()), call, Shape.of(call.ints("input_sizes")));
        return layout == null ? null : of(layout);
    }

    /** Names of views and of their copies. */
    private static String name(Call call) {
        String name = call.op().canonical().name();
        return name.endsWith("_copy") && !name.equals("_to_copy")
                ? name.substring(0, name.length() - "_copy".length())
                : name;
    }

    private static @Nullable Layout view(String name, Call call, Shape shape) {
        Layout layout = Layout.contiguous(shape);
        return switch (name) {
            case "expand" -> Layouts.expand(layout, call.ints("size"));
            case "permute" -> Layouts.permute(layout, call.ints("dims"));
            case "transpose" -> Layouts.transpose(layout, call.integer("dim0"), call.integer("dim1"));
            case "t" -> shape.rank() < 2 ? layout : Layouts.transpose(layout, 0, 1);
            case "select" -> Layouts.select(layout, call.integer("dim"), call.integer("index"));
            case "slice" -> {
                Parts.Range range = Parts.range(call, shape);
                yield Layouts.slice(layout, range.dim(), range.start(), range.end(), range.step());
            }
            case "diagonal" ->
                Layouts.diagonal(layout, call.integer("offset"), call.integer("dim1"), call.integer("dim2"));
            case "as_strided" ->
                Layouts.asStrided(layout, call.ints("size"), call.ints("stride"), call.integer("storage_offset", 0));
            default -> null;
        };
    }

    static int[] identity(int elements) {
        int[] places = new int[elements];
        Arrays.setAll(places, i -> i);
        return places;
    }

    /** The elements of a layout, in row-major order. */
    static int[] of(Layout layout) {
        Shape shape = layout.shape();
        int[] places = new int[(int) shape.elements()];
        int[] index = new int[shape.rank()];
        long place = layout.offset();
        for (int i = 0; i < places.length; i++) {
            places[i] = (int) place;
            for (int dim = shape.rank() - 1; dim >= 0; dim--) {
                place += layout.stride(dim);
                if (++index[dim] < shape.dim(dim)) {
                    break;
                }
                place -= layout.stride(dim) * index[dim];
                index[dim] = 0;
            }
        }
        return places;
    }

    /** Each element of {@code shape} as one of {@code from}, with which it broadcasts. */
    static int[] broadcast(Shape from, Shape shape) {
        return of(Layouts.expand(Layout.contiguous(from), shape.dims()));
    }

    private static int[] flipped(Call call, Shape self) {
        long[] strides = self.contiguousStrides();
        long offset = 0;
        for (long dim : Dims.listed(call, "dims", self.rank())) {
            offset += strides[(int) dim] * (self.dim((int) dim) - 1);
            strides[(int) dim] *= -1;
        }
        return self.elements() == 0 ? new int[0] : of(new Layout(self.dims(), strides, offset));
    }

    private static int[] rolled(Call call, Shape self) {
        long[] shifts = call.ints("shifts");
        boolean flat = call.ints("dims").length == 0;
        Shape shape = flat ? Shape.of(self.elements()) : self;
        int[] dims = flat
                ? new int[1]
                : LongStream.of(call.ints("dims"))
                        .mapToInt(dim -> Dims.normalize("dims", dim, self.rank()))
                        .toArray();
        int[] places = identity((int) shape.elements());
        for (int i = 0; i < dims.length; i++) {
            long size = shape.dim(dims[i]);
            long stride = shape.contiguousStrides()[dims[i]];
            int[] moved = new int[places.length];
            for (int place = 0; place < places.length; place++) {
                long at = place / stride % size;
                long from = Math.floorMod(at - shifts[i], size);
                moved[place] = places[(int) (place + (from - at) * stride)];
            }
            places = moved;
        }
        return places;
    }

    private static int[] repeated(Shape self, Shape result) {
        int added = result.rank() - self.rank();
        int[] places = new int[(int) result.elements()];
        long[] to = result.contiguousStrides();
        long[] from = self.contiguousStrides();
        for (int i = 0; i < places.length; i++) {
            for (int dim = 0; dim < self.rank(); dim++) {
                long at = i / to[added + dim] % result.dim(added + dim);
                places[i] += (int) (at % self.dim(dim) * from[dim]);
            }
        }
        return places;
    }
}
