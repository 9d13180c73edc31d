package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.TensorType;
import java.util.List;

/**
 * leaky_relu whose slopes are drawn from [lower, upper) in training and are their mean otherwise. A slope is a function
 * of the node's number, so that the derivative names it again instead of keeping it; the planner computes it once.
 */
final class RandomActivation {
    private static final String SLOPES =
            "Scalar lower=0.125, Scalar upper=0.3333333333333333, bool training=False, Generator? generator=None)";

    private RandomActivation() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("rrelu(Tensor self, " + SLOPES + " -> Tensor")
                        .doc("leaky_relu with random slopes in training, else with the mean of lower and upper")
                        .gradFn("RreluWithNoiseBackward0")
                        .types(one(RandomActivation::checked))
                        .vjp("self", n -> sloped(n, n.grad()))
                        .decompose(n -> sloped(n, n.self()))
                        .samples("float64[2, 3]", "float64[3, 3], training=True"),
                operator("rrelu_with_noise(Tensor self, Tensor noise, " + SLOPES + " -> Tensor")
                        .doc("rrelu; noise, which PyTorch overwrites with the slopes, is not used")
                        .gradFn("RreluWithNoiseBackward0")
                        .types(one(RandomActivation::checked))
                        .vjp("self", n -> sloped(n, n.grad()))
                        .decompose(n -> sloped(n, n.self()))
                        .samples("float64[2, 3], float64[2, 3], training=True"),
                operator("rrelu_with_noise_functional(Tensor self, Tensor noise, " + SLOPES
                                + " -> (Tensor, Tensor noise_out)")
                        .doc("rrelu; and in training the slopes, 1 for self > 0, else noise")
                        .gradFn("RreluWithNoiseFunctionalBackward0")
                        .types(call -> {
                            TensorType type = checked(call);
                            Require.shape(call, "noise", type.shape(), "that of self");
                            Require.sameDtype(call, "self", "noise");
                            return List.of(type, type);
                        })
                        .vjp("self", n -> sloped(n, n.grad()))
                        .notDifferentiable(1)
                        .decomposeAll(
                                n -> List.of(sloped(n, n.self()), n.bool("training") ? slopes(n) : n.arg("noise")))
                        .samples("float64[2, 3], float64[2, 3], training=True", "float64[2, 3], float64[2, 3]"));
    }

    /** What passes where self > 0, elsewhere times the slope. */
    private static Expr sloped(Args n, Expr what) {
        return n.self()
                .gt(0)
                .where(what, what.mul(n.bool("training") ? drawn(n) : n.self().with(mean(n))));
    }

    private static Expr slopes(Args n) {
        return n.self().gt(0).where(1.0, drawn(n));
    }

    private static Expr drawn(Args n) {
        double lower = n.number("lower");
        return RandomFactories.uniform(n, n.type("self"), false)
                .mul(n.number("upper") - lower)
                .add(lower);
    }

    private static double mean(Args n) {
        return (n.number("lower") + n.number("upper")) / 2;
    }

    private static TensorType checked(Call call) {
        Require.floating(call, "self");
        double lower = call.number("lower");
        double upper = call.number("upper");
        Require.that(
                lower <= upper && Double.isFinite(upper - lower),
                "upper",
                "must be finite and not below lower, but is " + upper + " where lower is " + lower);
        return call.type("self");
    }
}
