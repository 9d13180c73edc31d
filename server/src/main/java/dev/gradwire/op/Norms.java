package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.Reductions.floating;
import static dev.gradwire.op.Reductions.reduced;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.stream.LongStream;

/** Norms of vectors. The subgradient where a norm is 0 is 0. */
final class Norms {
    private Norms() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("linalg_vector_norm(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *,"
                                + " ScalarType? dtype=None) -> Tensor")
                        .doc(
                                "(Σ |x|^ord)^(1/ord) along dimensions; for ord 0 how many are not 0, for ±inf the extreme, whose ties share the gradient. The subgradient where it is 0 is 0")
                        .gradFn("LinalgVectorNormBackward0")
                        .complex()
                        .types(one(Norms::norm))
                        .vjp(
                                "self",
                                n -> vjp(
                                        n,
                                        inPrecision(n.arg("self"), n.grad().dtype()),
                                        n.number("ord"),
                                        n.dims("dim", "self")))
                        .decompose(n -> norm(n))
                        .samples(
                                "float64[2, 3]",
                                "float64[2, 3], 3, 1, True",
                                "float64[2, 3], 1",
                                "float64[2, 3], 0.5",
                                "float64[2, 3], inf, 0",
                                "float64[2, 3], 1.5",
                                "float64[], 2",
                                "complex128[2, 3]",
                                "complex128[2, 3], 3, 1, True",
                                "complex128[2, 3], 1",
                                "complex128[2, 3], 0.5",
                                "complex128[2, 3], inf, 0",
                                "complex128[2, 3], 1.5"),
                operator("dist(Tensor self, Tensor other, Scalar p=2) -> Tensor")
                        .doc("the norm of order p of self − other; the subgradient where it is 0 is 0")
                        .gradFn("DistBackward0")
                        .complex()
                        .types(one(call -> {
                            Require.differentiable(call, "self", "other");
                            Elementwise.broadcast(call, List.of("self", "other"));
                            DType dtype = Elementwise.resultType(call, List.of("self", "other"));
                            return new TensorType(dtype.toReal(), Shape.SCALAR);
                        }))
                        .vjp("self", Norms::distVjp)
                        .vjp("other", n -> distVjp(n).neg())
                        .decompose(n -> {
                            DType dtype = Elementwise.resultType(n.call(), List.of("self", "other"));
                            Expr difference = n.self().sub(n.arg("other")).to(wide(dtype));
                            return difference
                                    .call("linalg_vector_norm", n.raw("p"))
                                    .to(dtype.toReal());
                        })
                        .samples(
                                "float64[2, 3], float64[3]",
                                "float64[3], float64[3], 3",
                                "complex128[2, 3], float64[3]"),
                operator("norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> Tensor")
                        .overload("norm.Scalar(Tensor self, Scalar p=2) -> Tensor")
                        .doc("linalg_vector_norm")
                        .complex()
                        .samples("float64[2, 3], 3, 1", "float64[2, 3], None, [0], True", "complex128[2, 3], 3, 1")
                        .composite(n -> List.of(n.arg("self")
                                .call(
                                        "linalg_vector_norm",
                                        order(n.call()),
                                        n.raw("dim"),
                                        n.has("keepdim") && n.bool("keepdim")))),
                // torch.norm is linalg_vector_norm, but distances call the norm below it, which has its own grad_fn
                operator("_norm(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> Tensor")
                        .gradFn("NormBackward1")
                        .doc("linalg_vector_norm")
                        .complex()
                        .types(one(call ->
                                norm(call, order(call), call.type("self").dtype())))
                        .vjp("self", n -> vjp(n, n.self(), order(n.call()), n.dims("dim", "self")))
                        .decompose(n -> n.arg("self")
                                .call("linalg_vector_norm", order(n.call()), n.raw("dim"), n.raw("keepdim")))
                        .samples(
                                "float64[2, 3], 2, [1]",
                                "float64[2, 3], 3, [1], True",
                                "float64[2, 3], 1, [0]",
                                "complex128[2, 3], 2, [1]"),
                operator(
                                "norm.ScalarOpt_dim_dtype(Tensor self, Scalar? p, int[1] dim, bool keepdim, *, ScalarType dtype)"
                                        + " -> Tensor")
                        .overload("norm.ScalarOpt_dtype(Tensor self, Scalar? p, *, ScalarType dtype) -> Tensor")
                        .doc("linalg_vector_norm")
                        .complex()
                        .samples(
                                "float64[2, 3], 3, 1, True, dtype=torch.float64",
                                "complex128[2, 3], 3, 1, True, dtype=torch.float64")
                        .composite(n -> List.of(n.arg("self")
                                .to(n.dtype("dtype", n.type("self").dtype()))
                                .call(
                                        "linalg_vector_norm",
                                        n.has("p") ? n.raw("p") : 2,
                                        n.raw("dim"),
                                        n.has("keepdim") && n.bool("keepdim")))));
    }

    private static double order(Call call) {
        return call.has("p") ? call.number("p") : 2;
    }

    private static TensorType norm(Call call) {
        boolean complex = call.type("self").dtype().isComplex();
        Require.that(
                floating(call).isComplex() == complex,
                "dtype",
                "must be " + (complex ? "complex" : "real") + " as self is");
        return norm(call, call.number("ord"), floating(call));
    }

    private static TensorType norm(Call call, double ord, DType dtype) {
        if (!call.type("self").dtype().isDifferentiable()) {
            throw GraphException.argument(
                    Reason.DTYPE_UNSUPPORTED,
                    "self",
                    "must be of a floating point dtype, but is "
                            + call.type("self").dtype().label());
        }
        Shape shape = call.shape("self");
        for (long dim : Dims.all(call, "dim", shape.rank())) {
            if (shape.dim((int) dim) == 0 && (ord < 0 || Double.isInfinite(ord))) {
                throw GraphException.argument(
                        Reason.SHAPE_MISMATCH,
                        "self",
                        "has no element along dimension " + dim + " for a norm of order " + ord + ": " + shape);
            }
        }
        return reduced(call, dtype.toReal());
    }

    /** The type in which powers are summed: those of float16 would soon be infinite. */
    private static DType wide(DType dtype) {
        return dtype.sizeInBytes() < Float.BYTES ? DType.FLOAT32 : dtype;
    }

    /** A tensor in the precision of a real dtype. */
    private static Expr inPrecision(Expr tensor, DType dtype) {
        return tensor.to(tensor.dtype().isComplex() ? dtype.toComplex() : dtype);
    }

    private static Expr norm(Args n) {
        DType dtype = floating(n.call());
        return power(n, n.self().to(dtype).to(wide(dtype))).to(dtype.toReal());
    }

    private static Expr power(Args n, Expr self) {
        double ord = n.number("ord");
        long[] dims = n.dims("dim", "self");
        Argument keepdim = n.raw("keepdim");
        if (ord == 0) {
            return self.ne(0).to(self.dtype().toReal()).call("sum", dims, keepdim);
        }
        if (Double.isInfinite(ord)) {
            return dims.length == 0 ? self.abs() : self.abs().call(ord > 0 ? "amax" : "amin", dims, keepdim);
        }
        if (ord == 1) {
            return self.abs().call("sum", dims, keepdim);
        }
        if (ord == 2) {
            return self.squaredMagnitude().call("sum", dims, keepdim).sqrt();
        }
        return self.abs().pow(ord).call("sum", dims, keepdim).pow(1 / ord);
    }

    /** The cotangent of the tensor whose norm is the result of {@code n}. */
    private static Expr vjp(Backward n, Expr tensor, double ord, long[] dims) {
        DType dtype = wide(n.grad().dtype());
        Shape kept = Dims.reduce(tensor.shape(), dims, true);
        return vjp(
                n.grad().to(dtype).reshape(kept),
                n.result().to(dtype).reshape(kept),
                inPrecision(tensor, dtype),
                ord,
                dims);
    }

    private static Expr vjp(Expr grad, Expr norm, Expr self, double ord, long[] dims) {
        if (ord == 0) {
            return self.zerosLike();
        }
        if (ord == 1) {
            return grad.mul(self.sgn());
        }
        Expr known = norm.ne(0);
        Expr safe = known.where(norm, 1.0);
        if (ord == 2) {
            return grad.maskedBy(known).mul(self.div(safe));
        }
        Expr size = self.abs();
        if (Double.isInfinite(ord)) {
            Expr ties = size.eq(norm).or(size.call("isnan"));
            Expr count = ties.call("sum.dim_IntList", dims, true);
            return self.sgn().mul(grad.div(count)).mul(ties);
        }
        if (ord < 1) {
            Expr nonzero = self.ne(0);
            Expr slope = nonzero.where(size, 1.0).pow(ord - 1).maskedBy(nonzero);
            return self.sgn().mul(slope).mul(grad).mul(safe.pow(1 - ord).maskedBy(known));
        }
        Expr slope = ord < 2 ? self.sgn().mul(size.pow(ord - 1)) : self.mul(size.pow(ord - 2));
        return slope.mul(grad.maskedBy(known).div(safe.pow(ord - 1)));
    }

    private static Expr distVjp(Backward n) {
        Expr difference = n.self().sub(n.arg("other"));
        return vjp(
                n,
                difference,
                n.number("p"),
                LongStream.range(0, difference.rank()).toArray());
    }
}
