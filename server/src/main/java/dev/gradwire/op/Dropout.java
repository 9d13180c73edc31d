package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.tensor.Shape;
import java.util.List;
import java.util.stream.Stream;

/** Dropout where nothing is random: out of training, where nothing is dropped and where everything is. */
final class Dropout {
    private Dropout() {}

    static List<Declaration> declarations() {
        Stream<Declaration> forward = Stream.of("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout")
                .map(Dropout::dropout);
        Declaration backward = operator(
                        "native_dropout_backward(Tensor grad_output, Tensor mask, float scale) -> Tensor")
                .doc("grad_output · mask · scale")
                .gradFn("NativeDropoutBackwardBackward0")
                .types(one(call -> {
                    Require.floating(call, "grad_output");
                    Require.shape(call, "mask", call.shape("grad_output"), "that of grad_output");
                    return call.type("grad_output");
                }))
                .vjp("grad_output", n -> n.grad().call("native_dropout_backward", n.arg("mask"), n.raw("scale")))
                .zeroVjp("mask")
                .decompose(n -> {
                    Expr grad = n.arg("grad_output");
                    return grad.mul(n.arg("mask").to(grad.dtype())).mul(n.raw("scale"));
                })
                .samples("float64[2, 3], bool[2, 3], 2.0");
        return Stream.concat(forward, Stream.of(backward)).toList();
    }

    private static Declaration dropout(String name) {
        return operator(name + "(Tensor input, float p, bool train) -> Tensor")
                .doc("input, of which a part p is replaced in training; only parts 0 and 1 for now")
                .composite(n -> {
                    double p = n.number("p");
                    Expr input = n.arg("input");
                    Require.that(p >= 0 && p <= 1, "p", "must be between 0 and 1, but is " + p);
                    if (p == 0 || !n.bool("train")) {
                        return List.of(input);
                    }
                    Require.that(p == 1, "p", "must be 0 or 1 in training, as nothing is random yet, but is " + p);
                    return List.of(input.mul(n.full(input.type().withShape(Shape.SCALAR), 0)));
                })
                .samples("float64[2, 3], 1.0, True");
    }
}
