package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;

/** Factors A = Q·R with orthonormal columns of Q and upper triangular R, fixed up to the phases of Q's columns. */
final class Qr {
    private Qr() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("linalg_qr(Tensor A, str mode=\"reduced\") -> (Tensor Q, Tensor R)")
                        .doc("A = Q·R; mode is reduced, complete (Q is square) or r (no Q, and no derivative)")
                        .gradFn("LinalgQrBackward0")
                        .types(Qr::types)
                        .vjp("A", Qr::ofMatrix)
                        .kernel("linalg_qr")
                        .batch(Matrices.batches())
                        .flops(call -> Products.times(2, Matrices.flops(call.shape("A"))))
                        .complex()
                        .samples(
                                "float64[3, 3]{dominant}",
                                "float64[2, 4, 2]{dominant}",
                                "float64[2, 3]{dominant}, \"complete\"",
                                "float64[0, 3, 2]",
                                "float64[3, 0]",
                                "complex128[3, 2]{dominant}"),
                operator("qr(Tensor self, bool some=True) -> (Tensor Q, Tensor R)")
                        .doc("linalg_qr, reduced where some, else complete")
                        .composite(n -> n.self().calls("linalg_qr", n.bool("some") ? "reduced" : "complete"))
                        .complex()
                        .samples("float64[4, 2]{dominant}", "complex128[4, 2]{dominant}"));
    }

    private static List<TensorType> types(Call call) {
        Matrices.require(call, "A");
        String mode = call.text("mode");
        boolean complete = mode.equals("complete");
        Require.that(
                complete || mode.equals("reduced") || mode.equals("r"),
                "mode",
                "must be 'reduced', 'complete' or 'r', but is '" + mode + "'");
        TensorType type = call.type("A");
        Shape shape = type.shape();
        Shape batch = Matrices.batch(shape);
        long rows = Matrices.rows(shape);
        long between = complete ? rows : Matrices.rank(shape);
        return List.of(
                mode.equals("r") ? Matrices.none(type) : type.withShape(Matrices.with(batch, rows, between)),
                type.withShape(Matrices.with(batch, between, Matrices.columns(shape))));
    }

    /**
     * Where A is wide, its first columns give Q and the square part R₁ of R; the rest of R is R₂ = Qᴴ·A₂, whose
     * cotangent adds A₂·G₂ᴴ = Q·R₂·G₂ᴴ to that of Q.
     */
    private static Expr ofMatrix(Backward n) {
        String mode = n.text("mode");
        if (mode.equals("r")) {
            throw new GraphException(
                    Reason.NOT_DIFFERENTIABLE, "the derivative of linalg_qr needs Q, which mode 'r' leaves out");
        }
        long rows = n.arg("A").size(-2);
        long columns = n.arg("A").size(-1);
        if (mode.equals("complete") && rows > columns) {
            throw new GraphException(
                    Reason.NOT_DIFFERENTIABLE,
                    "the last columns of Q are not functions of A where mode is 'complete' and A has more rows than"
                            + " columns");
        }
        Expr q = n.result(0);
        Expr r = n.result(1);
        if (columns <= rows) {
            return tall(q, r, n.grad(0), n.grad(1));
        }
        Expr grad = n.grad(1);
        Expr rest = grad.slice(-1, rows, columns);
        Expr ofQ = n.grad(0).add(q.matmul(r.slice(-1, rows, columns)).matmul(rest.mH()));
        Expr first = tall(q, r.slice(-1, 0, rows), ofQ, grad.slice(-1, 0, rows));
        return Expr.cat(List.of(first, q.matmul(rest)), -1);
    }

    /**
     * (G_Q + Q·(M + Mᴴ))·R⁻ᴴ with M the lower triangle, half the diagonal, of R·G_Rᴴ − G_Qᴴ·Q (Walter and Lehmann,
     * Algorithmic differentiation of linear algebra functions, 2012).
     */
    private static Expr tall(Expr q, Expr r, Expr ofQ, Expr ofR) {
        Expr m = Matrices.halfLower(r.matmul(ofR.mH()).sub(ofQ.mH().matmul(q)));
        Expr product = ofQ.add(q.matmul(m.add(m.mH())));
        return Matrices.solveTriangular(r.mH(), product, false, false);
    }
}
