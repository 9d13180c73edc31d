package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument;
import java.util.List;

/** Sums, products, quotients and powers. */
final class Arithmetic {
    private Arithmetic() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor")
                        .doc("self + alpha · other")
                        .gradFn("AddBackward0")
                        .overload("add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor")
                        .gradFn("AddBackward1")
                        .types(Elementwise.keep("self", "other"))
                        .vjp("self", n -> n.grad())
                        .vjp("other", n -> times(n.grad(), n.raw("alpha")))
                        .kernel("add.Tensor")
                        .samples("float64[2, 3], float64[3]", "float64[3], 2.5", "float64[], float64[2], alpha=0.5"),
                operator("mul.Tensor(Tensor self, Tensor other) -> Tensor")
                        .doc("self · other")
                        .gradFn("MulBackward0")
                        .overload("mul.Scalar(Tensor self, Scalar other) -> Tensor")
                        .gradFn("MulBackward1")
                        .alias("multiply")
                        .types(Elementwise.keep("self", "other"))
                        .vjp("self", n -> n.grad().mul(n.arg("other")))
                        .vjp("other", n -> n.grad().mul(n.arg("self")))
                        .kernel("mul.Tensor")
                        .samples("float64[2, 3], float64[3, 1, 1]", "float64[3], -2", "float64[0, 2], float64[2]"));
    }

    /** A product that is left out where the factor is 1. */
    private static Expr times(Expr tensor, Argument factor) {
        return factor.equals(new Argument.Int(1)) || factor.equals(new Argument.Float(1)) ? tensor : tensor.mul(factor);
    }
}
