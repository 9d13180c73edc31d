package dev.gradwire.op;

import static dev.gradwire.op.Matrices.diagonal;
import static dev.gradwire.op.Matrices.perMatrix;

import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The derivative of cofactors, that is the second derivative of determinants: H(A)[M] with ⟨H(A)[M], N⟩ the second
 * directional derivative of det along M and N.
 */
final class Cofactors {
    private Cofactors() {}

    /** The cotangent of A where the cofactors' is W: conj(H(A)[W·conj(grad)]). */
    static @Nullable Expr ofMatrix(Backward n) {
        Expr a = n.arg("A");
        if (a.size(-1) <= 1) {
            return null;
        }
        Expr along = n.grad().mul(perMatrix(n.arg("grad").conj()));
        Expr pivots = diagonal(n.arg("LU")).abs();
        Expr least = pivots.call("amin", List.of(-1), false);
        Expr largest = pivots.call("amax", List.of(-1), false);
        Expr singular = perMatrix(least.le(largest.mul(Math.sqrt(Determinants.epsilon(a.dtype())))));
        Expr identity = Matrices.identity(a, a.size(-1));
        Expr regular = byInverse(singular.where(identity, a), along);
        Expr any = bySingularValues(singular.where(a, spread(a)), along);
        return singular.where(any, regular).conj();
    }

    /** A diagonal matrix of distinct singular values, at which their derivatives exist too. */
    private static Expr spread(Expr a) {
        long size = a.size(-1);
        Expr values = a.with(1)
                .callNamed("arange.start_step", Map.of("dtype", a.dtype().toReal()), size + 1, 1);
        return values.call("diag_embed").to(a.dtype());
    }

    /** det(A)·(tr(A⁻¹·M)·A⁻¹ − A⁻¹·M·A⁻¹)ᵀ. */
    private static Expr byInverse(Expr a, Expr along) {
        Expr inverse = a.call("linalg_inv_ex");
        Expr product = inverse.matmul(along);
        Expr trace = perMatrix(diagonal(product).sum(-1));
        Expr difference = trace.mul(inverse).sub(product.matmul(inverse));
        return difference.mul(perMatrix(a.call("linalg_det"))).mT();
    }

    /**
     * For A = U·S·Vᴴ of any rank, without a division: with M̂ = Uᴴ·M·V and Q_ik the product of the other singular values
     * than i and k, it is det(U)·det(Vᴴ)·conj(U)·(diag(Q·diag(M̂)) − Q∘M̂ᵀ)·Vᵀ.
     */
    private static Expr bySingularValues(Expr a, Expr along) {
        List<Expr> parts = a.calls("linalg_svd", false);
        Expr u = parts.get(0);
        Expr vh = parts.get(2);
        Expr inner = u.mH().matmul(along).matmul(vh.mH());
        Expr others = others(parts.get(1)).to(a.dtype());
        Expr onDiagonal = others.matmul(diagonal(inner).unsqueeze(-1)).squeeze(-1);
        Expr matrix = onDiagonal.call("diag_embed").sub(others.mul(inner.mT()));
        Expr phase = u.call("linalg_det").mul(vh.call("linalg_det"));
        return u.conj().matmul(matrix).matmul(vh.conj()).mul(perMatrix(phase));
    }

    /** Q_ik, zero for i = k: by how many of the values are zero, and the product of those that are not. */
    private static Expr others(Expr values) {
        Expr isZero = values.eq(0.0);
        Expr nonZero = isZero.where(1.0, values);
        Expr zeros = isZero.to(values.dtype());
        Expr zerosLeft = perMatrix(zeros.sum(-1)).sub(zeros.unsqueeze(-1)).sub(zeros.unsqueeze(-2));
        Expr product = perMatrix(nonZero.call("prod.dim_int", -1));
        Expr quotient = product.div(nonZero.unsqueeze(-1).mul(nonZero.unsqueeze(-2)));
        long size = values.size(-1);
        Expr apart = values.full(TensorType.of(values.dtype(), size, size), 1).sub(Matrices.identity(values, size));
        Expr kept = zerosLeft.eq(0.0).call("logical_and", apart.ne(0.0));
        return quotient.maskedBy(kept);
    }
}
