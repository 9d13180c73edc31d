package dev.gradwire.op;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * What a grid sampler reads: at each place a product of taps, one of each axis, y = Σ Π w · x[taps]. From this come
 * both cotangents, as graph operators, so that derivatives of any order follow:
 *
 * <pre>gx[taps] += g · Π w,   gu = Σ g · x[taps] · w′ · Π of the other w</pre>
 *
 * with u the coordinate in pixels, a function of the grid's.
 */
final class GridPlaces {
    private static final long NEAREST = 1;
    private static final long CUBIC = 2;
    private static final long BORDER = 1;
    private static final long REFLECTION = 2;
    private static final double A = -0.75;

    /**
     * One pixel along an axis.
     *
     * @param index int64, always inside
     * @param inside 1 or 0
     * @param weight what the pixel counts
     * @param slope derivative of the weight by the grid's coordinate
     */
    private record Tap(Expr index, Expr inside, Expr weight, Expr slope) {}

    /** A coordinate in pixels and its derivative by the grid's. */
    private record Coordinate(Expr u, Expr slope) {}

    private final Args n;
    private final int spatial;
    private final boolean align;
    private final long padding;

    GridPlaces(Args n, int spatial) {
        this.n = n;
        this.spatial = spatial;
        this.align = n.bool("align_corners");
        this.padding = n.integer("padding_mode");
    }

    List<@Nullable Expr> back(Backward backward) {
        Expr input = n.arg("input");
        Shape image = input.shape();
        long places = LongStream.of(backward.grad().shape().dims()).skip(2).reduce(1, Math::multiplyExact);
        Shape flat = Shape.of(image.dim(0), image.dim(1), pixels(image));
        Expr grad = backward.grad().reshape(image.dim(0), image.dim(1), places);
        Expr pixels = input.reshape(flat);
        Expr toInput = pixels.zerosLike();
        List<Expr> toGrid = new ArrayList<>();
        for (int axis = 0; axis < spatial; axis++) {
            toGrid.add(n.full(n.type("grid").withShape(Shape.of(image.dim(0), places)), 0));
        }
        for (List<Tap> taps : combinations(places)) {
            Expr inside = product(taps.stream().map(Tap::inside).toList());
            Expr weight = product(taps.stream().map(Tap::weight).toList()).mul(inside);
            Expr index = index(taps).unsqueeze(1).expand(grad.shape());
            toInput = toInput.call("scatter_add", -1, index, grad.mul(weight.unsqueeze(1)));
            Expr value = pixels.call("gather", -1, index).mul(grad).sum(1).mul(inside);
            for (int axis = 0; axis < spatial; axis++) {
                List<Expr> factors =
                        new ArrayList<>(taps.stream().map(Tap::weight).toList());
                factors.set(axis, taps.get(axis).slope);
                toGrid.set(axis, toGrid.get(axis).add(value.mul(product(factors))));
            }
        }
        return Arrays.asList(toInput.reshape(image), Expr.stack(toGrid, -1).reshape(n.shape("grid")));
    }

    private long pixels(Shape image) {
        return LongStream.of(image.dims()).skip(2).reduce(1, Math::multiplyExact);
    }

    /** Size of the image along an axis of the grid, whose first coordinate is that of the last dimension. */
    private long size(int axis) {
        return n.shape("input").dim(spatial + 1 - axis);
    }

    private static Expr product(List<Expr> factors) {
        return factors.stream().reduce(Expr::mul).orElseThrow();
    }

    /** The place in the flattened image. */
    private Expr index(List<Tap> taps) {
        Expr index = taps.get(spatial - 1).index;
        for (int axis = spatial - 2; axis >= 0; axis--) {
            index = index.mul(size(axis)).add(taps.get(axis).index);
        }
        return index;
    }

    private List<List<Tap>> combinations(long places) {
        List<List<Tap>> combinations = List.of(List.of());
        for (int axis = 0; axis < spatial; axis++) {
            Expr coordinate =
                    n.arg("grid").select(-1, axis).reshape(n.shape("grid").dim(0), places);
            List<List<Tap>> longer = new ArrayList<>();
            for (List<Tap> before : combinations) {
                for (Tap tap : taps(coordinate, axis)) {
                    List<Tap> taps = new ArrayList<>(before);
                    taps.add(tap);
                    longer.add(taps);
                }
            }
            combinations = longer;
        }
        return combinations;
    }

