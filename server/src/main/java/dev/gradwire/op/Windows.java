package dev.gradwire.op;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Arguments of operators that slide a window: one number for each spatial dimension, or one for all. */
final class Windows {
    private Windows() {}

    static long[] each(Call call, String parameter, int spatial) {
        long[] given = call.ints(parameter);
        if (given.length == 1 && spatial > 1) {
            long[] all = new long[spatial];
            Arrays.fill(all, given[0]);
            return all;
        }
        if (given.length != spatial) {
            throw Require.shape(parameter, "must have " + spatial + " entries, but has " + given.length);
        }
        return given;
    }

    static long[] positive(Call call, String parameter, int spatial) {
        long[] each = each(call, parameter, spatial);
        Require.that(
                Arrays.stream(each).allMatch(value -> value > 0 && value <= Integer.MAX_VALUE),
                parameter,
                "must be positive and fit 32 bits, but is " + Arrays.toString(each));
        return each;
    }

    static long[] notNegative(Call call, String parameter, int spatial) {
        long[] each = each(call, parameter, spatial);
        Require.that(
                Arrays.stream(each).allMatch(value -> value >= 0 && value <= Integer.MAX_VALUE),
                parameter,
                "must not be negative and fit 32 bits, but is " + Arrays.toString(each));
        return each;
    }

    /** The stride; an empty one is the kernel's size. */
    static long[] stride(Call call, int spatial) {
        return call.items("stride").isEmpty()
                ? positive(call, "kernel_size", spatial)
                : positive(call, "stride", spatial);
    }

    /** The sizes that pooling windows leave of {@code self}, [N, C, …] or [C, …]. */
    static Shape pooled(Call call, int spatial) {
        Shape self = call.shape("self");
        requireImage(call, "self", spatial);
        long[] kernel = positive(call, "kernel_size", spatial);
        long[] stride = stride(call, spatial);
        long[] padding = notNegative(call, "padding", spatial);
        long[] dilation = call.op().canonical().indexOf("dilation") >= 0
                ? positive(call, "dilation", spatial)
                : LongStream.generate(() -> 1).limit(spatial).toArray();
        long[] sizes = self.dims();
        for (int i = 0; i < spatial; i++) {
            int dim = self.rank() - spatial + i;
            long reach = Math.addExact(Math.multiplyExact(dilation[i], kernel[i] - 1), 1);
            Require.that(
                    padding[i] <= reach / 2,
                    "padding",
                    "must be at most half the window's reach of " + reach + ", but is " + padding[i]);
            sizes[dim] = count(self.dim(dim), reach, stride[i], padding[i], call.bool("ceil_mode"));
            if (sizes[dim] <= 0) {
                throw Require.shape("self", "of shape " + self + " is too small for windows that reach " + reach);
            }
        }
        return Shape.of(sizes);
    }

    /** With {@code ceil}, windows may pass the end, but none begins in the padding behind it. */
    private static long count(long size, long reach, long stride, long padding, boolean ceil) {
        long span = Math.addExact(size, Math.multiplyExact(2, padding)) - reach;
        if (!ceil) {
            return Math.floorDiv(span, stride) + 1;
        }
        long count = Math.floorDiv(Math.addExact(span, stride - 1), stride) + 1;
        return (count - 1) * stride >= size + padding ? count - 1 : count;
    }

    /** [N, C, …] or [C, …], where only N may be 0. */
    static void requireImage(Call call, String parameter, int spatial) {
        Require.rank(call, parameter, spatial + 1, spatial + 2);
        Shape shape = call.shape(parameter);
        for (int dim = shape.rank() - spatial - 1; dim < shape.rank(); dim++) {
            if (shape.dim(dim) == 0) {
                throw Require.shape(parameter, "has shape " + shape + ", but only the batch may be empty");
            }
        }
    }

    /** The arguments with every list of a window's numbers at its full length. */
    static List<Argument> arguments(Call call, int spatial) {
        return IntStream.range(0, call.args().size())
                .mapToObj(i -> {
                    String parameter = call.op().canonical().parameters().get(i).name();
                    return switch (parameter) {
                        case "stride" ->
                            Expr.argument(
                                    call.op().canonical().indexOf("kernel_size") >= 0
                                            ? stride(call, spatial)
                                            : each(call, parameter, spatial));
                        case "kernel_size", "padding", "dilation", "output_padding" ->
                            Expr.argument(each(call, parameter, spatial));
                        default -> call.args().get(i);
                    };
                })
                .toList();
    }
}
