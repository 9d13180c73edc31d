package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Systems of linear equations with square matrices, and inverses. */
final class LinearSolves {
    private static final String SINGULAR = "; a singular matrix is an error of the run";

    private LinearSolves() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("_linalg_solve_ex(Tensor A, Tensor B, *, bool left=True, bool check_errors=False)"
                                + " -> (Tensor result, Tensor LU, Tensor pivots, Tensor info)")
                        .doc("X of A·X = B, or of X·A = B, with the factors of A")
                        .gradFn("LinalgSolveExBackward0")
                        .types(LinearSolves::solved)
                        .notDifferentiable(1)
                        .vjp(List.of("A", "B"), n -> {
                            boolean vector = isVector(n.call());
                            Expr x = vector ? n.result().unsqueeze(-1) : n.result();
                            Expr grad = vector ? n.grad().unsqueeze(-1) : n.grad();
                            boolean left = n.bool("left");
                            Expr ofB = solveBy(n.arg("A"), n.result(1), n.result(2), grad, left, true);
                            Expr ofA = n.wants("A") ? ofMatrix(ofB, x, left, false) : null;
                            return Arrays.asList(ofA, vector ? ofB.squeeze(-1) : ofB);
                        })
                        .decomposeAll(LinearSolves::factored)
                        .flops(call -> Products.times(2, Matrices.flops(call.shape("A"))))
                        .complex()
                        .samples(
                                "float64[3, 3]{dominant}, float64[3]",
                                "float64[3, 3]{dominant}, float64[2, 3], left=False",
                                "float64[2, 1, 2, 2]{dominant}, float64[3, 2, 1]",
                                "float64[2, 3, 3]{dominant}, float64[2, 3]",
                                "float64[0, 3, 3], float64[3, 2]",
                                "float64[0, 0], float64[0, 2]",
                                "complex128[3, 3]{dominant}, complex128[2, 3], left=False"),
                operator("linalg_solve_ex(Tensor A, Tensor B, *, bool left=True, bool check_errors=False)"
                                + " -> (Tensor result, Tensor info)")
                        .doc(
                                "X of A·X = B, or of X·A = B; info is 0, or which pivot is zero, and an error of the run if"
                                        + " check_errors is set")
                        .composite(n -> {
                            List<Expr> results = solve(n, n.bool("check_errors"));
                            return List.of(results.getFirst(), results.getLast());
                        })
                        .complex()
                        .samples(
                                "float64[3, 3]{dominant}, float64[3, 2]",
                                "complex128[3, 3]{dominant}, complex128[3, 2]"),
                operator("linalg_solve(Tensor A, Tensor B, *, bool left=True) -> Tensor")
                        .doc("X of A·X = B, or of X·A = B" + SINGULAR)
                        .composite(n -> List.of(solve(n, true).getFirst()))
                        .complex()
                        .samples(
                                "float64[3, 3]{dominant}, float64[3, 2]",
                                "float64[1, 1]{0.5..2}, float64[1]",
                                "complex128[1, 1]{0.5..2}, complex128[1]"),
                operator(
                                "_solve_by(Tensor A, Tensor LU, Tensor pivots, Tensor B, *, bool left, bool adjoint) -> Tensor")
                        .doc("op(A)⁻¹·B or B·op(A)⁻¹ by factors of A that are there already; op is ᴴ where adjoint."
                                + " Derivatives are those of A, so that one factorisation serves every order")
                        .gradFn("LinalgLuSolveBackward0")
                        .types(one(Lu::solved))
                        .vjp(List.of("A", "B"), n -> {
                            boolean left = n.bool("left");
                            boolean adjoint = n.bool("adjoint");
                            Expr ofB = solveBy(n.arg("A"), n.arg("LU"), n.arg("pivots"), n.grad(), left, !adjoint);
                            Expr ofA = n.wants("A") ? ofMatrix(ofB, n.result(), left, adjoint) : null;
                            return Arrays.asList(ofA, ofB);
                        })
                        .kernel(
                                "linalg_lu_solve",
                                call -> List.of(
                                        call.arg("LU"),
                                        call.arg("pivots"),
                                        call.arg("B"),
                                        call.arg("left"),
                                        call.arg("adjoint")))
                        .batch(Matrices.solves("B", "A", "LU", "pivots"))
                        .complex()
                        .internal(),
                operator("linalg_inv_ex(Tensor A, *, bool check_errors=False) -> (Tensor inverse, Tensor info)")
                        .doc("A⁻¹; info is 0, or which pivot is zero, and an error of the run if check_errors is set")
                        .gradFn("LinalgInvExBackward0")
                        .types(call -> {
                            Matrices.requireSquare(call, "A");
                            return List.of(call.type("A"), Matrices.info(Matrices.batch(call.shape("A"))));
                        })
                        .vjp("A", n -> {
                            Expr adjoint = n.result().mH();
                            return adjoint.matmul(n.grad()).matmul(adjoint).neg();
                        })
                        .kernel("linalg_inv_ex")
                        .batch(Matrices.batches())
                        .flops(call -> Products.times(2, Matrices.flops(call.shape("A"))))
                        .complex()
                        .samples(
                                "float64[3, 3]{dominant}",
                                "float64[2, 1, 1]{0.5..2}",
                                "float64[2, 0, 0]",
                                "complex128[2, 2]{dominant}"),
                operator("_linalg_check_errors(Tensor info, str api_name, *, bool is_matrix) -> Tensor")
                        .doc(
                                "info, which must be zero: anything else is an error of the run, whether the result is used or"
                                        + " not; tracers write it behind factorisations")
                        .types(one(call -> {
                            Require.index(call, "info", DType.INT32);
                            return call.type("info");
                        }))
                        .decompose(n ->
                                n.arg("info").eq(0).call("_functional_assert_async", n.raw("api_name"), n.arg("info")))
                        .check()
                        .samples("int32[3]{0..0}, \"linalg.inv\", is_matrix=False"),
                operator("_functional_assert_async(Tensor self, str assert_msg, Tensor dep_token) -> Tensor")
                        .doc("dep_token, if all of self is true; else an error of the run")
                        .types(one(call -> call.type("dep_token")))
                        .kernel("_functional_assert_async.msg")
                        .batch(Batch.leading())
                        .check()
                        .internal(),
                inverse("linalg_inv", "A"),
                inverse("inverse", "self"),
                operator("linalg_tensorinv(Tensor self, int ind=2) -> Tensor")
                        .doc("the inverse of self as a map from its last dimensions to its first ind" + SINGULAR)
                        .composite(n -> List.of(tensorInverse(n)))
                        .complex()
                        .samples("float64[2, 2, 4]", "float64[4, 2, 2], 1", "complex128[2, 2, 4]"),
                operator("linalg_tensorsolve(Tensor self, Tensor other, int[]? dims=None) -> Tensor")
                        .doc("X of tensordot(self, X) = other; dims of self are moved to its end before" + SINGULAR)
                        .composite(n -> List.of(tensorSolve(n)))
                        .complex()
                        .samples(
                                "float64[2, 3, 6], float64[2, 3]",
                                "float64[3, 2, 2, 3], float64[3, 2], [0, 2]",
                                "complex128[2, 3, 6], complex128[2, 3]"));
    }

    private static Declaration inverse(String name, String parameter) {
        return operator(name + "(Tensor " + parameter + ") -> Tensor")
                .doc("A⁻¹" + SINGULAR)
                .composite(n -> List.of(inverse(n.arg(parameter))))
                .complex()
                .samples("float64[3, 3]{dominant}", "complex128[3, 3]{dominant}");
    }

    static Expr inverse(Expr matrices) {
        return matrices.callNamed("linalg_inv_ex", Map.of("check_errors", true));
    }

    private static List<Expr> solve(Args n, boolean check) {
        return n.arg("A")
                .callsNamed("_linalg_solve_ex", Map.of("left", n.bool("left"), "check_errors", check), n.arg("B"));
    }

    /** In two steps, as the library's one step may give the factors of Aᵀ. */
    private static List<Expr> factored(Args n) {
        List<Expr> lu = Lu.factor(n.arg("A"), true, n.bool("check_errors"));
        boolean vector = isVector(n.call());
        Expr b = vector ? n.arg("B").unsqueeze(-1) : n.arg("B");
        Expr x = lu.get(0).callNamed("linalg_lu_solve", Map.of("left", n.bool("left")), lu.get(1), b);
        return List.of(vector ? x.squeeze(-1) : x, lu.get(0), lu.get(1), lu.get(2));
    }

    /** op(A)⁻¹·B or B·op(A)⁻¹, by the factors of A. */
    static Expr solveBy(Expr a, Expr lu, Expr pivots, Expr b, boolean left, boolean adjoint) {
        return a.callNamed("_solve_by", Map.of("left", left, "adjoint", adjoint), lu, pivots, b);
    }

    /** The cotangent of A where X = op(A)⁻¹·B: −G·Xᴴ, with G that of B; or where X = B·op(A)⁻¹: −Xᴴ·G. */
    static Expr ofMatrix(Expr ofB, Expr x, boolean left, boolean adjoint) {
        Expr ofOperand = left ? ofB.matmul(x.mH()) : x.mH().matmul(ofB);
        return (adjoint ? ofOperand.mH() : ofOperand).neg();
    }

    /** Whether B is a vector for each matrix, as PyTorch tells. */
    static boolean isVector(Call call) {
        Shape a = call.shape("A");
        Shape b = call.shape("B");
        return b.rank() == 1 || b.equals(a.withoutDim(a.rank() - 1));
    }

    private static List<TensorType> solved(Call call) {
        Matrices.requireSquare(call, "A");
        Matrices.dtype(call, "B");
        Require.sameDtype(call, "A", "B");
        Shape a = call.shape("A");
        boolean vector = call.type("B").rank() > 0 && isVector(call);
        Shape b = vector ? call.shape("B").insertDim(call.type("B").rank(), 1) : call.shape("B");
        boolean left = call.bool("left");
        Require.that(left || !vector, "left", "must be true where B is a vector for each matrix");
        boolean fits = b.rank() >= 2 && Matrices.rows(a) == (left ? Matrices.rows(b) : Matrices.columns(b));
        if (!fits) {
            throw Require.shape("B", "has shape " + call.shape("B") + ", which does not fit A of shape " + a);
        }
        Shape batch = Matrices.broadcast(a, b, "B");
        Shape solution = vector
                ? Matrices.with(batch, Matrices.rows(b))
                : Matrices.with(batch, Matrices.rows(b), Matrices.columns(b));
        return List.of(
                call.type("B").withShape(solution),
                call.type("A"),
                Matrices.info(a.withoutDim(a.rank() - 1)),
                Matrices.info(Matrices.batch(a)));
    }

    private static Expr tensorInverse(Args n) {
        long[] dims = n.shape("self").dims();
        long split = n.integer("ind");
        Require.that(
                split > 0 && split <= dims.length, "ind", "must be from 1 to " + dims.length + ", but is " + split);
        long[] first = Arrays.copyOf(dims, (int) split);
        long[] last = Arrays.copyOfRange(dims, (int) split, dims.length);
        long size = Shape.of(last).elements();
        if (Shape.of(first).elements() != size) {
            throw Require.shape(
                    "self",
                    "has shape " + n.shape("self") + ", which is not square with its first " + split
                            + " dimensions as rows");
        }
        return inverse(n.self().call("reshape", new long[] {size, size}))
                .call("reshape", Matmul.with(Shape.of(last), first));
    }

    private static Expr tensorSolve(Args n) {
        Expr self = n.has("dims") ? n.self().call("movedim", n.raw("dims"), ends(n.ints("dims").length)) : n.self();
        Shape other = n.shape("other");
        long[] unknown = self.rank() < other.rank()
                ? new long[0]
                : Arrays.copyOfRange(self.shape().dims(), other.rank(), self.rank());
        long size = other.elements();
        if (self.shape().elements() != Math.multiplyExact(size, size)
                || Shape.of(unknown).elements() != size) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH,
                    "other",
                    "has shape " + other + ", which does not fit self of shape " + n.shape("self"));
        }
        Expr b = n.arg("other").call("flatten");
        Expr x = self.call("reshape", new long[] {size, size}).call("linalg_solve", b);
        return x.call("reshape", Shape.of(unknown));
    }

    /** Places from the end: −count, …, −1. */
    private static long[] ends(int count) {
        long[] places = new long[count];
        Arrays.setAll(places, i -> i - count);
        return places;
    }
}
