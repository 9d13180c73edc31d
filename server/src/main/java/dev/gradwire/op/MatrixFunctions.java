package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Map;

/** Functions of square matrices, matrices made of vectors, and factors of Hermitian matrices of any sign. */
final class MatrixFunctions {
    private MatrixFunctions() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("linalg_matrix_exp(Tensor self) -> Tensor")
                        .doc("Σ self^k / k!")
                        .gradFn("LinalgMatrixExpBackward0")
                        .types(one(call -> {
                            Matrices.requireSquare(call, "self");
                            return call.type("self");
                        }))
                        .vjp("self", MatrixFunctions::ofExponential)
                        .kernel("linalg_matrix_exp")
                        .batch(Matrices.batches())
                        .flops(call -> Products.times(20, Matrices.flops(call.shape("self"))))
                        .complex()
                        .samples(
                                "float64[3, 3]",
                                "float64[2, 1, 1]",
                                "float64[0, 2, 2]",
                                "float64[0, 0]",
                                "complex128[2, 2]"),
                operator("matrix_exp(Tensor self) -> Tensor")
                        .doc("Σ self^k / k!")
                        .composite(n -> List.of(n.self().call("linalg_matrix_exp")))
                        .complex()
                        .samples("float64[3, 3]", "complex128[3, 3]"),
                operator("linalg_matrix_power(Tensor self, int n) -> Tensor")
                        .doc("self^n; of the inverse where n is negative")
                        .composite(n -> List.of(power(n)))
                        .complex()
                        .samples(
                                "float64[3, 3], 5",
                                "float64[2, 2], 0",
                                "float64[2, 2, 2]{dominant}, -2",
                                "complex128[3, 3], 5"),
                operator("matrix_power(Tensor self, int n) -> Tensor")
                        .doc("self^n; of the inverse where n is negative")
                        .composite(n -> List.of(power(n)))
                        .complex()
                        .samples("float64[3, 3], 3", "complex128[3, 3], 3"),
                operator("linalg_vander(Tensor x, *, int? N=None) -> Tensor")
                        .doc("the powers 0, 1, …, N − 1 of x along a new last dimension")
                        .composite(n -> List.of(powers(n)))
                        .complex()
                        .samples("float64[3]", "float64[2, 2], N=4", "complex128[3]"),
                operator("linalg_ldl_factor_ex(Tensor self, *, bool hermitian=False, bool check_errors=False)"
                                + " -> (Tensor LD, Tensor pivots, Tensor info)")
                        .doc(
                                "A = P·L·D·Lᵀ·Pᵀ (or Lᴴ) in one matrix, with D of blocks of 1 or 2; info is 0, or which block"
                                        + " is zero, and an error of the run if check_errors is set; no derivative, as in PyTorch")
                        .types(call -> {
                            Matrices.requireSquare(call, "self");
                            Shape shape = call.shape("self");
                            Shape pivots = shape.withoutDim(shape.rank() - 1);
                            Shape batch = Matrices.batch(shape);
                            return List.of(
                                    call.type("self"), new TensorType(DType.INT32, pivots), Matrices.info(batch));
                        })
                        .kernel("linalg_ldl_factor_ex")
                        .batch(Matrices.batches())
                        .flops(call -> Matrices.flops(call.shape("self")))
                        .complex()
                        .samples("float64[3, 3]{spd}", "float64[0, 0]"),
                operator("linalg_ldl_factor(Tensor self, *, bool hermitian=False) -> (Tensor LD, Tensor pivots)")
                        .doc("linalg_ldl_factor_ex; a block of zero is an error of the run")
                        .composite(n -> n.self()
                                .callsNamed(
                                        "linalg_ldl_factor_ex",
                                        Map.of("hermitian", n.bool("hermitian"), "check_errors", true))
                                .subList(0, 2))
                        .unsampled("it has no derivative, as in PyTorch"),
                operator("linalg_ldl_solve(Tensor LD, Tensor pivots, Tensor B, *, bool hermitian=False) -> Tensor")
                        .doc("X of A·X = B, for A given by its factors; no derivative, as in PyTorch")
                        .types(one(MatrixFunctions::solved))
                        .kernel("linalg_ldl_solve")
                        .batch(Matrices.solves("B", "LD", "pivots"))
                        .complex()
                        .unsampled("pivots belong to their factors"));
    }

    /** exp of [[Aᴴ, G], [0, Aᴴ]] has the cotangent of A in its upper right block (Mathias, 1996). */
    private static Expr ofExponential(Backward n) {
        Expr adjoint = n.self().mH();
        long size = adjoint.size(-1);
        Expr upper = Expr.cat(List.of(adjoint, n.grad()), -1);
        Expr lower = Expr.cat(List.of(n.grad().zerosLike(), adjoint), -1);
        return Expr.cat(List.of(upper, lower), -2)
                .call("linalg_matrix_exp")
                .slice(-2, 0, size)
                .slice(-1, size, 2 * size);
    }

    /** By squaring, from the lowest bit of n, as PyTorch multiplies. */
    private static Expr power(Args n) {
        Matrices.requireSquare(n.call(), "self");
        long exponent = n.integer("n");
        Expr self = n.self();
        if (exponent == 0) {
            return self.call("clone")
                    .call("copy_", Matrices.identity(self, self.size(-1)).expand(self.shape()));
        }
        if (exponent < 0) {
            self = LinearSolves.inverse(self);
            exponent = Math.negateExact(exponent);
        }
        if (exponent == 1) {
            return self.call("clone");
        }
        if (exponent == 3) {
            return self.matmul(self).matmul(self);
        }
        Expr square = self;
        for (; (exponent & 1) == 0; exponent >>= 1) {
            square = square.matmul(square);
        }
        Expr result = square;
        for (exponent >>= 1; exponent > 0; exponent >>= 1) {
            square = square.matmul(square);
            result = (exponent & 1) == 0 ? result : result.matmul(square);
        }
        return result;
    }

    private static Expr powers(Args n) {
        Expr x = n.arg("x");
        Require.notBool(n.call(), "x");
        if (x.rank() == 0) {
            throw Require.shape("x", "must have at least one dimension, but has shape []");
        }
        long count = n.call().integer("N", x.size(-1));
        Require.that(count > 1, "N", "must be at least 2, but is " + count);
        Expr base = x.dtype().isDifferentiable() ? x : x.to(DType.INT64);
        Shape shape = Matmul.with(x.shape(), count - 1);
        Expr rest = base.unsqueeze(-1).call("expand", shape).call("cumprod", -1);
        Expr ones = rest.full(rest.type().withShape(Matmul.with(x.shape(), 1)), 1);
        return Expr.cat(List.of(ones, rest), -1);
    }

    private static TensorType solved(Call call) {
        Matrices.requireSquare(call, "LD");
        Matrices.require(call, "B");
        Require.sameDtype(call, "LD", "B");
        Shape factors = call.shape("LD");
        Shape b = call.shape("B");
        Matrices.requirePivots(call, "pivots", Matrices.batch(factors), Matrices.rows(factors));
        if (Matrices.rows(b) != Matrices.rows(factors)) {
            throw Require.shape("B", "has shape " + b + ", which does not fit LD of shape " + factors);
        }
        Shape batch = Matrices.broadcast(factors, b, "B");
        return call.type("B").withShape(Matrices.with(batch, Matrices.rows(b), Matrices.columns(b)));
    }
}
