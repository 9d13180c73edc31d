package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.tensor.Shape;
import java.util.List;
import java.util.stream.LongStream;

/** Products of tensors of any rank, each a choice of {@link Products} and views, as PyTorch chooses. */
final class Matmul {
    private Matmul() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("matmul(Tensor self, Tensor other) -> Tensor")
                        .doc(
                                "matrix product over the last two dimensions, broadcasting the others; vectors are rows or columns")
                        .alias("linalg_matmul")
                        .composite(n -> List.of(matmul(n.arg("self"), n.arg("other"))))
                        .complex()
                        .samples(
                                "float64[3], float64[3]",
                                "float64[2, 3], float64[3]",
                                "float64[3], float64[3, 2]",
                                "float64[2, 3, 4], float64[4, 2]",
                                "float64[2, 3], float64[4, 3, 1]",
                                "float64[3], float64[2, 3, 2]",
                                "float64[2, 1, 2, 3], float64[3, 3, 1]",
                                "float64[1, 2, 3], float64[2, 3, 2]",
                                "float64[2, 0, 3], float64[3, 2]",
                                "complex128[3], complex128[3]"),
                operator("linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor")
                        .doc("input · weightᵀ + bias")
                        .composite(n -> List.of(linear(n)))
                        .complex()
                        .samples(
                                "float64[2, 3], float64[4, 3], float64[4]",
                                "float64[2, 2, 3], float64[4, 3], float64[4]",
                                "float64[3], float64[4, 3]",
                                "complex128[3], complex128[4, 3]"),
                operator("inner(Tensor self, Tensor other) -> Tensor")
                        .doc("sums of products over the last dimension of both")
                        .composite(n -> List.of(Contraction.inner(n)))
                        .complex()
                        .samples("float64[2, 3], float64[3]", "float64[], float64[2]", "complex128[], complex128[2]"),
                operator("tensordot(Tensor self, Tensor other, int[] dims_self, int[] dims_other) -> Tensor")
                        .doc("sums of products over pairs of dimensions")
                        .composite(n -> List.of(Contraction.tensordot(n)))
                        .complex()
                        .samples(
                                "float64[2, 3, 4], float64[3, 2, 2], [1, 0], [0, 1]",
                                "float64[2, 3], float64[3, 2], [0, 1], [1, 0]",
                                "float64[2, 1], float64[3], [1], [0]",
                                "complex128[2, 1], complex128[3], [1], [0]"),
                operator("linalg_multi_dot(Tensor[] tensors) -> Tensor")
                        .doc("product of a chain of matrices in the order that takes the least work")
                        .composite(n -> List.of(MatrixChain.product(n.list("tensors"))))
                        .complex()
                        .samples(
                                "[float64[3], float64[3, 4], float64[4, 1], float64[1, 2]]",
                                "[complex128[3], complex128[3, 4], complex128[4, 1], complex128[1, 2]]"),
                operator("chain_matmul(Tensor[] matrices) -> Tensor")
                        .doc("product of a chain of matrices in the order that takes the least work")
                        .composite(n -> {
                            List<Expr> matrices = n.list("matrices");
                            return List.of(matrices.size() == 1 ? matrices.getFirst() : MatrixChain.product(matrices));
                        })
                        .complex()
                        .samples(
                                "[float64[2, 3], float64[3, 1], float64[1, 2]]",
                                "[complex128[2, 3], complex128[3, 1], complex128[1, 2]]"),
                operator("linalg_vecdot(Tensor x, Tensor y, *, int dim=-1) -> Tensor")
                        .doc("Σ conj(x) · y along dim")
                        .composite(n -> {
                            Require.differentiable(n.call(), "x", "y");
                            Expr x = n.arg("x");
                            Expr y = n.arg("y");
                            boolean vectors = x.rank() == 1 && y.rank() == 1;
                            return List.of(
                                    vectors
                                            ? x.call("vdot", y)
                                            : x.conj().mul(y).sum(n.integer("dim")));
                        })
                        .complex()
                        .samples(
                                "float64[2, 3], float64[3]",
                                "float64[3], float64[3]",
                                "complex128[2, 3], complex128[3]"),
                operator("kron(Tensor self, Tensor other) -> Tensor")
                        .doc("Kronecker product: other times each element of self, side by side")
                        .composite(n -> List.of(Contraction.kron(n.arg("self"), n.arg("other"))))
                        .complex()
                        .samples("float64[2, 1], float64[3]", "complex128[2, 1], complex128[3]"));
    }

    /** Where a batch meets a matrix or a vector, it is folded into the rows, so that one mm or mv does it. */
    static Expr matmul(Expr a, Expr b) {
        if (a.rank() == 0 || b.rank() == 0) {
            throw Require.shape(a.rank() == 0 ? "self" : "other", "is a scalar, but must have at least one dimension");
        }
        if (a.rank() == 1 && b.rank() == 1) {
            return a.call("dot", b);
        }
        if (a.rank() == 1 && b.rank() == 2) {
            return a.unsqueeze(0).mm(b).call("squeeze_", 0);
        }
        if (b.rank() <= 2) {
            return a.rank() == 2 ? product(a, b) : fold(a, b);
        }
        if (a.rank() <= 2) {
            return foldTransposed(a, b);
        }
        if (a.rank() == 3 && b.rank() == 3 && a.size(0) != b.size(0)) {
            if (a.size(0) == 1) {
                return matmul(a.squeeze(0), b);
            }
            if (b.size(0) == 1) {
                return matmul(a, b.squeeze(0));
            }
        }
        return batched(a, b);
    }

    private static Expr product(Expr matrix, Expr other) {
        return other.rank() == 1 ? matrix.call("mv", other) : matrix.mm(other);
    }

    private static Expr fold(Expr a, Expr b) {
        Shape batch = a.shape().withoutDim(a.rank() - 1);
        Expr rows = a.call("reshape", new long[] {batch.elements(), a.size(-1)});
        return unsafeView(product(rows, b), b.rank() == 2 ? with(batch, b.size(1)) : batch);
    }

    /** a · b = (bᵀ · aᵀ)ᵀ, with PyTorch's copies of what is transposed. */
    private static Expr foldTransposed(Expr a, Expr b) {
        Expr columns = Products.transposed(b);
        Shape batch = columns.shape().withoutDim(b.rank() - 1);
        Expr rows = columns.call("reshape", new long[] {batch.elements(), columns.size(-1)});
        if (a.rank() == 1) {
            return unsafeView(rows.call("mv", a), batch);
        }
        Expr product = unsafeView(rows.mm(a.call("t")), with(batch, a.size(0)));
        return Products.transposed(product).call("contiguous");
    }

    private static Expr batched(Expr a, Expr b) {
        Shape batch = Shape.broadcast(batchOf(a), batchOf(b))
                .orElseThrow(() -> Require.shape(
                        "other", "has shape " + b.shape() + ", which does not multiply with shape " + a.shape()));
        return unsafeView(flat(a, batch).bmm(flat(b, batch)), with(batch, a.size(-2), b.size(-1)));
    }

    private static Expr flat(Expr matrices, Shape batch) {
        return matrices.call("expand", with(batch, matrices.size(-2), matrices.size(-1)))
                .call("reshape", new long[] {batch.elements(), matrices.size(-2), matrices.size(-1)});
    }

    private static Shape batchOf(Expr matrices) {
        return Shape.of(LongStream.of(matrices.shape().dims())
                .limit(matrices.rank() - 2L)
                .toArray());
    }

    private static Expr unsafeView(Expr tensor, Shape shape) {
        return tensor.call("_unsafe_view", shape);
    }

    static Shape with(Shape shape, long... more) {
        return Shape.of(LongStream.concat(LongStream.of(shape.dims()), LongStream.of(more))
                .toArray());
    }

    private static Expr linear(Args n) {
        Expr input = n.arg("input");
        Expr weight = n.arg("weight");
        Require.rank(n.call(), "weight", 1, 2);
        if (input.rank() == 0) {
            throw Require.shape("input", "is a scalar, but must have at least one dimension");
        }
        if (!n.has("bias")) {
            return matmul(input, weight.call("t"));
        }
        Require.rank(n.call(), "weight", 2);
        Expr bias = n.arg("bias");
        if (input.rank() == 2) {
            return n.call("addmm", bias, input, weight.call("t"));
        }
        if (!EagerLayout.of(input).isContiguous()) {
            return matmul(input, weight.call("t")).add(bias);
        }
        Shape batch = input.shape().withoutDim(input.rank() - 1);
        Expr rows = input.call("view", new long[] {batch.elements(), input.size(-1)});
        return unsafeView(n.call("addmm", bias, rows, weight.call("t")), with(batch, weight.size(0)));
    }
}