    private List<Tap> taps(Expr grid, int axis) {
        long mode = n.integer("interpolation_mode");
        Coordinate plain = pixel(grid, size(axis));
        if (mode == CUBIC) {
            return cubic(plain, axis);
        }
        Coordinate padded = padded(plain, size(axis));
        if (mode == NEAREST) {
            Expr nearest = padded.u.call("round");
            return List.of(tap(nearest, padded.u.onesLike(), padded.u.zerosLike(), axis));
        }
        Expr low = padded.u.call("floor");
        Expr t = padded.u.sub(low);
        return List.of(tap(low, t.rsub(1), padded.slope.neg(), axis), tap(low.add(1), t, padded.slope, axis));
    }

    private Tap tap(Expr at, Expr weight, Expr slope, int axis) {
        long last = size(axis) - 1;
        Expr inside = at.ge(0).and(at.le(last)).to(at.dtype());
        return new Tap(at.to(DType.INT64).call("clamp", 0, last), inside, weight, slope);
    }

    /** From −1 … 1 to pixels: with aligned corners the ends are the centres of the outer pixels, else their edges. */
    private Coordinate pixel(Expr grid, long size) {
        double half = (align ? size - 1 : size) / 2.0;
        Expr u = align ? grid.add(1).mul(half) : grid.add(1).mul(half).sub(0.5);
        return new Coordinate(u, grid.onesLike().mul(half));
    }

    private Coordinate padded(Coordinate at, long size) {
        if (padding == REFLECTION) {
            return clipped(reflected(at, size), size);
        }
        return padding == BORDER ? clipped(at, size) : at;
    }

    private static Coordinate clipped(Coordinate at, long size) {
        Expr within = at.u.gt(0).and(at.u.lt(size - 1));
        return new Coordinate(at.u.call("clamp", 0, size - 1), at.slope.maskedBy(within));
    }

    private Coordinate reflected(Coordinate at, long size) {
        double low = align ? 0 : -0.5;
        double span = align ? size - 1 : size;
        if (span == 0) {
            return new Coordinate(at.u.zerosLike(), at.u.zerosLike());
        }
        Expr from = at.u.sub(low);
        Expr distance = from.abs();
        Expr flips = distance.div(span).call("floor");
        Expr extra = distance.sub(flips.mul(span));
        Expr even = flips.sub(flips.div(2).call("floor").mul(2)).eq(0);
        Expr forward = from.lt(0).where(at.slope.neg(), at.slope);
        return new Coordinate(even.where(extra, extra.rsub(span)).add(low), even.where(forward, forward.neg()));
    }

    /** Four taps around, each brought inside by itself. */
    private List<Tap> cubic(Coordinate at, int axis) {
        Expr low = at.u.call("floor");
        Expr t = at.u.sub(low);
        List<Tap> taps = new ArrayList<>();
        for (int k = 0; k < 4; k++) {
            Expr x = k < 2 ? t.add(1 - k) : t.rsub(k - 1);
            double sign = k < 2 ? 1 : -1;
            boolean near = k == 1 || k == 2;
            Expr index = padded(new Coordinate(low.add(k - 1), at.slope), size(axis)).u;
            taps.add(tap(
                    index,
                    near ? near(x) : far(x),
                    (near ? nearSlope(x) : farSlope(x)).mul(sign).mul(at.slope),
                    axis));
        }
        return taps;
    }

    /** (A + 2) x³ − (A + 3) x² + 1 for |x| ≤ 1. */
    private static Expr near(Expr x) {
        return x.mul(A + 2).sub(A + 3).mul(x).mul(x).add(1);
    }

    private static Expr nearSlope(Expr x) {
        return x.mul(3 * (A + 2)).sub(2 * (A + 3)).mul(x);
    }

    /** A x³ − 5 A x² + 8 A x − 4 A for 1 < |x| < 2. */
    private static Expr far(Expr x) {
        return x.mul(A).sub(5 * A).mul(x).add(8 * A).mul(x).sub(4 * A);
    }

    private static Expr farSlope(Expr x) {
        return x.mul(3 * A).sub(10 * A).mul(x).add(8 * A);
    }
}
