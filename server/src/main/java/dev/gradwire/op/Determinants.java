package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.Matrices.perMatrix;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Determinants by A = P·L·U: the product of U's diagonal and of −1 for each exchange of rows. LU and pivots are always
 * A's own, while PyTorch may give those of Aᵀ.
 */
final class Determinants {
    /** Matrices are taken for at least so large, so that the pivots lifted in a matrix of zeros can be divided by. */
    private static final double LEAST = 1e-20;

    private Determinants() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("_linalg_det(Tensor A) -> (Tensor result, Tensor LU, Tensor pivots)")
                        .doc("the determinant, and the factors of A")
                        .gradFn("LinalgDetBackward0")
                        .types(call -> {
                            Factors factors = factors(call);
                            return List.of(call.type("A").withShape(factors.batch), call.type("A"), factors.pivots);
                        })
                        .notDifferentiable(1)
                        .vjp("A", n -> gradient(n.grad(), n.arg("A"), n.result(1), n.result(2)))
                        .decomposeAll(n -> {
                            List<Expr> lu = Lu.factor(n.arg("A"), true, false);
                            return List.of(determinant(lu.get(0), lu.get(1)), lu.get(0), lu.get(1));
                        })
                        .flops(call -> Matrices.flops(call.shape("A")))
                        .complex()
                        .samples(
                                "float64[3, 3]",
                                "float64[2, 2, 2]{dominant}",
                                "float64[3, 3]{singular}",
                                "float64[2, 2]{0..0}",
                                "float64[1, 1]",
                                "float64[2, 0, 0]",
                                "complex128[3, 3]",
                                "complex128[2, 2]{singular}"),
                operator("linalg_det(Tensor A) -> Tensor")
                        .doc("the determinant of square matrices")
                        .composite(n -> List.of(n.arg("A").call("_linalg_det")))
                        .complex()
                        .samples("float64[3, 3]", "complex128[3, 3]"),
                operator("det(Tensor self) -> Tensor")
                        .doc("the determinant of square matrices")
                        .composite(n -> List.of(n.self().call("_linalg_det")))
                        .complex()
                        .samples("float64[3, 3]", "complex128[3, 3]"),
                operator("_det_gradient(Tensor grad, Tensor A, Tensor LU, Tensor pivots) -> Tensor")
                        .doc("grad times the conjugate of ∂det/∂A: the cofactors, for singular matrices too")
                        .gradFn("LinalgDetBackward0")
                        .types(one(call -> call.type("A")))
                        .vjp("grad", n -> {
                            Expr ones = n.arg("grad").onesLike();
                            Expr cofactors = gradient(ones, n.arg("A"), n.arg("LU"), n.arg("pivots"));
                            return cofactors.conj().mul(n.grad()).sum(-2, -1);
                        })
                        .vjp("A", Cofactors::ofMatrix)
                        .decompose(n -> cofactors(n.arg("grad"), n.arg("LU"), n.arg("pivots")))
                        .complex()
                        .internal(),
                operator("_linalg_slogdet(Tensor A) -> (Tensor sign, Tensor logabsdet, Tensor LU, Tensor pivots)")
                        .doc("sign and log of the absolute value of the determinant, and the factors of A")
                        .gradFn("LinalgSlogdetBackward0")
                        .types(call -> {
                            Factors factors = factors(call);
                            TensorType sign = call.type("A").withShape(factors.batch);
                            TensorType log = sign.withDtype(sign.dtype().toReal());
                            return List.of(sign, log, call.type("A"), factors.pivots);
                        })
                        .notDifferentiable(2)
                        .vjp("A", Determinants::ofLogarithm)
                        .decomposeAll(n -> {
                            List<Expr> lu = Lu.factor(n.arg("A"), true, false);
                            Expr diagonal = Matrices.diagonal(lu.get(0));
                            Expr sign = product(diagonal.call("sgn")).mul(parity(lu.get(1), diagonal));
                            return List.of(sign, diagonal.abs().log().sum(-1), lu.get(0), lu.get(1));
                        })
                        .flops(call -> Matrices.flops(call.shape("A")))
                        .complex()
                        .samples(
                                "float64[3, 3]{dominant}",
                                "float64[2, 1, 1]{-2..-1}",
                                "float64[0, 0]",
                                "float64[0, 2, 2]",
                                "complex128[3, 3]{dominant}"),
                slogdet("linalg_slogdet", "A"),
                slogdet("slogdet", "self"),
                operator("logdet(Tensor self) -> Tensor")
                        .doc("log of the determinant; NaN where that is negative")
                        .composite(n -> {
                            List<Expr> parts = n.self().calls("_linalg_slogdet");
                            Expr sign = parts.get(0);
                            Expr log = parts.get(1);
                            return List.of(
                                    sign.dtype().isComplex()
                                            ? sign.log().add(log)
                                            : sign.eq(-1.0).where(Double.NaN, log));
                        })
                        .complex()
                        .samples("float64[3, 3]{spd}", "complex128[3, 3]{spd}"));
    }

    private static Declaration slogdet(String name, String parameter) {
        return operator(name + "(Tensor " + parameter + ") -> (Tensor sign, Tensor logabsdet)")
                .doc("sign and log of the absolute value of the determinant; 0 and −inf where it is 0")
                .composite(n -> n.arg(parameter).calls("_linalg_slogdet").subList(0, 2))
                .complex()
                .samples("float64[3, 3]{dominant}", "complex128[3, 3]{dominant}");
    }

    private record Factors(Shape batch, TensorType pivots) {}

    private static Factors factors(Call call) {
        Matrices.requireSquare(call, "A");
        Shape shape = call.shape("A");
        Shape batch = Matrices.batch(shape);
        return new Factors(batch, new TensorType(DType.INT32, Matrices.with(batch, Matrices.rows(shape))));
    }

    static Expr gradient(Expr grad, Expr a, Expr lu, Expr pivots) {
        return grad.call("_det_gradient", a, lu, pivots);
    }

    private static Expr determinant(Expr lu, Expr pivots) {
        Expr diagonal = Matrices.diagonal(lu);
        return product(diagonal).mul(parity(pivots, diagonal));
    }

    private static Expr product(Expr vectors) {
        return vectors.call("prod.dim_int", -1);
    }

    /** −1 for an odd number of exchanges: row i, counted from 1, was exchanged unless its pivot is i. */
    private static Expr parity(Expr pivots, Expr like) {
        long steps = pivots.size(-1);
        Expr places = pivots.with(1).callNamed("arange.start_step", Map.of("dtype", DType.INT32), steps + 1, 1);
        DType dtype = like.dtype().toReal();
        return product(pivots.ne(places).where(-1.0, 1.0).to(dtype));
    }

    /**
     * det(B)ᴴ·B⁻ᴴ, where B is A with pivots of zero lifted to rounding error. Cofactors are polynomials in A, so this
     * changes them by a rounding error too, however singular A is, as long as the determinant is that of the same B.
     */
    private static Expr cofactors(Expr grad, Expr lu, Expr pivots) {
        if (lu.shape().elements() == 0) {
            return lu;
        }
        Expr pivot = Matrices.diagonal(lu);
        Expr largest = lu.abs().call("amax", List.of(-2, -1), false);
        Expr rounding = largest.call("clamp_min", LEAST).mul(epsilon(lu.dtype()));
        Expr lift = pivot.eq(0.0).where(rounding.unsqueeze(-1), 0.0).to(lu.dtype());
        Expr lifted = lu.add(lift.call("diag_embed"));
        Expr scale = determinant(lifted, pivots).conj().mul(grad);
        Expr right = Matrices.identity(lu, lu.size(-1)).mul(perMatrix(scale));
        return lifted.callNamed("linalg_lu_solve", Map.of("adjoint", true), pivots, right);
    }

    static double epsilon(DType dtype) {
        return dtype.toReal() == DType.FLOAT64 ? Math.ulp(1.0) : Math.ulp(1.0f);
    }

    /**
     * With t = tr(A⁻¹·dA), log|det| moves by Re t and the sign by i·Im(t)·sign; so the cotangent of A is z·A⁻ᴴ with
     * z = G_log + i·Im(G_sign·conj(sign)). The sign of a real matrix does not move.
     */
    private static @Nullable Expr ofLogarithm(Backward n) {
        Expr sign = n.result(0);
        boolean turns = sign.dtype().isComplex() && n.hasGrad(0);
        if (!turns && !n.hasGrad(1)) {
            return null;
        }
        Expr z = n.grad(1).to(sign.dtype());
        if (turns) {
            Expr turned = n.grad(0).mul(sign.conj());
            z = z.add(turned.sub(turned.conj()).mul(0.5));
        }
        Expr right = Matrices.identity(sign, n.arg("A").size(-1)).mul(perMatrix(z));
        return LinearSolves.solveBy(n.arg("A"), n.result(2), n.result(3), right, true, true);
    }
}
