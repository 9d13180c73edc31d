package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Singular values and vectors, {@code A = U diag(S) Vᴴ}. Formulas as in Townsend, "Differentiating the singular value
 * decomposition" (2016), and for complex matrices Wan and Zhang, "Automatic differentiation for complex valued SVD"
 * (2019).
 *
 * <p>Pairs of vectors are fixed only up to a common factor of absolute value 1, and those that full matrices have beyond
 * the singular values up to a rotation. A loss that depends on the factor has no derivative: PyTorch raises an error,
 * here the part of it that turns U and V in opposite directions is taken. Cotangents of the vectors beyond are left out, as in PyTorch. Equal
 * singular values, and 0 where matrices are not square, give infinities and NaN.
 */
final class SingularValues {
    private SingularValues() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("_linalg_svd(Tensor A, bool full_matrices=False, bool compute_uv=True, *, str? driver=None)"
                                + " -> (Tensor U, Tensor S, Tensor Vh)")
                        .doc("singular values, descending, and singular vectors")
                        .gradFn("LinalgSvdBackward0")
                        .types(SingularValues::types)
                        .vjp("A", SingularValues::vjp)
                        .kernel("_linalg_svd")
                        .batch(Batch.leadingOrEmpty())
                        .complex()
                        .samples(
                                "float64[3, 3]",
                                "float64[2, 3, 2]",
                                "float64[2, 3]",
                                "float64[2, 4], False, False",
                                "complex128[2, 3], False, False",
                                "float64[3, 0]",
                                "float64[0, 2, 2], True"),
                operator("linalg_svd(Tensor A, bool full_matrices=True, *, str? driver=None)"
                                + " -> (Tensor U, Tensor S, Tensor Vh)")
                        .doc("singular values, descending, and singular vectors; full matrices are square")
                        .composite(n -> decomposition(n, n.bool("full_matrices")))
                        .complex()
                        .samples("float64[3, 2], False", "float64[2, 2]", "complex128[0, 2]"),
                operator("linalg_svdvals(Tensor A, *, str? driver=None) -> Tensor")
                        .doc("singular values, descending")
                        .composite(n -> List.of(values(n.arg("A"), n.raw("driver"))))
                        .complex()
                        .samples("float64[2, 3]", "complex128[2, 2]", "float64[2, 0, 3]"),
                operator("svd(Tensor self, bool some=True, bool compute_uv=True) -> (Tensor U, Tensor S, Tensor V)")
                        .doc(
                                "singular values, descending, and singular vectors as columns; zeros where they are not asked"
                                        + " for")
                        .composite(SingularValues::withColumns)
                        .complex()
                        .samples("float64[2, 3]", "float64[3, 2], True, False", "complex128[3, 2], True, False"));
    }

    private static List<TensorType> types(Call call) {
        Matrices.require(call, "A");
        Require.that(!call.has("driver"), "driver", "is for libraries of CUDA only");
        TensorType type = call.type("A");
        Shape batch = Matrices.batch(type.shape());
        long rows = Matrices.rows(type.shape());
        long columns = Matrices.columns(type.shape());
        long count = Math.min(rows, columns);
        TensorType values = new TensorType(type.dtype().toReal(), Matrices.with(batch, count));
        if (!call.bool("compute_uv")) {
            return List.of(Matrices.none(type), values, Matrices.none(type));
        }
        boolean full = call.bool("full_matrices");
        return List.of(
                type.withShape(Matrices.with(batch, rows, full ? rows : count)),
                values,
                type.withShape(Matrices.with(batch, full ? columns : count, columns)));
    }

    private static List<Expr> decomposition(Args n, boolean full) {
        return n.arg("A").callsNamed("_linalg_svd", Map.of("driver", n.raw("driver")), full, true);
    }

    static Expr values(Expr matrices, Argument driver) {
        return matrices.callsNamed("_linalg_svd", Map.of("driver", driver), false, false)
                .get(1);
    }

    private static List<Expr> withColumns(Args n) {
        Matrices.require(n.call(), "self");
        Expr self = n.arg("self");
        if (n.bool("compute_uv")) {
            List<Expr> svd = self.calls("_linalg_svd", !n.bool("some"), true);
            return List.of(svd.get(0), svd.get(1), svd.get(2).mH());
        }
        return List.of(zeros(n, self.size(-2)), values(self, Argument.NONE), zeros(n, self.size(-1)));
    }

    private static Expr zeros(Args n, long size) {
        Shape batch = Matrices.batch(n.shape("self"));
        return n.full(n.type("self").withShape(Matrices.with(batch, size, size)), 0);
    }

    private static Expr vjp(Backward n) {
        boolean vectors = n.bool("compute_uv");
        List<Expr> svd = vectors
                ? List.of(n.result(0), n.result(1), n.result(2))
                : n.arg("A").calls("_linalg_svd", false, true);
        Expr values = svd.get(1);
        int count = (int) values.size(-1);
        Expr left = svd.get(0).slice(-1, 0, count);
        Expr right = svd.get(2).slice(-2, 0, count);
        @Nullable Expr ofLeft = vectors && n.hasGrad(0) ? n.grad(0).slice(-1, 0, count) : null;
        @Nullable Expr ofRight = vectors && n.hasGrad(2) ? n.grad(2).slice(-2, 0, count) : null;
        if (ofLeft == null && ofRight == null) {
            return left.mul(n.grad(1).unsqueeze(-2)).matmul(right);
        }
        Expr inner = inner(n, left, values, right, ofLeft, ofRight);
        Expr result = left.matmul(inner).matmul(right);
        // What of the vectors' change lies outside the spaces that U and V span.
        if (ofLeft != null && left.size(-2) > count) {
            Expr outside = ofLeft.sub(left.matmul(left.mH().matmul(ofLeft)));
            result = result.add(outside.div(values.unsqueeze(-2)).matmul(right));
        }
        if (ofRight != null && right.size(-1) > count) {
            Expr outside = ofRight.sub(ofRight.matmul(right.mH()).matmul(right));
            result = result.add(left.matmul(outside.div(values.unsqueeze(-1))));
        }
        return result;
    }

    /**
     * {@code ((UᴴḡU − ḡUᴴU) S + S (Vᴴ ḡV − ḡVᴴ V)) / (s_j² − s_i²)} off the diagonal, and on it {@code ḡS} and for complex
     * matrices {@code (UᴴḡU − ḡUᴴU − Vᴴ ḡV + ḡVᴴ V) / 4S}.
     */
    private static Expr inner(
            Backward n, Expr left, Expr values, Expr right, @Nullable Expr ofLeft, @Nullable Expr ofRight) {
        Expr turnLeft = ofLeft == null ? null : Matrices.skew(left.mH().matmul(ofLeft));
        Expr turnRight = ofRight == null ? null : Matrices.skew(right.matmul(ofRight.mH()));
        Expr inner = add(
                turnLeft == null ? null : turnLeft.mul(values.unsqueeze(-2)),
                turnRight == null ? null : turnRight.mul(values.unsqueeze(-1)));
        Expr diagonal = n.hasGrad(1) ? n.grad(1).to(left.dtype()) : null;
        if (left.dtype().isComplex()) {
            Expr phases = add(turnLeft, turnRight == null ? null : turnRight.neg());
            diagonal = add(diagonal, Matrices.diagonal(phases).div(values.mul(4.0)));
        }
        Expr mask = Matrices.onDiagonal(inner);
        Expr quotient = inner.div(Matrices.gaps(values.square()));
        return diagonal == null ? quotient.maskedBy(mask.not()) : mask.where(diagonal.unsqueeze(-2), quotient);
    }

    /** The sum of what is there, of which something must be. */
    private static Expr add(@Nullable Expr a, @Nullable Expr b) {
        if (a == null || b == null) {
            return Objects.requireNonNull(a == null ? b : a);
        }
        return a.add(b);
    }
}
