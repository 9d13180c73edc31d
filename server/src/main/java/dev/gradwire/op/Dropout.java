package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Map;

/**
 * Dropout. What is dropped is a value of the graph, drawn once in the forward pass; gradients read that value. Noise is
 * drawn as {@link RandomFactories} says.
 */
final class Dropout {
    /** λ·α of the SELU activation, whose mean and variance alpha dropout keeps. */
    private static final double ALPHA = 1.7580993408473766;

    private Dropout() {}

    static List<Declaration> declarations() {
        return List.of(
                dropout("dropout", false, false)
                        .doc("input, of which in training a part p is set to 0, the rest scaled"),
                dropout("feature_dropout", true, false)
                        .doc("input, of which in training whole channels are set to 0, the rest scaled"),
                dropout("alpha_dropout", false, true)
                        .doc("input, of which in training a part p is set to the least value of selu, mean and variance"
                                + " being kept"),
                dropout("feature_alpha_dropout", true, true).doc("alpha_dropout of whole channels"),
                operator("native_dropout(Tensor input, float p, bool? train, *" + RandomFactories.GENERATOR
                                + ") -> (Tensor, Tensor)")
                        .doc("input, of which in training a part p is set to 0, the rest scaled; and where it was kept")
                        .gradFn("NativeDropoutBackward0")
                        .types(call -> {
                            Require.floating(call, "input");
                            Distributions.requireProbability(call, "p");
                            return List.of(
                                    call.type("input"), call.type("input").withDtype(DType.BOOL));
                        })
                        .vjp("input", n -> n.grad().call("native_dropout_backward", n.result(1), scale(n)))
                        .decomposeAll(Dropout::dropped)
                        .samples("float64[3, 5], 0.5, True", "float64[2, 3], 0.5, False", "float64[2], 1.0, None"),
                operator("native_dropout_backward(Tensor grad_output, Tensor mask, float scale) -> Tensor")
                        .doc("grad_output · mask · scale")
                        .gradFn("NativeDropoutBackwardBackward0")
                        .types(one(call -> {
                            Require.floating(call, "grad_output");
                            Require.shape(call, "mask", call.shape("grad_output"), "that of grad_output");
                            return call.type("grad_output");
                        }))
                        .vjp(
                                "grad_output",
                                n -> n.grad().call("native_dropout_backward", n.arg("mask"), n.raw("scale")))
                        .zeroVjp("mask")
                        .decompose(n -> {
                            Expr grad = n.arg("grad_output");
                            return grad.mul(n.arg("mask").to(grad.dtype())).mul(n.raw("scale"));
                        })
                        .samples("float64[2, 3], bool[2, 3], 2.0"));
    }

    private static boolean trains(Call call) {
        return !call.has("train") || call.bool("train");
    }

    private static double scale(Args n) {
        double p = n.number("p");
        if (!trains(n.call())) {
            return 1;
        }
        return p == 1 ? 0 : 1 / (1 - p);
    }

    private static List<Expr> dropped(Args n) {
        Expr input = n.arg("input");
        if (!trains(n.call())) {
            return List.of(input.call("clone"), n.full(input.type().withDtype(DType.BOOL), 1));
        }
        Expr kept = RandomFactories.chance(n, input.type(), 1 - n.number("p"));
        return List.of(input.mul(kept.to(input.dtype())).mul(scale(n)), kept);
    }

    /** @param features whether whole channels, the first two dimensions, are dropped together */
    private static Declaration dropout(String name, boolean features, boolean alpha) {
        return operator(name + "(Tensor input, float p, bool train, *" + RandomFactories.GENERATOR + ") -> Tensor")
                .composite(n -> {
                    Distributions.requireProbability(n.call(), "p");
                    double p = n.number("p");
                    Expr input = n.arg("input");
                    if (p == 0 || !n.bool("train") || input.shape().elements() == 0) {
                        return List.of(input);
                    }
                    if (p == 1) {
                        return List.of(input.mul(n.full(input.type().withShape(Shape.SCALAR), 0)));
                    }
                    Require.floating(n.call(), "input");
                    Expr noise = n.full(noiseType(input.type(), features), 0)
                            .callNamed(
                                    "bernoulli.p",
                                    Map.of(GraphBuilder.GENERATOR, n.raw(GraphBuilder.GENERATOR)),
                                    1 - p);
                    return List.of(alpha ? selu(input, noise, p) : input.mul(noise.div(1 - p)));
                })
                .samples("float64[3, 2, 2], 0.5, True", "float64[2, 3], 1.0, True");
    }

    private static TensorType noiseType(TensorType input, boolean features) {
        if (!features) {
            return input;
        }
        Require.that(input.rank() >= 2, "input", "must have at least 2 dimensions, but has shape " + input.shape());
        long[] dims = input.shape().dims();
        for (int i = 2; i < dims.length; i++) {
            dims[i] = 1;
        }
        return input.withShape(Shape.of(dims));
    }

    /** Of Klambauer and others, "Self-normalizing neural networks" (2017): a · (input · noise − α · (1 − noise)) + b. */
    private static Expr selu(Expr input, Expr noise, double p) {
        double a = 1 / Math.sqrt((ALPHA * ALPHA * p + 1) * (1 - p));
        Expr offset = noise.sub(1).mul(ALPHA * a).add(ALPHA * a * p);
        return input.mul(noise.mul(a)).add(offset);
    }
}
