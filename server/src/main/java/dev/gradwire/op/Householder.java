package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Products of reflectors Q = H₁·H₂⋯ with H_i = I − τ_i·v_i·v_iᴴ, where v_i is column i of a matrix below its diagonal,
 * on which stand ones. Their derivatives use the compact form Q = I − V·T·Vᴴ with T = (I + D·S)⁻¹·D, where D has τ on
 * its diagonal and S is VᴴV above its diagonal (Schreiber and Van Loan, 1989).
 */
final class Householder {
    private Householder() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("linalg_householder_product(Tensor input, Tensor tau) -> Tensor")
                        .doc("the first columns of the product of the reflectors in input, as many as input has")
                        .gradFn("LinalgHouseholderProductBackward0")
                        .types(one(Householder::product))
                        .vjp(
                                List.of("input", "tau"),
                                n -> new Reflectors(n.arg("input"), n.arg("tau")).cotangents(n.grad()))
                        .kernel("linalg_householder_product")
                        .batch(Matrices.batches())
                        .flops(call -> Products.times(2, Matrices.flops(call.shape("input"))))
                        .complex()
                        .samples(
                                "float64[4, 3], float64[3]",
                                "float64[2, 3, 3], float64[2, 1]",
                                "float64[3, 2], float64[0]",
                                "float64[0, 3, 2], float64[0, 2]",
                                "complex128[3, 2], complex128[2]"),
                operator("orgqr(Tensor self, Tensor input2) -> Tensor")
                        .doc("linalg_householder_product")
                        .composite(n -> List.of(n.self().call("linalg_householder_product", n.arg("input2"))))
                        .complex()
                        .samples("float64[4, 3], float64[3]", "complex128[4, 3], complex128[3]"),
                operator("ormqr(Tensor self, Tensor input2, Tensor input3, bool left=True, bool transpose=False)"
                                + " -> Tensor")
                        .doc("Q·input3 or input3·Q, with the square Q of the reflectors in self and input2 (τ), or Qᴴ"
                                + " where transpose")
                        .gradFn("OrmqrBackward0")
                        .types(one(Householder::multiplied))
                        .vjp(List.of("self", "input2", "input3"), Householder::ofProduct)
                        .kernel("ormqr")
                        .batch(Matrices.batches())
                        .flops(call -> Products.times(
                                2,
                                Products.times(call.shape("input3").elements(), Matrices.columns(call.shape("self")))))
                        .complex()
                        .samples(
                                "float64[3, 2], float64[2], float64[3, 4]",
                                "float64[2, 3, 3], float64[2, 3], float64[2, 3, 1], True, True",
                                "float64[2, 3], float64[2], float64[2, 2], False, True",
                                "float64[3, 2], float64[2], float64[2, 3], False",
                                "float64[0, 3, 2], float64[0, 2], float64[0, 3, 1]",
                                "complex128[3, 2], complex128[2], complex128[2, 3], False, True"),
                operator("geqrf(Tensor self) -> (Tensor a, Tensor tau)")
                        .doc(
                                "R, and below its diagonal the reflectors whose product is Q; no derivative, as in PyTorch")
                        .types(call -> {
                            Matrices.require(call, "self");
                            Shape shape = call.shape("self");
                            Shape tau = Matrices.with(Matrices.batch(shape), Matrices.rank(shape));
                            return List.of(call.type("self"), call.type("self").withShape(tau));
                        })
                        .kernel("geqrf")
                        .batch(Matrices.batches())
                        .flops(call -> Matrices.flops(call.shape("self")))
                        .complex()
                        .samples("float64[4, 3]", "float64[2, 0]"));
    }

    /** The compact form of the reflectors of one call. */
    private static final class Reflectors {
        private final Expr input;
        private final Expr v;
        private final Expr s;
        private final Expr d;
        private final Expr m;
        private final Expr t;

        Reflectors(Expr input, Expr tau) {
            this.input = input;
            long count = tau.size(-1);
            Expr columns = input.slice(-1, 0, count);
            Expr ones = Matrices.identity(input, input.size(-2)).slice(-1, 0, count);
            v = columns.call("tril", -1).add(ones);
            s = v.mH().matmul(v).call("triu", 1);
            d = tau.call("diag_embed");
            m = d.matmul(s).add(Matrices.identity(input, count));
            t = Matrices.solveTriangular(m, d, true, true);
        }

        /** Those of input and τ, from that of the first columns of Q. */
        List<@Nullable Expr> cotangents(Expr grad) {
            Expr first = v.slice(-2, 0, grad.size(-1));
            Expr ofT = v.mH().matmul(grad).matmul(first).neg();
            Expr ofD = Matrices.solveTriangular(m.mH(), ofT, false, true);
            Expr ofM = ofD.matmul(t.mH()).neg();
            Expr ofS = d.mH().matmul(ofM).call("triu", 1);
            Expr ofTau = Matrices.diagonal(ofD.add(ofM.matmul(s.mH())));
            Expr ofFirst = grad.mH().matmul(v).matmul(t).neg();
            Expr ofV = grad.matmul(first)
                    .matmul(t.mH())
                    .neg()
                    .add(v.matmul(ofS.add(ofS.mH())))
                    .add(grown(ofFirst, v.shape(), -2));
            return List.of(grown(ofV.call("tril", -1), input.shape(), -1), ofTau);
        }

        private static Expr grown(Expr part, Shape shape, int dim) {
            return part.call("slice_backward", shape, shape.rank() + dim, 0, part.size(dim), 1);
        }
    }

    /** Q·C, Qᴴ·C, C·Q or C·Qᴴ: the cotangent of Q as if it were there, then that of its reflectors. */
    private static List<@Nullable Expr> ofProduct(Backward n) {
        boolean left = n.bool("left");
        boolean transpose = n.bool("transpose");
        Expr other = n.arg("input3");
        Expr grad = n.grad();
        Expr ofOther = n.self().call("ormqr", n.arg("input2"), grad, left, !transpose);
        if (!n.wants("self") && !n.wants("input2")) {
            return Arrays.asList(null, null, ofOther);
        }
        Expr ofQ = left ? grad.matmul(other.mH()) : other.mH().matmul(grad);
        List<@Nullable Expr> ofReflectors =
                new Reflectors(n.self(), n.arg("input2")).cotangents(transpose ? ofQ.mH() : ofQ);
        return Arrays.asList(ofReflectors.get(0), ofReflectors.get(1), ofOther);
    }

    private static TensorType product(Call call) {
        Matrices.require(call, "input");
        Shape input = call.shape("input");
        if (Matrices.rows(input) < Matrices.columns(input)) {
            throw Require.shape("input", "must not have more columns than rows, but has shape " + input);
        }
        requireTau(call, "input", "tau");
        return call.type("input");
    }

    private static void requireTau(Call call, String reflectors, String parameter) {
        Require.sameDtype(call, reflectors, parameter);
        Shape input = call.shape(reflectors);
        Shape tau = call.shape(parameter);
        boolean fits = tau.rank() == input.rank() - 1
                && tau.equals(Matrices.with(Matrices.batch(input), tau.dim(tau.rank() - 1)))
                && tau.dim(tau.rank() - 1) <= Matrices.columns(input);
        if (!fits) {
            throw Require.shape(
                    parameter,
                    "has shape " + tau + ", but must have one entry for each of at most all columns of " + input);
        }
    }

    private static TensorType multiplied(Call call) {
        Matrices.require(call, "self", "input3");
        requireTau(call, "self", "input2");
        Require.sameDtype(call, "self", "input3");
        Shape self = call.shape("self");
        Shape tau = call.shape("input2");
        Shape other = call.shape("input3");
        long size = call.bool("left") ? Matrices.rows(other) : Matrices.columns(other);
        if (tau.dim(tau.rank() - 1) != Matrices.rank(self)) {
            throw Require.shape(
                    "input2", "has shape " + tau + ", but must have one entry for each reflector of " + self);
        }
        boolean fits = size == Matrices.rows(self) && Matrices.batch(self).equals(Matrices.batch(other));
        if (!fits) {
            throw Require.shape("input3", "has shape " + other + ", which does not fit self of shape " + self);
        }
        return call.type("input3");
    }
}
