package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.TensorType;
import java.util.List;

/** Running sums, products and extrema along a dimension. */
final class Scans {
    private Scans() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor")
                        .doc("the sum of each element and those before it along a dimension")
                        .gradFn("CumsumBackward0")
                        .complex()
                        .types(one(Scans::total))
                        .vjp("self", n -> {
                            long[] dims = {n.integer("dim")};
                            Expr reversed = n.grad().call("flip", dims).call("cumsum", n.raw("dim"));
                            return n.rank("self") == 0 ? n.grad() : reversed.call("flip", dims);
                        })
                        .batch(Batch.along("self", "dim"))
                        .kernel("cumsum")
                        .samples("float64[2, 3], 1", "float64[3, 0], -1", "float64[], 0", "complex128[2, 3], 1"),
                operator("cumprod(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor")
                        .doc("the product of each element and those before it along a dimension")
                        .gradFn("CumprodBackward0")
                        .complex()
                        .types(one(Scans::total))
                        .vjp("self", Scans::cumprodVjp)
                        .batch(Batch.along("self", "dim"))
                        .kernel("cumprod")
                        .samples(
                                "float64[2, 5], 1",
                                "float64[3, 2], -2",
                                "float64[1], 0",
                                "float64[], 0",
                                "complex128[2, 5], 1"),
                operator("logcumsumexp(Tensor self, int dim) -> Tensor")
                        .doc("log of the running sum of exp along a dimension")
                        .gradFn("LogcumsumexpBackward0")
                        .complex()
                        .types(one(call -> scanned(call).withDtype(Reductions.floating(call))))
                        .vjp("self", Scans::logcumsumexpVjp)
                        .batch(Batch.along("self", "dim"))
                        .kernel("logcumsumexp")
                        .samples("complex128[2, 5], 1", "float64[2, 5], 1", "float64[3, 2], 0", "float64[], 0"),
                extremum("cummax", "CummaxBackward0")
                        .doc("the largest element so far along a dimension, and its index"),
                extremum("cummin", "CumminBackward0")
                        .doc("the smallest element so far along a dimension, and its index"));
    }

    private static TensorType total(Call call) {
        DType dtype = Reductions.total(call);
        Require.that(dtype != DType.BOOL, "dtype", "must be a number's, but is bool");
        return scanned(call).withDtype(dtype);
    }

    private static TensorType scanned(Call call) {
        Dims.normalize(call, "dim", call.type("self").rank());
        return call.type("self");
    }

    /**
     * With x the elements, p their running products and u the cotangent: element i gets Σ_{j≥i} u_j Π_{k≤j, k≠i} x_k,
     * which is p_{i−1} r_i with r_i = u_i + x_{i+1} r_{i+1}. Without a division it is right at zeros. Of complex numbers
     * all but u are conjugated.
     */
    private static Expr cumprodVjp(Backward n) {
        int dim = n.dim("dim", n.rank("self"));
        if (n.rank("self") == 0 || n.shape("self").dim(dim) <= 1) {
            return n.grad();
        }
        long size = n.shape("self").dim(dim);
        Expr next = n.arg("self").to(n.grad().dtype()).slice(dim, 1, size);
        Expr one = n.grad().slice(dim, 0, 1).onesLike();
        Expr before = Expr.cat(List.of(one, n.result().slice(dim, 0, size - 1)), dim);
        return before.conj().mul(backwards(n.grad(), next.conj(), dim));
    }

    /**
     * With r the results: element i gets exp(x_i − r_i) s_i with s_i = u_i + exp(r_i − r_{i+1}) s_{i+1}. Results only
     * grow, so nothing overflows. Of complex numbers all but u and s are conjugated.
     */
    private static Expr logcumsumexpVjp(Backward n) {
        int dim = n.dim("dim", n.rank("self"));
        Expr share = n.arg("self").sub(n.result()).exp().conj();
        if (n.rank("self") == 0 || n.shape("self").dim(dim) <= 1) {
            return n.grad().mul(share);
        }
        long size = n.shape("self").dim(dim);
        Expr result = n.result().slice(dim, 0, size - 1);
        Expr decay = result.sub(n.result().slice(dim, 1, size)).exp();
        Expr known = result.ne(Double.NEGATIVE_INFINITY);
        return share.mul(backwards(n.grad(), decay.maskedBy(known).conj(), dim));
    }

    /**
     * Solves r_i = u_i + a_i r_{i+1} along a dimension, in as many steps as doublings reach its size: after each, r_i
     * holds what comes from the next 2, 4, 8, … elements.
     *
     * @param factors a, one less than u
     */
    private static Expr backwards(Expr inputs, Expr factors, int dim) {
        long size = inputs.size(dim);
        Expr sums = inputs;
        Expr products = factors;
        for (long reach = 1; reach < size; reach *= 2) {
            Expr far = products.slice(dim, 0, size - reach).mul(sums.slice(dim, reach, size));
            Expr near = sums.slice(dim, 0, size - reach).add(far);
            sums = Expr.cat(List.of(near, sums.slice(dim, size - reach, size)), dim);
            if (2 * reach < size) {
                long rest = size - 2 * reach;
                products = products.slice(dim, 0, rest).mul(products.slice(dim, reach, reach + rest));
            }
        }
        return sums;
    }

    private static Declaration extremum(String name, String gradFn) {
        return operator(name + "(Tensor self, int dim) -> (Tensor values, Tensor indices)")
                .gradFn(gradFn)
                .types(call -> List.of(scanned(call), scanned(call).withDtype(DType.INT64)))
                .vjp("self", n -> n.full(n.type("self"), 0).call("scatter_add", n.raw("dim"), n.result(1), n.grad()))
                .batch(Batch.along("self", "dim"))
                .kernel(name)
                .samples("float64[2, 5], 1", "float64[3, 2], 0", "float64[], 0");
    }
}
