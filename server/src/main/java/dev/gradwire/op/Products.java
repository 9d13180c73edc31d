package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Products of vectors, matrices and batches of matrices, and the same added to a tensor. */
final class Products {
    private Products() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("mm(Tensor self, Tensor mat2) -> Tensor")
                        .doc("matrix product self · mat2")
                        .gradFn("MmBackward0")
                        .complex()
                        .types(one(call -> matrices(call, "self", "mat2", 2)))
                        .vjp("self", n -> n.grad().mm(n.arg("mat2").mH()))
                        .vjp("mat2", n -> n.arg("self").mH().mm(n.grad()))
                        .batch(ProductBatching::mm)
                        .kernel("mm")
                        .flops(call -> flops(call, "self", "mat2"))
                        .samples(
                                "float64[2, 3], float64[3, 4]",
                                "float64[1, 5], float64[5, 1]",
                                "float64[2, 0], float64[0, 3]",
                                "complex128[2, 3], complex128[3, 4]"),
                operator("bmm(Tensor self, Tensor mat2) -> Tensor")
                        .doc("matrix products of two batches")
                        .gradFn("BmmBackward0")
                        .complex()
                        .types(one(call -> matrices(call, "self", "mat2", 3)))
                        .vjp("self", n -> n.grad().bmm(n.arg("mat2").mH()))
                        .vjp("mat2", n -> n.arg("self").mH().bmm(n.grad()))
                        .batch(ProductBatching::bmm)
                        .kernel("bmm")
                        .flops(call -> flops(call, "self", "mat2"))
                        .samples(
                                "float64[2, 3, 4], float64[2, 4, 1]",
                                "float64[0, 3, 4], float64[0, 4, 2]",
                                "complex128[2, 3, 4], complex128[2, 4, 1]"),
                operator("mv(Tensor self, Tensor vec) -> Tensor")
                        .doc("product of a matrix and a vector")
                        .gradFn("MvBackward0")
                        .complex()
                        .types(one(call -> matrixVector(call, "self", "vec")))
                        .vjp("self", n -> outer(n.grad(), n.arg("vec").conj()))
                        .vjp("vec", n -> n.arg("self").mH().call("mv", n.grad()))
                        .batch(ProductBatching::mv)
                        .kernel("mv")
                        .flops(call -> times(2, call.shape("self").elements()))
                        .samples(
                                "float64[2, 3], float64[3]",
                                "float64[3, 0], float64[0]",
                                "complex128[2, 3], complex128[3]"),
                dot("dot(Tensor self, Tensor tensor) -> Tensor", "DotBackward0", "tensor")
                        .vjp("self", n -> n.grad().mul(n.arg("tensor").conj()))
                        .vjp("tensor", n -> n.grad().mul(n.arg("self").conj()))
                        .doc("Σ_i self_i · tensor_i"),
                dot("vdot(Tensor self, Tensor other) -> Tensor", "VdotBackward0", "other")
                        .vjp("self", n -> n.grad().conj().mul(n.arg("other")))
                        .vjp("other", n -> n.grad().mul(n.arg("self")))
                        .doc("Σ_i conj(self_i) · other_i"),
                operator("outer(Tensor self, Tensor vec2) -> Tensor")
                        .doc("self_i · vec2_j")
                        .alias("ger")
                        .composite(n -> {
                            Require.rank(n.call(), "self", 1);
                            Require.rank(n.call(), "vec2", 1);
                            return List.of(outer(n.arg("self"), n.arg("vec2")));
                        })
                        .complex()
                        .samples("float64[2], float64[3]", "complex128[2], complex128[3]"),
                added("addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor")
                        .gradFn("AddmmBackward0")
                        .complex()
                        .types(one(call -> added(call, matrices(call, "mat1", "mat2", 2))))
                        .vjp("mat1", n -> scaled(n.grad().mm(n.arg("mat2").mH()), alpha(n)))
                        .vjp("mat2", n -> scaled(n.arg("mat1").mH().mm(n.grad()), alpha(n)))
                        .loops(InLoops::isBiased, InLoops::biased)
                        .kernelWhere("addmm", Products::isFloating)
                        .decompose(n -> sum(n, n.arg("mat1").mm(n.arg("mat2"))))
                        .flops(call -> flops(call, "mat1", "mat2"))
                        .samples(
                                "complex128[3], complex128[2, 4], complex128[4, 3], beta=complex(0.5, 1.0), alpha=complex(1.0, -1.0)",
                                "float64[3], float64[2, 4], float64[4, 3]",
                                "float64[], float64[2, 0], float64[0, 3], beta=0.5, alpha=-2",
                                "float64[2, 3], float64[2, 1], float64[1, 3], beta=0"),
                added("addmv(Tensor self, Tensor mat, Tensor vec, *, Scalar beta=1, Scalar alpha=1) -> Tensor")
                        .gradFn("AddmvBackward0")
                        .complex()
                        .types(one(call -> added(call, matrixVector(call, "mat", "vec"))))
                        .vjp("mat", n -> scaled(outer(n.grad(), n.arg("vec").conj()), alpha(n)))
                        .vjp("vec", n -> scaled(n.arg("mat").mH().call("mv", n.grad()), alpha(n)))
                        // Of a scalar and a matrix without elements the library makes a scalar
                        .kernelWhere(
                                "addmv",
                                call -> isFloating(call) && call.shape("mat").elements() > 0)
                        .decompose(n -> sum(n, n.arg("mat").call("mv", n.arg("vec"))))
                        .flops(call -> times(2, call.shape("mat").elements()))
                        .samples(
                                "complex128[2], complex128[2, 3], complex128[3], alpha=complex(1.0, -1.0)",
                                "float64[2], float64[2, 3], float64[3]",
                                "float64[], float64[2, 3], float64[3], alpha=3"),
                added("baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor")
                        .gradFn("BaddbmmBackward0")
                        .complex()
                        .types(one(call -> added(call, matrices(call, "batch1", "batch2", 3))))
                        .vjp("batch1", n -> scaled(n.grad().bmm(n.arg("batch2").mH()), alpha(n)))
                        .vjp("batch2", n -> scaled(n.arg("batch1").mH().bmm(n.grad()), alpha(n)))
                        .kernelWhere("baddbmm", Products::isFloating)
                        .decompose(n -> sum(n, n.arg("batch1").bmm(n.arg("batch2"))))
                        .flops(call -> flops(call, "batch1", "batch2"))
                        .samples(
                                "complex128[2, 1, 3], complex128[2, 4, 5], complex128[2, 5, 3], beta=2, alpha=0.5",
                                "float64[2, 1, 3], float64[2, 4, 5], float64[2, 5, 3], beta=2, alpha=0.5"),
                added("addbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor")
                        .gradFn("AddbmmBackward0")
                        .complex()
                        .types(one(call -> {
                            TensorType products = matrices(call, "batch1", "batch2", 3);
                            return added(
                                    call, products.withShape(products.shape().withoutDim(0)));
                        }))
                        .vjp(
                                "batch1",
                                n -> scaled(
                                        batched(n, "batch2").bmm(n.arg("batch2").mH()), alpha(n)))
                        .vjp("batch2", n -> scaled(n.arg("batch1").mH().bmm(batched(n, "batch1")), alpha(n)))
                        .kernelWhere("addbmm", Products::isFloating)
                        .decompose(n -> sum(
                                n,
                                n.arg("batch1")
                                        .bmm(n.arg("batch2"))
                                        .sum(0)
                                        .to(n.type("self").dtype())))
                        .flops(call -> flops(call, "batch1", "batch2"))
                        .samples(
                                "complex128[3], complex128[2, 4, 5], complex128[2, 5, 3], alpha=0.5",
                                "float64[3], float64[2, 4, 5], float64[2, 5, 3], alpha=0.5"),
                added("addr(Tensor self, Tensor vec1, Tensor vec2, *, Scalar beta=1, Scalar alpha=1) -> Tensor")
                        .gradFn("AddrBackward0")
                        .complex()
                        .types(one(Products::addrType))
                        .vjp(
                                "vec1",
                                n -> scaled(
                                        n.grad()
                                                .call(
                                                        "mv",
                                                        n.arg("vec2")
                                                                .to(n.grad().dtype())
                                                                .conj()),
                                        alpha(n)))
                        .vjp(
                                "vec2",
                                n -> scaled(
                                        transposed(n.grad())
                                                .call(
                                                        "mv",
                                                        n.arg("vec1")
                                                                .to(n.grad().dtype())
                                                                .conj()),
                                        alpha(n)))
                        .decompose(n -> sum(n, outer(n.arg("vec1"), n.arg("vec2"))))
                        .samples(
                                "complex128[2, 3], float64[2], complex128[3], beta=2",
                                "float64[2, 3], float64[2], float64[3], beta=2",
                                "float64[], float64[2], float64[0]"),
                operator("linalg_cross(Tensor self, Tensor other, *, int dim=-1) -> Tensor")
                        .doc("cross products of the vectors of 3 along dim")
                        .gradFn("LinalgCrossBackward0")
                        .complex()
                        .types(one(Products::crossType))
                        .vjp("self", n -> cross(n.arg("other").conj(), n.grad(), n.raw("dim")))
                        .vjp("other", n -> cross(n.grad(), n.arg("self").conj(), n.raw("dim")))
                        .batch(ProductBatching::cross)
                        .kernel("linalg_cross")
                        .samples(
                                "complex128[2, 3], complex128[1, 3]",
                                "float64[2, 3], float64[1, 3]",
                                "float64[3, 2, 1], float64[3, 1, 4], dim=0"),
                operator("cross(Tensor self, Tensor other, int? dim=None) -> Tensor")
                        .doc("cross products of the vectors of 3 along dim, by default the first dimension of size 3")
                        .composite(n -> {
                            long dim = n.has("dim") ? n.integer("dim") : firstOfSize3(n.call());
                            return List.of(cross(n.arg("self"), n.arg("other"), dim));
                        })
                        .complex()
                        .samples("float64[3, 2], float64[3, 2]", "complex128[3, 2], complex128[3, 2]"));
    }

    private static Declaration dot(String schema, String gradFn, String other) {
        return operator(schema)
                .gradFn(gradFn)
                .complex()
                .types(one(call -> vectors(call, other)))
                .batch(n -> ProductBatching.dot(n, other))
                .kernel(schema.substring(0, schema.indexOf('(')))
                .flops(call -> times(2, call.shape("self").elements()))
                .samples("float64[3], float64[3]", "float64[0], float64[0]", "complex128[3], complex128[3]");
    }

    /** β · self + α · a product. */
    private static Declaration added(String schema) {
        return operator(schema)
                .doc("beta · self + alpha · product; self is left aside where beta is 0")
                .vjp("self", n -> scaled(n.grad(), n.arg("beta").conj().argument()));
    }

    static Expr transposed(Expr matrix) {
        return matrix.transpose(-2, -1);
    }

    private static Expr outer(Expr rows, Expr columns) {
        return rows.reshape(rows.size(0), 1).mul(columns);
    }

    private static Expr batched(Backward n, String batch) {
        return n.grad().expand(n.grad().shape().insertDim(0, n.shape(batch).dim(0)));
    }

    private static Expr cross(Expr a, Expr b, Object dim) {
        return a.callNamed("linalg_cross", Map.of("dim", dim), b);
    }

    /** The factor of what flows back: alpha's conjugate. */
    private static Argument alpha(Args n) {
        return n.arg("alpha").conj().argument();
    }

    /** A product that is left out where the factor is 1. */
    static Expr scaled(Expr tensor, Argument factor) {
        return isNumber(factor, 1) ? tensor : tensor.mul(factor);
    }

    private static boolean isNumber(Argument argument, long number) {
        return argument.equals(new Argument.Int(number)) || argument.equals(new Argument.Float(number));
    }

    /** PyTorch does not read self where beta is 0, so that its NaNs do not count. */
    private static Expr sum(Args n, Expr product) {
        Expr scaled = scaled(product, n.raw("alpha"));
        return isNumber(n.raw("beta"), 0)
                ? scaled
                : scaled(n.arg("self"), n.raw("beta")).add(scaled);
    }

    /** The library's function passes beta and alpha as floating numbers, which integers refuse. */
    private static boolean isFloating(Call call) {
        return call.type("self").dtype().isFloating();
    }

    // Types

    private static TensorType matrices(Call call, String first, String second, int rank) {
        Require.rank(call, first, rank);
        Require.rank(call, second, rank);
        Require.sameDtype(call, first, second);
        Require.notBool(call, first);
        Shape a = call.shape(first);
        Shape b = call.shape(second);
        if (a.dim(rank - 1) != b.dim(rank - 2) || rank == 3 && a.dim(0) != b.dim(0)) {
            throw Require.shape(second, "has shape " + b + ", which does not multiply with shape " + a);
        }
        return call.type(first).withShape(a.withDim(rank - 1, b.dim(rank - 1)));
    }

    private static TensorType matrixVector(Call call, String matrix, String vector) {
        Require.rank(call, matrix, 2);
        Require.rank(call, vector, 1);
        Require.sameDtype(call, matrix, vector);
        Require.notBool(call, matrix);
        Shape a = call.shape(matrix);
        if (a.dim(1) != call.shape(vector).dim(0)) {
            throw Require.shape(
                    vector, "has shape " + call.shape(vector) + ", which does not multiply with shape " + a);
        }
        return call.type(matrix).withShape(Shape.of(a.dim(0)));
    }

    private static TensorType vectors(Call call, String other) {
        Require.rank(call, "self", 1);
        Require.sameDtype(call, "self", other);
        Require.notBool(call, "self");
        Require.shape(call, other, call.shape("self"), "that of self");
        return call.type("self").withShape(Shape.SCALAR);
    }

    private static TensorType added(Call call, TensorType product) {
        Require.that(
                call.type("self").dtype() == product.dtype(),
                "self",
                "is " + call.type("self").dtype().label() + ", but must be "
                        + product.dtype().label() + " as the product is");
        return expanding(call, product);
    }

    private static TensorType expanding(Call call, TensorType product) {
        boolean integral = !product.dtype().isDifferentiable();
        for (String factor : List.of("beta", "alpha")) {
            Require.that(
                    !integral || !(call.arg(factor) instanceof Argument.Float),
                    factor,
                    "must be an int for " + product.dtype().label() + " tensors");
            Require.that(
                    product.dtype().isComplex() || !(call.arg(factor) instanceof Argument.Complex),
                    factor,
                    "must be real for " + product.dtype().label() + " tensors");
        }
        Shape self = call.shape("self");
        if (!Shape.broadcast(self, product.shape()).equals(Optional.of(product.shape()))) {
            throw Require.shape("self", "has shape " + self + ", which does not expand to " + product.shape());
        }
        return product;
    }

    private static TensorType addrType(Call call) {
        Require.rank(call, "vec1", 1);
        Require.rank(call, "vec2", 1);
        DType dtype = Elementwise.resultType(call, List.of("self", "vec1", "vec2"));
        Shape product = Shape.of(call.shape("vec1").dim(0), call.shape("vec2").dim(0));
        return expanding(call, new TensorType(dtype, product));
    }

    private static TensorType crossType(Call call) {
        int rank = call.type("self").rank();
        Require.rank(call, "other", rank);
        Require.sameDtype(call, "self", "other");
        Require.notBool(call, "self");
        int dim = Dims.normalize(call, "dim", rank);
        for (String operand : List.of("self", "other")) {
            if (rank == 0 || call.shape(operand).dim(dim) != 3) {
                throw Require.shape(
                        operand, "must have size 3 along dim " + dim + ", but has shape " + call.shape(operand));
            }
        }
        return call.type("self").withShape(Elementwise.broadcast(call, List.of("self", "other")));
    }

    private static long firstOfSize3(Call call) {
        Shape shape = call.shape("self");
        for (int dim = 0; dim < shape.rank(); dim++) {
            if (shape.dim(dim) == 3) {
                return dim;
            }
        }
        throw GraphException.argument(Reason.SHAPE_MISMATCH, "self", "has no dimension of size 3, but shape " + shape);
    }

    // Work

    /** A multiplication and an addition for each element of either factor along the other's free dimension. */
    private static long flops(Call call, String first, String second) {
        return times(
                2,
                times(
                        call.shape(first).elements(),
                        call.shape(second).dim(call.type(second).rank() - 1)));
    }

    static long times(long a, long b) {
        return Math.multiplyExact(a, b);
    }
}
