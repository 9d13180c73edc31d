package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.Matrices.solveTriangular;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Factors of positive definite Hermitian matrices, A = L·Lᴴ with lower triangular L. Gradients with respect to A are
 * Hermitian; those with respect to a factor are not cut to its triangle, as in PyTorch.
 */
final class Cholesky {
    private static final String NOT_DEFINITE = "; a matrix that is not positive definite is an error of the run";

    private Cholesky() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("linalg_cholesky_ex(Tensor self, *, bool upper=False, bool check_errors=False)"
                                + " -> (Tensor L, Tensor info)")
                        .doc(
                                "L of A = L·Lᴴ, or Lᴴ where upper; info is 0, or the order of the leading minor that is not"
                                        + " positive, and an error of the run if check_errors is set")
                        .gradFn("LinalgCholeskyExBackward0")
                        .types(call -> {
                            Matrices.requireSquare(call, "self");
                            return List.of(call.type("self"), Matrices.info(Matrices.batch(call.shape("self"))));
                        })
                        .vjp("self", Cholesky::ofMatrix)
                        .kernel("linalg_cholesky_ex")
                        .batch(Matrices.batches())
                        .flops(call -> Matrices.flops(call.shape("self")))
                        .complex()
                        .samples(
                                "float64[3, 3]{spd}",
                                "float64[2, 2, 2]{spd}, upper=True",
                                "float64[0, 3, 3]",
                                "complex128[3, 3]{spd}"),
                operator("linalg_cholesky(Tensor self, *, bool upper=False) -> Tensor")
                        .doc("L of A = L·Lᴴ, or Lᴴ where upper" + NOT_DEFINITE)
                        .composite(n -> List.of(factor(n)))
                        .complex()
                        .samples("float64[3, 3]{spd}", "float64[1, 1]{spd}, upper=True", "complex128[3, 3]{spd}"),
                operator("cholesky(Tensor self, bool upper=False) -> Tensor")
                        .doc("L of A = L·Lᴴ, or Lᴴ where upper" + NOT_DEFINITE)
                        .composite(n -> List.of(factor(n)))
                        .complex()
                        .samples("float64[3, 3]{spd}", "complex128[3, 3]{spd}"),
                operator("cholesky_solve(Tensor self, Tensor input2, bool upper=False) -> Tensor")
                        .doc("X of A·X = self, for A given by its factor input2")
                        .gradFn("CholeskySolveBackward0")
                        .types(one(Cholesky::solved))
                        .vjp(List.of("self", "input2"), Cholesky::ofSolution)
                        .kernel("cholesky_solve")
                        .batch(Matrices.solves("self", "input2"))
                        .complex()
                        .samples(
                                "float64[3, 2], float64[3, 3]{lower}",
                                "float64[2, 1, 3, 1], float64[2, 3, 3]{upper}, True",
                                "float64[0, 2], float64[0, 0]",
                                "complex128[3, 2], complex128[3, 3]{lower}"),
                operator("cholesky_inverse(Tensor self, bool upper=False) -> Tensor")
                        .doc("A⁻¹, for A given by its factor self")
                        .gradFn("CholeskyInverseBackward0")
                        .types(one(call -> {
                            Matrices.requireSquare(call, "self");
                            return call.type("self");
                        }))
                        .vjp(
                                "self",
                                n -> ofFactor(
                                        n.result()
                                                .matmul(n.grad().add(n.grad().mH()))
                                                .matmul(n.result()),
                                        n.self(),
                                        n.bool("upper")))
                        .kernel("cholesky_inverse")
                        .batch(Matrices.batches())
                        .flops(call -> Matrices.flops(call.shape("self")))
                        .complex()
                        .samples(
                                "float64[3, 3]{lower}",
                                "float64[2, 2, 2]{upper}, True",
                                "float64[0, 0]",
                                "complex128[3, 3]{upper}, True"));
    }

    private static Expr factor(Args n) {
        return n.self().callNamed("linalg_cholesky_ex", Map.of("upper", n.bool("upper"), "check_errors", true));
    }

    /**
     * dL = L·Φ(L⁻¹·dA·L⁻ᴴ), where Φ takes the lower triangle and half the diagonal; so the cotangent of A is L⁻ᴴ·S·L⁻¹
     * with S the Hermitian matrix of half the lower triangle of Lᴴ·G (Murray, Differentiation of the Cholesky
     * decomposition, 2016). As in PyTorch, S keeps imaginary parts on its diagonal, which no Hermitian tangent meets.
     */
    private static Expr ofMatrix(Backward n) {
        boolean upper = n.bool("upper");
        Expr l = upper ? n.result().mH() : n.result();
        Expr grad = upper ? n.grad().mH() : n.grad();
        Expr product = l.mH().matmul(grad);
        Expr half = product.call("tril").add(product.call("tril", -1).mH()).mul(0.5);
        return solveTriangular(l, solveTriangular(l.mH(), half, true, true), false, false);
    }

    /** With S a Hermitian matrix's cotangent of A⁻¹ or of a solution, brought to A: −S·L, or −U·S. */
    private static Expr ofFactor(Expr symmetric, Expr factor, boolean upper) {
        Expr product = upper ? factor.matmul(symmetric) : symmetric.matmul(factor);
        return product.neg();
    }

    /** X = A⁻¹·B: the cotangent of B is A⁻¹·G, that of A is −A⁻¹·G·Xᴴ. */
    private static List<@Nullable Expr> ofSolution(Backward n) {
        Expr ofB = n.grad().call("cholesky_solve", n.arg("input2"), n.raw("upper"));
        if (!n.wants("input2")) {
            return Arrays.asList(ofB, null);
        }
        Expr ofA = ofB.matmul(n.result().mH());
        return List.of(ofB, ofFactor(ofA.add(ofA.mH()), n.arg("input2"), n.bool("upper")));
    }

    private static TensorType solved(Call call) {
        Matrices.require(call, "self");
        Matrices.requireSquare(call, "input2");
        Require.sameDtype(call, "self", "input2");
        Shape b = call.shape("self");
        Shape factor = call.shape("input2");
        if (Matrices.rows(b) != Matrices.rows(factor)) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH, "input2", "has shape " + factor + ", which does not fit self of shape " + b);
        }
        Shape batch = Matrices.broadcast(b, factor, "input2");
        return call.type("self").withShape(Matrices.with(batch, Matrices.rows(b), Matrices.columns(b)));
    }
}
