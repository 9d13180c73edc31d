package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.Reshapes.composite;

import dev.gradwire.graph.Argument;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.LongStream;

/** Derivatives and integrals of functions that are given by their values at some places. */
final class Differences {
    private Differences() {}

    static List<Declaration> declarations() {
        return List.of(
                composite(
                                "diff(Tensor self, int n=1, int dim=-1, Tensor? prepend=None, Tensor? append=None)",
                                Differences::diff)
                        .doc("the n-th difference of neighbours along a dimension")
                        .complex()
                        .samples("float64[2, 4]", "float64[4, 2], 2, 0", "complex128[2, 4]"),
                composite(
                                "trapezoid.x(Tensor y, Tensor x, *, int dim=-1)",
                                n -> areas(n).call("sum", new long[] {dim(n)}, false)
                                        .call("div.Scalar", 2.0))
                        .alias("trapz")
                        .doc("the integral of y over x by trapezoids")
                        .complex()
                        .samples("float64[2, 4], float64[4]", "complex128[2, 4], complex128[4]"),
                composite("trapezoid.dx(Tensor y, *, Scalar dx=1, int dim=-1)", n -> {
                            int dim = dim(n);
                            Expr y = n.arg("y");
                            Expr ends = y.select(dim, 0).add(y.select(dim, -1)).mul(0.5);
                            return y.sum(dim).sub(ends).call("mul.Scalar", n.raw("dx"));
                        })
                        .doc("the integral of y at places dx apart by trapezoids")
                        .complex()
                        .samples("float64[2, 4], dx=0.5", "complex128[2, 4], dx=0.5"),
                composite(
                                "cumulative_trapezoid.x(Tensor y, Tensor x, *, int dim=-1)",
                                n -> areas(n).call("cumsum", dim(n)).call("div.Scalar", 2.0))
                        .doc("the running integral of y over x by trapezoids")
                        .complex()
                        .samples("float64[4, 2], float64[4, 2], dim=0", "complex128[4, 2], complex128[4, 2], dim=0"),
                composite(
                                "cumulative_trapezoid.dx(Tensor y, *, Scalar dx=1, int dim=-1)",
                                n -> sums(n).call("mul.Scalar", n.number("dx") / 2)
                                        .call("cumsum", dim(n)))
                        .doc("the running integral of y at places dx apart by trapezoids")
                        .complex()
                        .samples("float64[2, 4], dx=0.5", "complex128[2, 4], dx=0.5"),
                gradient(
                        "scalarint",
                        "Scalar? spacing=None, int? dim=None",
                        "float64[2, 4]",
                        "float64[4, 3], spacing=0.5, dim=0, edge_order=2"),
                gradient("scalararray", "Scalar spacing, int[] dim", "float64[3, 4], spacing=0.5, dim=[1]"),
                gradient("array", "int[] dim", "float64[3, 4], dim=[1, 0]"),
                gradient("scalarrayint", "Scalar[] spacing, int? dim=None", "float64[3, 4], spacing=[0.5, 2.0]"),
                gradient(
                        "scalarrayarray",
                        "Scalar[] spacing, int[] dim",
                        "float64[3, 4], spacing=[0.5, 2.0], dim=[1, 0]"),
                gradient(
                        "tensorarrayint",
                        "Tensor[] spacing, int? dim=None",
                        "float64[4], spacing=[float64[4]{0.5..3}]"),
                gradient(
                        "tensorarray",
                        "Tensor[] spacing, int[] dim",
                        "float64[2, 4], spacing=[float64[4]{0.5..3}], dim=[1], edge_order=2"));
    }

    private static Expr diff(Args n) {
        int dim = Dims.existing(n.call(), "dim", n.shape("self"));
        long order = n.integer("n");
        Require.that(order >= 0, "n", "must not be negative, but is " + order);
        if (order == 0) {
            return n.self().call("clone");
        }
        List<Expr> parts = new ArrayList<>(List.of(n.self()));
        if (n.has("prepend")) {
            parts.addFirst(n.arg("prepend"));
        }
        if (n.has("append")) {
            parts.addLast(n.arg("append"));
        }
        Expr result = parts.size() == 1 ? n.self() : Expr.cat(parts, dim);
        boolean logical = result.dtype() == DType.BOOL;
        for (long i = 0; i < order && result.size(dim) > 0; i++) {
            Expr right = result.slice(dim, 1, result.size(dim));
            Expr left = result.slice(dim, 0, result.size(dim) - 1);
            result = logical ? right.call("logical_xor", left) : right.sub(left);
        }
        return result;
    }

    private static int dim(Args n) {
        return Dims.existing(n.call(), "dim", n.shape("y"));
    }

    /** Sums of neighbours. */
    private static Expr sums(Args n) {
        Expr y = n.arg("y");
        int dim = dim(n);
        return y.slice(dim, 0, y.size(dim) - 1).add(y.slice(dim, 1, y.size(dim)));
    }

    /** Sums of neighbours times their distance. */
    private static Expr areas(Args n) {
        int dim = dim(n);
        Expr x = n.arg("x");
        if (x.rank() == 1) {
            x = x.reshape(alone(n.shape("y").rank(), dim, x.size(0)));
        }
        int at = x.rank() - n.shape("y").rank() + dim;
        Require.that(at >= 0 && at < x.rank(), "x", "has shape " + x.shape() + ", which has no dimension " + dim);
        Expr distance = x.slice(at, 1, x.size(at)).sub(x.slice(at, 0, Math.max(0, x.size(at) - 1)));
        return sums(n).mul(distance);
    }

