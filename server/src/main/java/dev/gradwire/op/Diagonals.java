package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.Reshapes.composite;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Diagonals and triangles of matrices. */
final class Diagonals {
    private Diagonals() {}

    static List<Declaration> declarations() {
        return List.of(
                triangle("tril", "TrilBackward0").doc("matrices with zeros above a diagonal"),
                triangle("triu", "TriuBackward0").doc("matrices with zeros below a diagonal"),
                operator("diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor")
                        .doc("matrices of zeros with the last dimension of self on a diagonal")
                        .gradFn("DiagEmbedBackward0")
                        .complex()
                        .types(one(Diagonals::embedded))
                        .vjp("self", n -> n.grad().call("diagonal", n.raw("offset"), n.raw("dim1"), n.raw("dim2")))
                        .batch(ViewBatching::diagEmbed)
                        .kernel("diag_embed")
                        .samples("float64[3]", "float64[2, 3], -1, 0, 2", "complex128[3]"),
                composite(
                                "linalg_diagonal(Tensor A, *, int offset=0, int dim1=-2, int dim2=-1)",
                                n -> n.arg("A").call("diagonal", n.raw("offset"), n.raw("dim1"), n.raw("dim2")))
                        .doc("the diagonals of matrices")
                        .complex()
                        .samples("float64[2, 3, 4]", "float64[3, 3], offset=1", "complex128[2, 3, 4]"),
                composite("diag(Tensor self, int diagonal=0)", Diagonals::diag)
                        .doc("the matrix with self on a diagonal, or the diagonal of a matrix")
                        .complex()
                        .samples("float64[3], 1", "float64[3, 4]", "complex128[3], 1"),
                composite(
                                "diagflat(Tensor self, int offset=0)",
                                n -> n.arg("self").call("view", new long[] {-1}).call("diag_embed", n.raw("offset")))
                        .doc("the matrix with all elements of self on a diagonal")
                        .complex()
                        .samples("float64[2, 2]", "complex128[2, 2]"),
                operator("trace(Tensor self) -> Tensor")
                        .doc("the sum of a matrix's diagonal")
                        .gradFn("TraceBackward0")
                        .complex()
                        .types(one(call -> {
                            DType dtype = call.type("self").dtype();
                            requireMatrix(call);
                            return new TensorType(dtype.isDifferentiable() ? dtype : DType.INT64, Shape.SCALAR);
                        }))
                        .vjp("self", n -> {
                            Shape shape = n.shape("self");
                            Expr diagonal = n.grad().expand(Shape.of(Math.min(shape.dim(0), shape.dim(1))));
                            return diagonal.call("diagonal_backward", shape, 0, 0, 1);
                        })
                        .decompose(n -> n.self().call("diagonal").sumAll())
                        .samples("float64[3, 2]", "float64[0, 2]", "complex128[3, 2]"),
                operator("block_diag(Tensor[] tensors) -> Tensor")
                        .doc("matrices along the diagonal of zeros; a vector is a row")
                        .gradFn("BlockDiagBackward0")
                        .complex()
                        .types(one(Diagonals::blocks))
                        .vjp(List.of("tensors"), Diagonals::cutBlocks)
                        .decompose(Diagonals::placeBlocks)
                        .samples("[float64[2, 3], float64[2], float64[]]", "[complex128[2, 3], float64[2]]"));
    }

    private static Declaration triangle(String name, String gradFn) {
        return operator(name + "(Tensor self, int diagonal=0) -> Tensor")
                .gradFn(gradFn)
                .complex()
                .types(one(call -> {
                    if (call.type("self").rank() < 2) {
                        throw GraphException.argument(
                                Reason.SHAPE_MISMATCH,
                                "self",
                                "must have at least 2 dimensions, but has shape " + call.shape("self"));
                    }
                    return call.type("self");
                }))
                .vjp("self", n -> n.grad().call(name, n.raw("diagonal")))
                .batch(Batch.leading())
                .kernel(name)
                .samples("float64[3, 4]", "float64[2, 3, 3], -1", "float64[2, 0]", "complex128[3, 4]");
    }

    private static TensorType embedded(Call call) {
        Shape shape = call.shape("self");
        int rank = shape.rank() + 1;
        if (rank < 2) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH, "self", "must have dimensions, but has shape " + shape);
        }
        int dim1 = Dims.normalize(call, "dim1", rank);
        int dim2 = Dims.normalize(call, "dim2", rank);
        if (dim1 == dim2) {
            throw GraphException.argument(
                    Reason.INVALID_ARGUMENT, "dim2", "names the same dimension " + dim2 + " as dim1");
        }
        long size = Math.addExact(shape.dim(shape.rank() - 1), Math.absExact(call.integer("offset")));
        Shape batch = shape.withoutDim(shape.rank() - 1);
        return call.type("self")
                .withShape(batch.insertDim(Math.min(dim1, dim2), size).insertDim(Math.max(dim1, dim2), size));
    }

    private static Expr diag(Args n) {
        return switch (n.rank("self")) {
            case 1 -> n.arg("self").call("diag_embed", n.raw("diagonal"));
            case 2 -> n.arg("self").call("diagonal_copy", n.raw("diagonal"));
            default ->
                throw GraphException.argument(
                        Reason.SHAPE_MISMATCH,
                        "self",
                        "must be a vector or a matrix, but has shape " + n.shape("self"));
        };
    }

    private static void requireMatrix(Call call) {
        if (call.type("self").rank() != 2) {
            throw GraphException.argument(
                    Reason.SHAPE_MISMATCH, "self", "must be a matrix, but has shape " + call.shape("self"));
        }
    }

    /** A block's rows and columns. */
    private static long[] matrixOf(TensorType type) {
        return switch (type.rank()) {
            case 0 -> new long[] {1, 1};
            case 1 -> new long[] {1, type.shape().dim(0)};
            case 2 -> type.shape().dims();
            default ->
                throw GraphException.argument(
                        Reason.SHAPE_MISMATCH, "tensors", "must be matrices, but one has shape " + type.shape());
        };
    }

    private static TensorType blocks(Call call) {
        long rows = 0;
        long columns = 0;
        for (TensorType type : call.types("tensors")) {
            rows = Math.addExact(rows, matrixOf(type)[0]);
            columns = Math.addExact(columns, matrixOf(type)[1]);
        }
        if (call.types("tensors").isEmpty()) {
            throw GraphException.argument(Reason.SHAPE_MISMATCH, "tensors", "must not be an empty list");
        }
        return TensorType.of(Elementwise.resultType(call.types("tensors")), rows, columns);
    }

    private static List<@Nullable Expr> cutBlocks(Backward n) {
        List<@Nullable Expr> parts = new ArrayList<>();
        long row = 0;
        long column = 0;
        for (Expr tensor : n.list("tensors")) {
            long[] size = matrixOf(tensor.type());
            Expr block = n.grad().slice(0, row, row + size[0]).slice(1, column, column + size[1]);
            parts.add(block.reshape(tensor.shape()));
            row += size[0];
            column += size[1];
        }
        return parts;
    }

    private static Expr placeBlocks(Args n) {
        TensorType result = blocks(n.call());
        List<Expr> rows = new ArrayList<>();
        long column = 0;
        for (Expr tensor : n.list("tensors")) {
            long[] size = matrixOf(tensor.type());
            long right = result.shape().dim(1) - column - size[1];
            Expr block = tensor.to(result.dtype()).reshape(size);
            rows.add(block.call("constant_pad_nd", new long[] {column, right}, 0));
            column += size[1];
        }
        return Expr.cat(rows, 0);
    }
}
