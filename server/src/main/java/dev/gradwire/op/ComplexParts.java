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

/**
 * Complex numbers and their parts: real and imaginary, magnitude and angle. Gradients are PyTorch's: that of a real L
 * with respect to z is ∂L/∂Re z + i ∂L/∂Im z.
 */
final class ComplexParts {
    private static final Argument I = new Argument.Complex(0, 1);

    private ComplexParts() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("conj(Tensor self) -> Tensor")
                        .doc("the complex conjugate of self; real tensors as they are")
                        .composite(n -> List.of(conjugate(n.self(), "_conj")))
                        .complex()
                        .samples("float64[2, 3]", "complex128[2, 3]"),
                operator("conj_physical(Tensor self) -> Tensor")
                        .doc("the complex conjugate of self; real tensors as they are")
                        .composite(n -> List.of(conjugate(n.self(), "_conj_physical")))
                        .complex()
                        .samples("float64[2, 3]", "complex128[2, 3]"),
                conjugate("_conj", "ConjBackward0"),
                conjugate("_conj_physical", "ConjPhysicalBackward0"),
                operator("resolve_conj(Tensor self) -> Tensor")
                        .doc("self; a copy where PyTorch would make one")
                        .composite(
                                n -> List.of(isConjugated(n.self()) ? n.self().call("clone") : n.self()))
                        .complex()
                        .samples("float64[2, 3]", "complex128[2, 3]"),
                operator("real(Tensor self) -> Tensor")
                        .doc("the real part of self")
                        .composite(n -> List.of(
                                n.self().dtype().isComplex()
                                        ? n.self().call("view_as_real").select(-1, 0)
                                        : n.self()))
                        .complex()
                        .samples("float64[2, 3]", "complex128[2, 3]"),
                operator("imag(Tensor self) -> Tensor")
                        .doc("the imaginary part of self, which must be complex")
                        .composite(n -> {
                            requireComplex(n.call());
                            return List.of(n.self().call("view_as_real").select(-1, 1));
                        })
                        .complex()
                        .samples("complex128[2, 3]", "complex128[]"),
                operator("view_as_real(Tensor self) -> Tensor")
                        .doc("the parts of self, real and imaginary, along a new last dimension")
                        .gradFn("ViewAsRealBackward0")
                        .complex()
                        .types(one(call -> {
                            requireComplex(call);
                            Shape shape = call.shape("self");
                            return new TensorType(call.type("self").dtype().toReal(), shape.insertDim(shape.rank(), 2));
                        }))
                        .vjp("self", n -> n.grad().call("view_as_complex"))
                        .view()
                        .batch(Batch.leading())
                        .kernel("view_as_real")
                        .samples("complex128[2, 3]", "complex128[]", "complex128[0, 2]"),
                operator("view_as_complex(Tensor self) -> Tensor")
                        .doc("complex numbers whose real and imaginary parts lie along the last dimension of self")
                        .gradFn("ViewAsComplexBackward0")
                        .types(one(ComplexParts::joined))
                        .vjp("self", n -> n.grad().call("view_as_real"))
                        // The library's own view asks for strides that a view of ours need not have.
                        .decompose(n -> n.self().select(-1, 0).complex(n.self().select(-1, 1)))
                        .samples("float64[2, 3, 2]", "float64[2]", "float64[0, 2]"),
                operator("complex(Tensor real, Tensor imag) -> Tensor")
                        .doc("real + i · imag")
                        .gradFn("ComplexBackward0")
                        .types(one(call -> pair(call, "real", "imag")))
                        .vjp("real", n -> n.grad().real())
                        .vjp("imag", n -> n.grad().imag())
                        .batch(Batch::elementwise)
                        .kernel("complex")
                        .samples("float64[2, 3], float64[3]", "float64[], float64[]"),
                operator("polar(Tensor abs, Tensor angle) -> Tensor")
                        .doc("abs · (cos angle + i · sin angle)")
                        .gradFn("PolarBackward0")
                        .types(one(call -> pair(call, "abs", "angle")))
                        .vjp("abs", n -> n.grad().mul(direction(n).conj()).real())
                        .vjp(
                                "angle",
                                n -> n.grad().mul(n.result().mul(I).conj()).real())
                        .batch(Batch::elementwise)
                        .kernel("polar")
                        .samples("float64[2, 3], float64[3]", "float64[], float64[2]"),
                operator("angle(Tensor self) -> Tensor")
                        .doc("the argument of a number in the complex plane: 0 or π for a real one")
                        .gradFn("AngleBackward0")
                        .complex()
                        .types(Elementwise.argument("self"))
                        .vjp("self", n -> n.self().dtype().isComplex() ? ofAngle(n.grad(), n.self()) : null)
                        .kernel("angle")
                        .samples("float64[2, 3]", "complex128[2, 3]", "complex128[]"),
                operator("sgn(Tensor self) -> Tensor")
                        .doc("z / |z|, and 0 at 0: −1, 0 or 1 for a real number")
                        .gradFn("SgnBackward0")
                        .complex()
                        .types(Elementwise.keep("self"))
                        .vjp("self", n -> n.self().dtype().isComplex() ? ofDirection(n) : null)
                        .kernel("sgn")
                        .samples("float64[2, 3]", "complex128[2, 3]", "complex128[]"));
    }

    private static Declaration conjugate(String name, String gradFn) {
        return operator(name + "(Tensor self) -> Tensor")
                .doc("the complex conjugate of self")
                .gradFn(gradFn)
                .complex()
                .types(one(call -> call.type("self")))
                .vjp("self", n -> n.grad().conj())
                .batch(Batch.leading())
                // The library's own conj only marks a tensor, and a mark is no part of the memory that others read.
                .kernel("conj_physical")
                .samples("complex128[2, 3]", "complex128[0]", "float64[2]");
    }

    private static Expr conjugate(Expr self, String op) {
        return self.dtype().isComplex() ? self.call(op) : self;
    }

    /** Whether PyTorch's tensor would be a conjugate that is not computed yet: made by {@code conj}, seen by views. */
    private static boolean isConjugated(Expr self) {
        return EagerLayout.isConjugated(self);
    }

    private static void requireComplex(Call call) {
        DType dtype = call.type("self").dtype();
        if (!dtype.isComplex()) {
            throw GraphException.argument(Reason.DTYPE_UNSUPPORTED, "self", "must be complex, but is " + dtype.label());
        }
    }

    private static void requireParts(String parameter, DType dtype) {
        if (dtype != DType.FLOAT32 && dtype != DType.FLOAT64) {
            throw GraphException.argument(
                    Reason.DTYPE_UNSUPPORTED, parameter, "must be float32 or float64, but is " + dtype.label());
        }
    }

    private static TensorType joined(Call call) {
        TensorType self = call.type("self");
        requireParts("self", self.dtype());
        int last = self.rank() - 1;
        if (last < 0 || self.shape().dim(last) != 2) {
            throw Require.shape("self", "must have a last dimension of size 2, but has shape " + self.shape());
        }
        return new TensorType(self.dtype().toComplex(), self.shape().withoutDim(last));
    }

    private static TensorType pair(Call call, String first, String second) {
        requireParts(first, call.type(first).dtype());
        Require.sameDtype(call, first, second);
        return new TensorType(
                call.type(first).dtype().toComplex(), Elementwise.broadcast(call, List.of(first, second)));
    }

    /** {@code e^(i · angle)}. */
    private static Expr direction(Backward n) {
        return n.arg("angle").cos().complex(n.arg("angle").sin());
    }

    /** {@code dφ = Im(z̄ dz) / |z|²}, so that g becomes {@code g · i z / |z|²}; 0 at 0. */
    private static Expr ofAngle(Expr grad, Expr z) {
        Expr turned = z.mul(I).mul(grad.div(z.squaredMagnitude()));
        return z.eq(0).where(0.0, turned);
    }

    /** {@code s = z / |z|}: {@code (g − s · Re(s̄ g)) / |z|}; 0 at 0. */
    private static Expr ofDirection(Backward n) {
        Expr z = n.self();
        Expr s = n.result();
        Expr across = n.grad().sub(s.mul(s.conj().mul(n.grad()).real()));
        return z.eq(0).where(0.0, across.div(z.abs()));
    }
}
