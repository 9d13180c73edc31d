package dev.gradwire.op;

import dev.gradwire.tensor.Shape;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * x̂ = (x − μ) · r with r = 1 / √(variance + ε), μ and variance along some dimensions, and the derivative of
 *
 * <pre>y = x̂ · w + b,   gx = r · P(g · w),   gw = Σ g · x̂,   gb = Σ g   with   P(v) = v − mean v − x̂ · mean(v · x̂)</pre>
 *
 * with respect to x, w and g. Written with μ and r as functions of x, so that derivatives of any order follow.
 */
final class Standardized {
    private final Expr xHat;
    private final Expr r;
    private final long[] dims;
    private final double count;

    Standardized(Expr x, long[] dims, double eps) {
        this.dims = dims;
        this.count = count(x.shape(), dims);
        Expr centered = x.sub(mean(x));
        this.r = mean(centered.square()).add(eps).rsqrt();
        this.xHat = centered.mul(r);
    }

    private static double count(Shape shape, long[] dims) {
        return LongStream.of(dims).mapToDouble(dim -> shape.dim((int) dim)).reduce(1, (a, b) -> a * b);
    }

    private Expr mean(Expr v) {
        return v.sumKeepingDims(dims).div(count);
    }

    private Expr project(Expr v) {
        return v.sub(mean(v)).sub(xHat.mul(mean(v.mul(xHat))));
    }

    /**
     * What flows back from the cotangents of gx, gw and gb.
     *
     * @param toGrad the cotangent of g
     * @param toInput the cotangent of x
     * @param toWeight that of w, before the sum over its broadcast dimensions
     */
    record Twice(
            @Nullable Expr toGrad,
            @Nullable Expr toInput,
            @Nullable Expr toWeight) {}

    /**
     * @param w null for ones; like {@code b} and {@code c} of a shape that broadcasts with x
     * @param a cotangent of gx, null for zero
     * @param b cotangent of gw
     * @param c cotangent of gb
     */
    Twice twice(Expr g, @Nullable Expr w, @Nullable Expr a, @Nullable Expr b, @Nullable Expr c) {
        Expr toGrad = c;
        Expr toInput = null;
        Expr toWeight = null;
        if (b != null) {
            toGrad = plus(toGrad, xHat.mul(b));
            toInput = r.mul(project(g.mul(b)));
        }
        if (a != null) {
            Expr v = times(g, w);
            Expr ra = r.mul(project(a));
            toGrad = plus(toGrad, times(ra, w));
            toWeight = g.mul(ra);
            Expr q = a.mul(mean(v.mul(xHat))).add(v.mul(mean(a.mul(xHat))));
            Expr throughXHat = project(q);
            Expr throughR = xHat.mul(mean(a.mul(project(v))));
            toInput = plus(toInput, r.square().mul(throughXHat.add(throughR)).neg());
        }
        return new Twice(toGrad == null ? null : toGrad.expand(g.shape()), toInput, toWeight);
    }

    private static Expr times(Expr tensor, @Nullable Expr factor) {
        return factor == null ? tensor : tensor.mul(factor);
    }

    private static Expr plus(@Nullable Expr sum, Expr term) {
        return sum == null ? term : sum.add(term);
    }
}
