package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/** Reductions of torch.masked: what a mask leaves out counts as the reduction's identity. */
final class MaskedReductions {
    private MaskedReductions() {}

    static List<Declaration> declarations() {
        return List.of(
                masked("sum", 0, (x, dims, keepdim) -> x.call("sum", dims, keepdim))
                        .samples("float64[2, 3], 1, mask=bool[2, 3]", "float64[2, 3]"),
                masked("prod", 1, MaskedReductions::prod)
                        .samples("float64[2, 3], [0, 1], keepdim=True, mask=bool[3]", "float64[]"),
                masked("amax", Double.NEGATIVE_INFINITY, (x, dims, keepdim) -> x.call("amax", dims, keepdim))
                        .samples("float64[2, 3], 1"),
                masked("amin", Double.POSITIVE_INFINITY, (x, dims, keepdim) -> x.call("amin", dims, keepdim))
                        .samples("float64[2, 3], 0"));
    }

    private interface Reduction {
        Expr apply(Expr x, long[] dims, boolean keepdim);
    }

    private static Declaration masked(String name, double identity, Reduction reduction) {
        return operator("masked_" + name + "(Tensor input, int[1]? dim=None, *, bool keepdim=False,"
                        + " ScalarType? dtype=None, Tensor? mask=None) -> Tensor")
                .doc(name + " along dimensions, or of all elements, of those where mask is true")
                .composite(n -> {
                    Expr x = n.arg("input");
                    x = x.to(n.dtype("dtype", x.dtype()));
                    Require.floating("input", x.dtype());
                    if (n.has("mask")) {
                        Elementwise.requireBool(n.call(), "mask");
                        x = n.arg("mask").where(x, x.full(x.type().withShape(Shape.SCALAR), identity));
                        if (!x.shape().equals(n.shape("input"))) {
                            throw Require.shape(
                                    "mask",
                                    "has shape " + n.shape("mask") + ", which does not expand to " + n.shape("input"));
                        }
                    }
                    return List.of(reduction.apply(x, n.dims("dim", "input"), n.bool("keepdim")));
                });
    }

    /** One dimension after the other, from the last: a scalar stays what it is. */
    private static Expr prod(Expr x, long[] dims, boolean keepdim) {
        Expr product = x;
        long[] sorted = dims.clone();
        Arrays.sort(sorted);
        for (int i = sorted.length - 1; i >= 0; i--) {
            product = product.call("prod", sorted[i], keepdim);
        }
        return product;
    }
}