    /** One size in its dimension, and 1 in the others. */
    private static long[] alone(int rank, int dim, long size) {
        return LongStream.range(0, rank).map(i -> i == dim ? size : 1).toArray();
    }

    private static Declaration gradient(String overload, String parameters, String... samples) {
        return operator("gradient." + overload + "(Tensor self, *, " + parameters + ", int edge_order=1) -> Tensor[]")
                .doc("central differences along dimensions, one-sided at the edges; spacing is a number or the places")
                .composite(n -> gradients(n, parameters.contains("spacing")))
                .complex()
                .samples(samples)
                .samples(samples[0].replace("float64", "complex128"));
    }

    private static List<Expr> gradients(Args n, boolean spaced) {
        Shape shape = n.shape("self");
        long order = n.integer("edge_order");
        Require.that(order == 1 || order == 2, "edge_order", "must be 1 or 2, but is " + order);
        long[] dims = n.has("dim")
                ? Dims.listed(n.call(), "dim", shape.rank())
                : LongStream.range(0, shape.rank()).toArray();
        Argument spacing = spaced ? n.raw("spacing") : Argument.NONE;
        List<Argument> each = spacing instanceof Argument.Items items ? items.items() : List.of();
        Require.that(
                !(spacing instanceof Argument.Items) || each.size() == dims.length,
                "spacing",
                "must have an entry for each of " + dims.length + " dimensions");
        List<Expr> results = new ArrayList<>();
        for (int i = 0; i < dims.length; i++) {
            int dim = (int) dims[i];
            Require.that(shape.dim(dim) > order, "self", "is too small along dimension " + dim + ": " + shape);
            Argument step = each.isEmpty() ? spacing : each.get(i);
            Expr places = Expr.of(n.builder(), step);
            results.add(
                    step instanceof Argument.None || step.isNumber()
                            ? evenly(n.self(), dim, step.isNumber() ? step : new Argument.Int(1), order)
                            : unevenly(n.self(), dim, places, order));
        }
        return results;
    }

    private static Expr part(Expr tensor, int dim, long start, long end) {
        long size = tensor.size(dim);
        return tensor.slice(dim, start < 0 ? start + size : start, end <= 0 ? end + size : end);
    }

    private static Expr evenly(Expr self, int dim, Argument step, long order) {
        BiFunction<Long, Long, Expr> at = (start, end) -> part(self, dim, start, end);
        Expr center =
                at.apply(2L, 0L).sub(at.apply(0L, -2L)).call("div.Scalar", step).call("div.Scalar", 2);
        Expr first = at.apply(1L, 2L).sub(at.apply(0L, 1L));
        Expr last = at.apply(-1L, 0L).sub(at.apply(-2L, -1L));
        if (order == 2) {
            first = at.apply(0L, 1L)
                    .mul(-1.5)
                    .add(at.apply(1L, 2L).mul(2))
                    .sub(at.apply(2L, 3L).mul(0.5));
            last = at.apply(-3L, -2L)
                    .mul(0.5)
                    .sub(at.apply(-2L, -1L).mul(2))
                    .add(at.apply(-1L, 0L).mul(1.5));
        }
        return Expr.cat(List.of(first.call("div.Scalar", step), center, last.call("div.Scalar", step)), dim);
    }

    /** The derivative at each place of the parabola through it and its neighbours. */
    private static Expr unevenly(Expr self, int dim, Expr places, long order) {
        long size = self.size(dim);
        Require.that(
                places.rank() == 1 && places.size(0) == size,
                "spacing",
                "has shape " + places.shape() + ", but dimension " + dim + " of " + self.shape() + " has " + size);
        Expr steps = part(places, 0, 1, 0).sub(part(places, 0, 0, -1));
        Expr before = part(steps, 0, 0, -1);
        Expr behind = part(steps, 0, 1, 0);
        long[] alone = alone(self.rank(), dim, size - 2);
        Expr both = before.add(behind);
        Expr a = behind.neg().div(before.mul(both)).reshape(alone);
        Expr b = behind.sub(before).div(before.mul(behind)).reshape(alone);
        Expr c = before.div(behind.mul(both)).reshape(alone);
        Expr center = sum(self, dim, a, b, c, 0, 1, 2, size - 2);
        if (order == 1) {
            Expr first = part(self, dim, 1, 2).sub(part(self, dim, 0, 1)).div(steps.select(0, 0));
            Expr last = part(self, dim, -1, 0).sub(part(self, dim, -2, -1)).div(steps.select(0, -1));
            return Expr.cat(List.of(first, center, last), dim);
        }
        Expr first = edge(self, dim, steps.select(0, 0), steps.select(0, 1), 0, 1, 2);
        Expr lastStep = steps.select(0, -1).neg();
        Expr last = edge(self, dim, lastStep, steps.select(0, -2).neg(), size - 1, size - 2, size - 3);
        return Expr.cat(List.of(first, center, last), dim);
    }

    /** The derivative at the end of a parabola, from the signed steps {@code h}, then {@code k} away from the edge. */
    private static Expr edge(Expr self, int dim, Expr h, Expr k, long at, long next, long third) {
        Expr both = h.add(k);
        Expr a = h.mul(2).add(k).div(h.mul(both)).neg();
        Expr b = both.div(h.mul(k));
        Expr c = h.div(k.mul(both)).neg();
        return sum(self, dim, a, b, c, at, next, third, 1);
    }

    private static Expr sum(Expr self, int dim, Expr a, Expr b, Expr c, long i, long j, long k, long length) {
        return a.mul(self.slice(dim, i, i + length))
                .add(b.mul(self.slice(dim, j, j + length)))
                .add(c.mul(self.slice(dim, k, k + length)));
    }
}
