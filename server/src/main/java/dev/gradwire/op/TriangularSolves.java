package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Systems with triangular matrices, which are read in their triangle alone (without the diagonal where that is given as
 * ones). A zero on the diagonal divides.
 */
final class TriangularSolves {
    private TriangularSolves() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("linalg_solve_triangular(Tensor self, Tensor B, *, bool upper, bool left=True,"
                                + " bool unitriangular=False) -> Tensor")
                        .doc("X of T·X = B, or of X·T = B, for triangular T")
                        .gradFn("LinalgSolveTriangularBackward0")
                        .types(one(call -> {
                            Matrices.requireSquare(call, "self");
                            Matrices.require(call, "B");
                            Require.sameDtype(call, "self", "B");
                            return call.type("B").withShape(solved(call, "self", "B", call.bool("left"), "B"));
                        }))
                        .vjp(List.of("self", "B"), n -> {
                            boolean left = n.bool("left");
                            Map<String, Boolean> adjoint = Map.of(
                                    "upper", !n.bool("upper"), "left", left, "unitriangular", n.bool("unitriangular"));
                            Expr ofB = n.self().mH().callNamed("linalg_solve_triangular", adjoint, n.grad());
                            Expr ofT = n.wants("self")
                                    ? triangle(n, LinearSolves.ofMatrix(ofB, n.result(), left, false))
                                    : null;
                            return Arrays.asList(ofT, ofB);
                        })
                        .kernel("linalg_solve_triangular")
                        .batch(Matrices.solves("B", "self"))
                        .flops(call -> Products.times(
                                Matrices.rows(call.shape("self")),
                                call.shape("B").elements()))
                        .complex()
                        .samples(
                                "float64[3, 3]{upper}, float64[3, 2], upper=True",
                                "float64[2, 1, 3, 3]{lower}, float64[2, 1, 3], upper=False, left=False",
                                "float64[3, 3], float64[3, 1], upper=False, unitriangular=True",
                                "float64[0, 2, 2], float64[2, 3], upper=True",
                                "float64[0, 0], float64[0, 3], upper=True",
                                "complex128[3, 3]{lower}, complex128[2, 3], upper=False, left=False"),
                operator("triangular_solve(Tensor self, Tensor A, bool upper=True, bool transpose=False,"
                                + " bool unitriangular=False) -> (Tensor solution, Tensor cloned_coefficient)")
                        .doc("X of A·X = self, or of Aᵀ·X = self, for triangular A; and A")
                        .gradFn("TriangularSolveBackward0")
                        .types(TriangularSolves::typesWithClone)
                        .vjp(List.of("self", "A"), n -> {
                            boolean transpose = n.bool("transpose");
                            Expr ofB = n.grad(0)
                                    .calls(
                                            "triangular_solve",
                                            n.arg("A").conj(),
                                            n.raw("upper"),
                                            !transpose,
                                            n.raw("unitriangular"))
                                    .getFirst();
                            return Arrays.asList(ofB, n.wants("A") ? ofMatrix(n, ofB, transpose) : null);
                        })
                        .kernel("triangular_solve")
                        .batch(Matrices.solves("self", "A"))
                        .flops(call -> Products.times(
                                Matrices.rows(call.shape("A")),
                                call.shape("self").elements()))
                        .complex()
                        .samples(
                                "float64[3, 2], float64[3, 3]{upper}",
                                "float64[2, 1, 3, 1], float64[2, 3, 3]{lower}, False, True",
                                "float64[3, 2], float64[3, 3], True, False, True",
                                "float64[0, 2], float64[0, 0]",
                                "complex128[3, 2], complex128[3, 3]{upper}, True, True"));
    }

    private static Expr ofMatrix(Backward n, Expr ofB, boolean transpose) {
        Expr ofOperand = ofB.matmul(n.result(0).mH());
        Expr ofA = triangle(n, (transpose ? ofOperand.mT() : ofOperand).neg());
        return n.hasGrad(1) ? ofA.add(n.grad(1)) : ofA;
    }

    private static Expr triangle(Backward n, Expr matrices) {
        int offset = n.bool("unitriangular") ? 1 : 0;
        return n.bool("upper") ? matrices.call("triu", offset) : matrices.call("tril", -offset);
    }

    private static List<TensorType> typesWithClone(Call call) {
        Matrices.requireSquare(call, "A");
        Matrices.require(call, "self");
        Require.sameDtype(call, "self", "A");
        Shape solution = solved(call, "A", "self", true, "A");
        Shape matrix = call.shape("A");
        Shape clone = Matrices.with(Matrices.batch(solution), Matrices.rows(matrix), Matrices.columns(matrix));
        return List.of(call.type("self").withShape(solution), call.type("A").withShape(clone));
    }

    private static Shape solved(Call call, String matrix, String right, boolean left, String toBlame) {
        Shape a = call.shape(matrix);
        Shape b = call.shape(right);
        if (Matrices.rows(a) != (left ? Matrices.rows(b) : Matrices.columns(b))) {
            throw Require.shape(
                    toBlame,
                    "has shape " + call.shape(toBlame) + ", which does not fit the other's shape "
                            + (toBlame.equals(matrix) ? b : a));
        }
        Shape batch = Matrices.broadcast(a, b, toBlame);
        return Matrices.with(batch, Matrices.rows(b), Matrices.columns(b));
    }
}
