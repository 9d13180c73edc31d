package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.Matrices.solveTriangular;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Factors A = P·L·U, packed into one matrix with int32 pivots that count from 1, or apart. */
final class Lu {
    private Lu() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("linalg_lu_factor_ex(Tensor A, *, bool pivot=True, bool check_errors=False)"
                                + " -> (Tensor LU, Tensor pivots, Tensor info)")
                        .doc(
                                "L without its diagonal and U in one matrix; info is 0, or which pivot is zero, and an error"
                                        + " of the run if check_errors is set; without pivot on CUDA alone")
                        .gradFn("LinalgLuFactorExBackward0")
                        .types(Lu::packed)
                        .vjp("A", n -> {
                            Parts parts = unpack(n.result(0), n.result(1), n.bool("pivot"));
                            return ofMatrix(
                                    parts,
                                    lower(n.grad()).call("tril", -1),
                                    upper(n.grad()).call("triu"));
                        })
                        .kernel("linalg_lu_factor_ex")
                        .batch(Matrices.batches())
                        .flops(call -> Matrices.flops(call.shape("A")))
                        .complex()
                        .samples(
                                "float64[3, 3]{dominant}",
                                "float64[2, 2, 4]{dominant}",
                                "float64[4, 2]{dominant}",
                                "float64[0, 3, 3]",
                                "complex128[2, 3]{dominant}",
                                "float64[3, 0]"),
                operator("linalg_lu_factor(Tensor A, *, bool pivot=True) -> (Tensor LU, Tensor pivots)")
                        .doc("L without its diagonal and U in one matrix; a zero pivot is an error of the run")
                        .composite(
                                n -> factor(n.arg("A"), n.bool("pivot"), true).subList(0, 2))
                        .complex()
                        .samples("float64[3, 3]{dominant}", "complex128[3, 3]{dominant}"),
                operator("_lu_with_info(Tensor self, bool pivot=True, bool check_errors=True)"
                                + " -> (Tensor LU, Tensor pivots, Tensor info)")
                        .doc("L without its diagonal and U in one matrix")
                        .composite(n -> factor(n.self(), n.bool("pivot"), n.bool("check_errors")))
                        .complex()
                        .samples("float64[3, 3]{dominant}", "complex128[3, 3]{dominant}"),
                operator("linalg_lu(Tensor A, *, bool pivot=True) -> (Tensor P, Tensor L, Tensor U)")
                        .doc("A = P·L·U; without pivot on CUDA alone, and P has no element")
                        .gradFn("LinalgLuBackward0")
                        .types(call -> {
                            Matrices.require(call, "A");
                            return unpacked(call, "A", true, call.bool("pivot"));
                        })
                        .notDifferentiable(0)
                        .vjp("A", n -> {
                            Expr p = n.bool("pivot") ? n.result(0) : null;
                            return ofMatrix(new Parts(p, n.result(1), n.result(2)), n.grad(1), n.grad(2));
                        })
                        .kernel("linalg_lu")
                        .batch(Matrices.batches())
                        .flops(call -> Matrices.flops(call.shape("A")))
                        .complex()
                        .samples(
                                "float64[3, 3]{dominant}",
                                "float64[2, 2, 4]{dominant}",
                                "float64[4, 2]{dominant}",
                                "float64[0, 2]",
                                "complex128[3, 3]{dominant}"),
                operator("linalg_lu_solve(Tensor LU, Tensor pivots, Tensor B, *, bool left=True, bool adjoint=False)"
                                + " -> Tensor")
                        .doc("X of A·X = B, or of X·A = B, for A given by its factors; of Aᴴ where adjoint")
                        .gradFn("LinalgLuSolveBackward0")
                        .types(one(Lu::solved))
                        .vjp(List.of("LU", "B"), n -> {
                            boolean left = n.bool("left");
                            boolean adjoint = n.bool("adjoint");
                            Expr ofB = n.arg("LU")
                                    .callNamed(
                                            "linalg_lu_solve",
                                            Map.of("left", left, "adjoint", !adjoint),
                                            n.arg("pivots"),
                                            n.grad());
                            Expr ofLu = n.wants("LU")
                                    ? ofFactors(n, LinearSolves.ofMatrix(ofB, n.result(), left, adjoint))
                                    : null;
                            return Arrays.asList(ofLu, ofB);
                        })
                        .kernel("linalg_lu_solve")
                        .batch(Matrices.solves("B", "LU", "pivots"))
                        .complex()
                        .unsampled("pivots belong to their factors"),
                operator("lu_solve(Tensor self, Tensor LU_data, Tensor LU_pivots) -> Tensor")
                        .doc("X of A·X = self, for A given by its factors")
                        .composite(n -> List.of(n.arg("LU_data").call("linalg_lu_solve", n.arg("LU_pivots"), n.self())))
                        .unsampled("pivots belong to their factors"),
                operator("lu_unpack(Tensor LU_data, Tensor LU_pivots, bool unpack_data=True, bool unpack_pivots=True)"
                                + " -> (Tensor P, Tensor L, Tensor U)")
                        .doc("P, L and U of packed factors; what is not asked for has no element")
                        .gradFn("LuUnpackBackward0")
                        .types(call -> {
                            Matrices.require(call, "LU_data");
                            Shape shape = call.shape("LU_data");
                            Matrices.requirePivots(call, "LU_pivots", Matrices.batch(shape), Matrices.rank(shape));
                            return unpacked(call, "LU_data", call.bool("unpack_data"), call.bool("unpack_pivots"));
                        })
                        .notDifferentiable(0)
                        .vjp("LU_data", n -> {
                            if (!n.bool("unpack_data")) {
                                return null;
                            }
                            Shape shape = n.shape("LU_data");
                            return join(n.grad(1), n.grad(2), shape);
                        })
                        .kernel("lu_unpack")
                        .batch(Matrices.batches())
                        .complex()
                        .unsampled("pivots belong to their factors"));
    }

    /** The factors apart; without pivots there is no P. */
    private record Parts(@Nullable Expr p, Expr l, Expr u) {}

    static List<Expr> factor(Expr matrices, boolean pivot, boolean check) {
        return matrices.callsNamed("linalg_lu_factor_ex", Map.of("pivot", pivot, "check_errors", check));
    }

    private static Parts unpack(Expr lu, Expr pivots, boolean pivot) {
        List<Expr> parts = lu.calls("lu_unpack", pivots, true, pivot);
        return new Parts(pivot ? parts.get(0) : null, parts.get(1), parts.get(2));
    }

    /** The part of packed factors in which L stands: as many columns as there are steps. */
    private static Expr lower(Expr packed) {
        return packed.size(-2) < packed.size(-1) ? packed.slice(-1, 0, packed.size(-2)) : packed;
    }

    private static Expr upper(Expr packed) {
        return packed.size(-1) < packed.size(-2) ? packed.slice(-2, 0, packed.size(-1)) : packed;
    }

    /** The cotangent of packed factors from those of L and U. */
    private static Expr join(Expr ofL, Expr ofU, Shape shape) {
        return grown(ofL.call("tril", -1), -1, shape).add(grown(ofU.call("triu"), -2, shape));
    }

    /** Zeros behind the matrices along a dimension. */
    private static Expr grown(Expr matrices, int dim, Shape shape) {
        return matrices.shape().equals(shape)
                ? matrices
                : matrices.call("slice_backward", shape, shape.rank() + dim, 0, matrices.size(dim), 1);
    }

    /**
     * With the leading square parts L₁ and U₁ and M = L₁⁻¹·Pᵀ·dA₁·U₁⁻¹ it is dL₁ = L₁·tril(M, −1) and dU₁ = triu(M)·U₁;
     * the rest of L is A₂·U₁⁻¹, the rest of U is L₁⁻¹·A₂.
     */
    private static Expr ofMatrix(Parts parts, Expr gradL, Expr gradU) {
        Expr l = parts.l;
        Expr u = parts.u;
        long rows = l.size(-2);
        long columns = u.size(-1);
        long rank = l.size(-1);
        Expr l1 = rows > rank ? l.slice(-2, 0, rank) : l;
        Expr u1 = columns > rank ? u.slice(-1, 0, rank) : u;
        Expr ofLower = (rows > rank ? gradL.slice(-2, 0, rank) : gradL);
        Expr ofUpper = (columns > rank ? gradU.slice(-1, 0, rank) : gradU);
        Expr inLower = l1.mH().matmul(ofLower);
        Expr inUpper = ofUpper.matmul(u1.mH());
        if (rows > rank) {
            inUpper = inUpper.sub(l.slice(-2, rank, rows).mH().matmul(gradL.slice(-2, rank, rows)));
        }
        if (columns > rank) {
            Expr rest = gradU.slice(-1, rank, columns)
                    .matmul(u.slice(-1, rank, columns).mH());
            inLower = inLower.sub(rest);
        }
        Expr inner = inLower.call("tril", -1).add(inUpper.call("triu"));
        Expr adjoint = u1.mH();
        Expr ofA = solveTriangular(adjoint, inner, false, false);
        if (columns > rank) {
            ofA = Expr.cat(List.of(ofA, gradU.slice(-1, rank, columns)), -1);
        }
        ofA = solveTriangular(l1.mH(), ofA, true, true);
        if (rows > rank) {
            Expr below = solveTriangular(adjoint, gradL.slice(-2, rank, rows), false, false);
            ofA = Expr.cat(List.of(ofA, below), -2);
        }
        return parts.p == null ? ofA : parts.p.matmul(ofA);
    }

    /** From the cotangent G of A = P·L·U: tril(Pᵀ·G·Uᴴ, −1) + triu(Lᴴ·Pᵀ·G). */
    private static Expr ofFactors(Backward n, Expr ofA) {
        Parts parts = unpack(n.arg("LU"), n.arg("pivots"), true);
        Expr permuted = parts.p == null ? ofA : parts.p.mT().matmul(ofA);
        return permuted.matmul(parts.u.mH())
                .call("tril", -1)
                .add(parts.l.mH().matmul(permuted).call("triu"));
    }

    private static List<TensorType> packed(Call call) {
        Matrices.require(call, "A");
        Shape shape = call.shape("A");
        Shape batch = Matrices.batch(shape);
        TensorType pivots = new TensorType(DType.INT32, Matrices.with(batch, Matrices.rank(shape)));
        return List.of(call.type("A"), pivots, Matrices.info(batch));
    }

    private static List<TensorType> unpacked(Call call, String parameter, boolean data, boolean pivots) {
        TensorType type = call.type(parameter);
        Shape shape = type.shape();
        Shape batch = Matrices.batch(shape);
        long rows = Matrices.rows(shape);
        long columns = Matrices.columns(shape);
        long rank = Matrices.rank(shape);
        TensorType none = Matrices.none(type);
        return List.of(
                pivots ? type.withShape(Matrices.with(batch, rows, rows)) : none,
                data ? type.withShape(Matrices.with(batch, rows, rank)) : none,
                data ? type.withShape(Matrices.with(batch, rank, columns)) : none);
    }

    static TensorType solved(Call call) {
        Matrices.requireSquare(call, "LU");
        Matrices.require(call, "B");
        Require.sameDtype(call, "LU", "B");
        Shape lu = call.shape("LU");
        Shape b = call.shape("B");
        Matrices.requirePivots(call, "pivots", Matrices.batch(lu), Matrices.rows(lu));
        if (Matrices.rows(lu) != (call.bool("left") ? Matrices.rows(b) : Matrices.columns(b))) {
            throw Require.shape("B", "has shape " + b + ", which does not fit LU of shape " + lu);
        }
        Shape batch = Matrices.broadcast(lu, b, "B");
        return call.type("B").withShape(Matrices.with(batch, Matrices.rows(b), Matrices.columns(b)));
    }
}
