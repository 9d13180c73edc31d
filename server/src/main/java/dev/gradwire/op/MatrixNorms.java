package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Norms of matrices, and condition numbers made of them. */
final class MatrixNorms {
    private static final String OPTIONS = "bool keepdim=False, *, ScalarType? dtype=None) -> Tensor";

    private MatrixNorms() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("linalg_matrix_norm(Tensor self, Scalar ord, int[] dim=[-2,-1], " + OPTIONS)
                        .doc(
                                "norms of matrices: the greatest (or least, for negative orders) column sum for 1, row sum for"
                                        + " inf, singular value for 2")
                        .composite(n -> List.of(of(n).byOrder(n.number("ord"))))
                        .complex()
                        .samples(
                                "float64[2, 3], 1",
                                "float64[2, 3, 2], -inf, [0, 2], True",
                                "float64[2, 3], 2",
                                "float64[3, 2, 2], -2, [1, 0], True",
                                "complex128[2, 3], 1"),
                operator("linalg_matrix_norm.str_ord(Tensor self, str ord=\"fro\", int[] dim=[-2,-1], " + OPTIONS)
                        .doc("norms of matrices: of the elements for fro, the sum of the singular values for nuc")
                        .composite(n -> List.of(of(n).byName(n.text("ord"))))
                        .complex()
                        .samples("float64[2, 3]", "float64[2, 3, 2], \"nuc\", [-1, 0], True", "complex128[2, 3]"),
                operator("linalg_norm(Tensor self, Scalar? ord=None, int[1]? dim=None, " + OPTIONS)
                        .doc("linalg_vector_norm of one dimension, or of all elements where there is no ord;"
                                + " linalg_matrix_norm of two")
                        .composite(n -> List.of(norm(n)))
                        .complex()
                        .samples(
                                "float64[2, 3]",
                                "float64[2, 3], 1",
                                "float64[3], 3",
                                "float64[2, 3, 2], 2, [0, 2]",
                                "complex128[2, 3]"),
                operator("linalg_norm.ord_str(Tensor self, str ord, int[1]? dim=None, " + OPTIONS)
                        .doc("linalg_matrix_norm")
                        .composite(n -> List.of(matrixNorm(n).byName(n.text("ord"))))
                        .complex()
                        .samples("float64[2, 3], \"fro\"", "float64[2, 3], \"nuc\"", "complex128[2, 3], \"fro\""),
                operator("nuclear_norm.dim(Tensor self, int[2] dim, bool keepdim=False) -> Tensor")
                        .overload("nuclear_norm(Tensor self, bool keepdim=False) -> Tensor")
                        .doc("the sum of the singular values of matrices")
                        .composite(n -> List.of(nuclear(n)))
                        .complex()
                        .samples("float64[2, 3, 2], [0, 2], True", "float64[2, 3]", "complex128[2, 3]"),
                operator("linalg_cond(Tensor self, Scalar? p=None) -> Tensor")
                        .doc("the norm of matrices times that of their inverses; inf for singular ones")
                        .composite(n -> List.of(condition(n)))
                        .complex()
                        .samples("float64[2, 3]", "float64[2, 2, 2], -2", "float64[2, 2], 1", "complex128[2, 3]"),
                operator("linalg_cond.p_str(Tensor self, str p) -> Tensor")
                        .doc("the norm of matrices times that of their inverses; inf for singular ones")
                        .composite(n -> List.of(conditionByInverse(n, n.raw("p"))))
                        .complex()
                        .samples("float64[2, 2], \"fro\"", "float64[2, 2], \"nuc\"", "complex128[2, 2], \"fro\""));
    }

    /** A norm along two dimensions of a tensor. */
    private record MatrixNorm(
            Expr self,
            int row,
            int column,
            boolean keepdim,
            @Nullable DType dtype) {
        Expr byName(String order) {
            return switch (order) {
                case "fro" -> vectorNorm(2, row, column);
                case "nuc" -> restored(singularValues().call("sum.dim_IntList", new long[] {-1}, keepdim));
                default ->
                    throw Require.invalid("ord", "must be \"fro\", \"nuc\" or a number, but is \"" + order + "\"");
            };
        }

        Expr byOrder(double order) {
            double size = Math.abs(order);
            String extreme = order > 0 ? "amax" : "amin";
            if (size == 2) {
                return restored(singularValues().call(extreme, new long[] {-1}, keepdim));
            }
            Require.that(
                    size == 1 || Double.isInfinite(size),
                    "ord",
                    "must be ±1, ±2 or ±inf for a matrix, but is " + order);
            int summed = size == 1 ? row : column;
            int left = size == 1 ? column : row;
            int moved = !keepdim && summed < left ? left - 1 : left;
            return vectorNorm(1, summed).call(extreme, new long[] {moved}, keepdim);
        }

        private Expr vectorNorm(int order, long... dims) {
            Map<String, ?> named = dtype == null ? Map.of() : Map.of("dtype", dtype);
            return self.callNamed("linalg_vector_norm", named, order, dims, keepdim);
        }

        private Expr singularValues() {
            Expr typed = dtype == null ? self : self.to(dtype);
            return SingularValues.values(typed.permute(matrixLast()), Argument.NONE);
        }

        /** The order of dimensions in which row and column come last. */
        private long[] matrixLast() {
            LongStream batch = LongStream.range(0, self.rank()).filter(dim -> dim != row && dim != column);
            return LongStream.concat(batch, LongStream.of(row, column)).toArray();
        }

        /** Puts kept dimensions, the last but one and a new one, back in their places. */
        private Expr restored(Expr norms) {
            if (!keepdim) {
                return norms;
            }
            long[] order = matrixLast();
            long[] back = new long[order.length];
            for (int i = 0; i < order.length; i++) {
                back[(int) order[i]] = i;
            }
            return norms.unsqueeze(-1).permute(back);
        }
    }

    private static MatrixNorm of(Args n) {
        return of(n, n.ints("dim"));
    }

    private static MatrixNorm of(Args n, long[] dims) {
        Expr self = n.arg("self");
        if (self.rank() < 2) {
            throw Require.shape("self", "must have at least 2 dimensions, but has shape " + self.shape());
        }
        Require.that(dims.length == 2, "dim", "must name two dimensions, but names " + dims.length);
        int row = Dims.normalize("dim", dims[0], self.rank());
        int column = Dims.normalize("dim", dims[1], self.rank());
        Require.that(row != column, "dim", "names dimension " + row + " twice");
        boolean typed = n.call().op().canonical().indexOf("dtype") >= 0 && n.has("dtype");
        DType dtype = typed ? n.dtype("dtype", self.dtype()) : null;
        return new MatrixNorm(self, row, column, n.bool("keepdim"), dtype);
    }

    /** Of the whole tensor where no dimensions are named, which then must be a matrix. */
    private static MatrixNorm matrixNorm(Args n) {
        if (n.has("dim")) {
            return of(n, Dims.all(n.call(), "dim", n.rank("self")));
        }
        Require.rank(n.call(), "self", 2);
        return of(n, new long[] {0, 1});
    }

    private static Expr norm(Args n) {
        int rank = n.rank("self");
        if (n.has("ord")) {
            if (!n.has("dim")) {
                Require.rank(n.call(), "self", 1, 2);
            }
            int dims = n.has("dim") ? Dims.listed(n.call(), "dim", rank).length : rank;
            Require.that(dims == 1 || dims == 2, "dim", "must name one or two dimensions, but names " + dims);
            if (dims == 2) {
                return matrixNorm(n).byOrder(n.number("ord"));
            }
        }
        Map<String, ?> named = Map.of("dtype", n.raw("dtype"));
        return n.arg("self")
                .callNamed(
                        "linalg_vector_norm", named, n.has("ord") ? n.raw("ord") : 2, n.raw("dim"), n.raw("keepdim"));
    }

    private static Expr nuclear(Args n) {
        long[] dims = n.has("dim") ? n.ints("dim") : new long[] {0, 1};
        return of(n, dims).byName("nuc");
    }

    private static Expr condition(Args n) {
        double order = n.has("p") ? n.number("p") : 2;
        if (Math.abs(order) != 2) {
            return conditionByInverse(n, n.raw("p"));
        }
        Matrices.require(n.call(), "self");
        Expr values = SingularValues.values(n.arg("self"), Argument.NONE);
        int count = (int) values.size(-1);
        if (count == 0) {
            throw Require.shape("self", "has matrices without elements: " + n.shape("self"));
        }
        Expr greatest = values.slice(-1, 0, 1);
        Expr least = values.slice(-1, count - 1, count);
        return (order < 0 ? least.div(greatest) : greatest.div(least)).squeeze(-1);
    }

    private static Expr conditionByInverse(Args n, Argument order) {
        Expr self = n.arg("self");
        Matrices.requireSquare(n.call(), "self");
        if (self.shape().elements() == 0) {
            return n.full(new TensorType(self.dtype().toReal(), Matrices.batch(self.shape())), 0);
        }
        List<Expr> inverse = self.calls("linalg_inv_ex");
        Expr singular = inverse.get(1).ne(0);
        Expr ofInverse = inverse.get(0)
                .call("linalg_matrix_norm", order)
                .call("masked_fill", singular, Double.POSITIVE_INFINITY);
        return self.call("linalg_matrix_norm", order).mul(ofInverse);
    }
}
