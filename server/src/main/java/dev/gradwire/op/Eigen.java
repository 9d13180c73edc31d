package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.TensorType;
import java.util.List;

/**
 * Eigenvalues and eigenvectors. Formulas as in Giles, "An extended collection of matrix derivative results for forward
 * and reverse mode algorithmic differentiation" (2008), 3.1, with eigenvectors of length 1.
 *
 * <p>Eigenvectors are fixed only up to a factor of absolute value 1. The derivatives are those of the choice whose
 * change has no component along the vector itself; a loss that depends on the factors has no derivative at all, where
 * PyTorch raises an error and here the part along the vectors is left out. Equal eigenvalues give infinities and NaN.
 */
final class Eigen {
    private Eigen() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("_linalg_eigh(Tensor A, str UPLO=\"L\", bool compute_v=True)"
                                + " -> (Tensor eigenvalues, Tensor eigenvectors)")
                        .doc(
                                "eigenvalues, ascending, and eigenvectors of Hermitian matrices, of which one triangle is read")
                        .gradFn("LinalgEighBackward0")
                        .types(Eigen::hermitian)
                        .vjp("A", Eigen::hermitianVjp)
                        .kernel("_linalg_eigh")
                        .batch(Batch.leadingOrEmpty())
                        .complex()
                        .samples(
                                "float64[3, 3]{spd}",
                                "float64[2, 4, 4]{spd}, \"U\"",
                                "float64[3, 3]{spd}, \"L\", False",
                                "complex128[2, 2]{spd}, \"L\", False",
                                "float64[0, 0]",
                                "float64[0, 2, 2]"),
                operator("linalg_eigh(Tensor self, str UPLO=\"L\") -> (Tensor eigenvalues, Tensor eigenvectors)")
                        .doc("eigenvalues, ascending, and eigenvectors of Hermitian matrices")
                        .composite(n -> hermitian(n, true))
                        .complex()
                        .samples("float64[3, 3]{spd}", "complex128[0, 0]"),
                operator("linalg_eigvalsh(Tensor self, str UPLO=\"L\") -> Tensor")
                        .doc("eigenvalues of Hermitian matrices, ascending")
                        .composite(n -> List.of(hermitian(n, false).getFirst()))
                        .complex()
                        .samples("float64[3, 3]{spd}", "float64[2, 2, 2]{spd}, \"U\"", "complex128[2, 2]{spd}"),
                operator("linalg_eig(Tensor self) -> (Tensor eigenvalues, Tensor eigenvectors)")
                        .doc("eigenvalues and eigenvectors of square matrices, always complex")
                        .gradFn("LinalgEigBackward0")
                        .types(call -> {
                            Matrices.requireSquare(call, "self");
                            TensorType self = call.type("self");
                            TensorType vectors = self.withDtype(self.dtype().toComplex());
                            return List.of(values(vectors), vectors);
                        })
                        .vjp("self", Eigen::vjp)
                        .kernel("linalg_eig")
                        .batch(Batch.leading())
                        .complex()
                        .samples("float64[3, 3]{upper}", "float64[2, 2, 2]{spd}", "complex128[1, 1]", "float64[0, 0]"),
                operator("linalg_eigvals(Tensor self) -> Tensor")
                        .doc("eigenvalues of square matrices, always complex")
                        .composite(
                                n -> List.of(n.arg("self").calls("linalg_eig").getFirst()))
                        .complex()
                        .samples("float64[3, 3]", "complex128[2, 2]"),
                operator("linalg_matrix_sqrth(Tensor self) -> Tensor")
                        .doc(
                                "the positive semidefinite square root of Hermitian matrices, of which the lower triangle is"
                                        + " read; negative eigenvalues count as 0")
                        .gradFn("LinalgMatrixSqrthBackward0")
                        .types(one(call -> {
                            Matrices.requireSquare(call, "self");
                            return call.type("self");
                        }))
                        .vjp("self", Eigen::rootVjp)
                        .decompose(n -> {
                            List<Expr> eigen = n.self().calls("_linalg_eigh", "L", true);
                            Expr vectors = eigen.get(1);
                            return vectors.mul(roots(eigen.get(0)).unsqueeze(-2))
                                    .matmul(vectors.mH());
                        })
                        .complex()
                        .samples(
                                "float64[3, 3]{spd}",
                                "float64[2, 2, 2]{spd}",
                                "complex128[2, 2]{spd}",
                                "float64[0, 0]"));
    }

    private static List<Expr> hermitian(Args n, boolean vectors) {
        Matrices.requireSquare(n.call(), "self");
        return n.arg("self").calls("_linalg_eigh", n.raw("UPLO"), vectors);
    }

    private static List<TensorType> hermitian(Call call) {
        Matrices.requireSquare(call, "A");
        String triangle = call.text("UPLO");
        Require.that(triangle.matches("[LUlu]"), "UPLO", "must be L or U, but is \"" + triangle + "\"");
        TensorType type = call.type("A");
        TensorType values = values(type.withDtype(type.dtype().toReal()));
        return List.of(values, call.bool("compute_v") ? type : Matrices.none(type));
    }

    private static TensorType values(TensorType matrices) {
        return matrices.withShape(matrices.shape().withoutDim(matrices.rank() - 1));
    }

    /** {@code V (diag(ḡλ) + (Vᴴ ḡV − ḡVᴴ V) / 2(λ_j − λ_i)) Vᴴ}. */
    private static Expr hermitianVjp(Backward n) {
        List<Expr> eigen = n.bool("compute_v")
                ? List.of(n.result(0), n.result(1))
                : n.arg("A").calls("_linalg_eigh", n.raw("UPLO"), true);
        Expr vectors = eigen.get(1);
        if (!n.bool("compute_v") || !n.hasGrad(1)) {
            return vectors.mul(n.grad(0).unsqueeze(-2)).matmul(vectors.mH());
        }
        Expr change = Matrices.skew(vectors.mH().matmul(n.grad(1))).mul(0.5).div(Matrices.gaps(eigen.get(0)));
        return vectors.matmul(withDiagonal(n, change)).matmul(vectors.mH());
    }

    /** {@code V⁻ᴴ (diag(ḡλ) + (Vᴴ ḡV − VᴴV Re diag(Vᴴ ḡV)) / (λ̄_j − λ̄_i)) Vᴴ}; the middle one has unit columns to thank. */
    private static Expr vjp(Backward n) {
        Expr vectors = n.result(1);
        Expr adjoint = vectors.mH();
        if (!n.hasGrad(1)) {
            return adjoint.call("linalg_solve", n.grad(0).unsqueeze(-1).mul(adjoint));
        }
        Expr product = adjoint.matmul(n.grad(1));
        Expr along = Matrices.diagonal(product).real().unsqueeze(-2);
        Expr change = product.sub(adjoint.matmul(vectors.mul(along)))
                .div(Matrices.gaps(n.result(0).conj()));
        return adjoint.call("linalg_solve", withDiagonal(n, change).matmul(adjoint));
    }

    /** The eigenvalues' cotangent takes the place of the diagonal. */
    private static Expr withDiagonal(Backward n, Expr change) {
        Expr mask = Matrices.onDiagonal(change);
        return n.hasGrad(0)
                ? mask.where(n.grad(0).to(change.dtype()).unsqueeze(-2), change)
                : change.maskedBy(mask.not());
    }

    /** The solution X of {@code X √A + √A X = ḡ}, in the basis of A's eigenvectors. */
    private static Expr rootVjp(Backward n) {
        List<Expr> eigen = n.self().calls("_linalg_eigh", "L", true);
        Expr roots = roots(eigen.get(0));
        Expr vectors = eigen.get(1);
        Expr inner = vectors.mH().matmul(Matrices.hermitian(n.grad())).matmul(vectors);
        Expr solution = inner.div(roots.unsqueeze(-2).add(roots.unsqueeze(-1)));
        return Matrices.hermitian(vectors.matmul(solution).matmul(vectors.mH()));
    }

    private static Expr roots(Expr eigenvalues) {
        return eigenvalues.call("clamp_min", 0).sqrt();
    }
}
