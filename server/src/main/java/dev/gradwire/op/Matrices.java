package dev.gradwire.op;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the families of dense linear algebra share: batches of matrices, which stand in the last two dimensions. */
final class Matrices {
    private Matrices() {}

    /** Matrices of a dtype that LAPACK computes in. */
    static void require(Call call, String... parameters) {
        for (String parameter : parameters) {
            dtype(call, parameter);
            if (call.type(parameter).rank() < 2) {
                throw Require.shape(
                        parameter, "must have at least 2 dimensions, but has shape " + call.shape(parameter));
            }
        }
    }

    static void dtype(Call call, String parameter) {
        DType dtype = call.type(parameter).dtype();
        DType real = dtype.toReal();
        if (real != DType.FLOAT64 && real != DType.FLOAT32) {
            throw GraphException.argument(
                    Reason.DTYPE_UNSUPPORTED,
                    parameter,
                    "must be float32, float64, complex64 or complex128, but is " + dtype.label());
        }
    }

    static void requireSquare(Call call, String... parameters) {
        require(call, parameters);
        for (String parameter : parameters) {
            Shape shape = call.shape(parameter);
            if (rows(shape) != columns(shape)) {
                throw Require.shape(parameter, "must be square matrices, but has shape " + shape);
            }
        }
    }

    /** Pivots as LAPACK gives them: int32, counted from 1, one for each of the {@code count} steps. */
    static void requirePivots(Call call, String parameter, Shape batch, long count) {
        Require.index(call, parameter, DType.INT32);
        Require.shape(call, parameter, with(batch, count), "one for each step of the factorisation");
    }

    static long rows(Shape shape) {
        return shape.dim(shape.rank() - 2);
    }

    static long columns(Shape shape) {
        return shape.dim(shape.rank() - 1);
    }

    /** How many singular values a matrix has. */
    static long rank(Shape shape) {
        return Math.min(rows(shape), columns(shape));
    }

    static Shape batch(Shape shape) {
        return Shape.of(Arrays.copyOf(shape.dims(), shape.rank() - 2));
    }

    static Shape with(Shape batch, long... matrix) {
        return Matmul.with(batch, matrix);
    }

    /** The batch of both, where {@code second} is the parameter to blame. */
    static Shape broadcast(Shape first, Shape matrices, String second) {
        return Shape.broadcast(batch(first), batch(matrices))
                .orElseThrow(() -> Require.shape(
                        second, "has shape " + matrices + ", whose batch does not broadcast with that of " + first));
    }

    /** Zero for success, one for each matrix. */
    static TensorType info(Shape batch) {
        return new TensorType(DType.INT32, batch);
    }

    /** The type that has no element: results that were not asked for. */
    static TensorType none(TensorType like) {
        return like.withShape(Shape.of(0));
    }

    /** Operations of a factorisation, to leading order and but for a small factor. */
    static long flops(Shape shape) {
        return Products.times(shape.elements(), rank(shape));
    }

    // Batches of calls

    /** An operator of matrices alone: the batch is one more dimension before theirs. */
    static BatchRule batches() {
        BatchRule leading = Batch.leading();
        return n -> {
            List<Expr> results = new ArrayList<>(leading.apply(n));
            for (int i = 0; i < results.size(); i++) {
                // A result that was not asked for has no batch either.
                if (!results.get(i).shape().equals(n.withBatch(n.result(i).shape()))) {
                    results.set(i, n.fill(n.result(i), 0));
                }
            }
            return results;
        };
    }

    /**
     * An operator of matrices whose own batches broadcast.
     *
     * @param matching parameters that have one batch, the first of them of matrices
     */
    static BatchRule solves(String right, String... matching) {
        return n -> {
            int rank = Math.max(n.rank(right), n.rank(matching[0]));
            Map<String, Expr> changed = new HashMap<>();
            changed.put(right, n.aligned(right, rank));
            if (Arrays.stream(matching).anyMatch(n::isBatched)) {
                for (String parameter : matching) {
                    Expr each = n.each(parameter);
                    long[] ones = new long[rank - n.rank(matching[0])];
                    Arrays.fill(ones, 1);
                    long[] own = n.shape(parameter).dims();
                    changed.put(parameter, each.reshape(with(with(Shape.of(n.size()), ones), own)));
                }
            }
            return n.again(changed);
        };
    }

    // Expressions

    /** The identity of the operand's dtype. */
    static Expr identity(Expr like, long size) {
        return like.with(size)
                .callNamed("eye.m", Map.of("dtype", like.dtype().toReal()), size)
                .to(like.dtype());
    }

    static Expr diagonal(Expr matrices) {
        return matrices.call("diagonal", 0, -2, -1);
    }

    /** The lower triangle with half the diagonal: the inverse of X ↦ X + Xᴴ among lower triangles. */
    static Expr halfLower(Expr matrices) {
        return matrices.call("tril", -1).add(matrices.call("tril", 0)).mul(0.5);
    }

    /** Solves T · X = B, or X · T = B where {@code left} is false, for triangular T. */
    static Expr solveTriangular(Expr triangle, Expr b, boolean upper, boolean left) {
        return triangle.callNamed("linalg_solve_triangular", Map.of("upper", upper, "left", left), b);
    }

    /** A scalar for each matrix, to be multiplied with matrices. */
    static Expr perMatrix(Expr scalars) {
        return scalars.unsqueeze(-1).unsqueeze(-1);
    }

    /** (X + Xᴴ) / 2. */
    static Expr hermitian(Expr matrices) {
        return matrices.add(matrices.mH()).mul(0.5);
    }

    /** X − Xᴴ. */
    static Expr skew(Expr matrices) {
        return matrices.sub(matrices.mH());
    }

    /** True on the diagonal of square matrices. */
    static Expr onDiagonal(Expr like) {
        return like.with(like.size(-1)).callNamed("eye.m", Map.of("dtype", DType.BOOL), like.size(-1));
    }

    /** Differences v_j − v_i of vectors' elements, and 1 on the diagonal: divisors of the off-diagonal elements. */
    static Expr gaps(Expr vectors) {
        return vectors.unsqueeze(-2).sub(vectors.unsqueeze(-1)).add(identity(vectors, vectors.size(-1)));
    }
}
