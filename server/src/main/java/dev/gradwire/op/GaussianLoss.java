package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.tensor.Shape;
import java.util.List;

/** The negative logarithm of a Gaussian likelihood. */
final class GaussianLoss {
    private static final List<String> REDUCTIONS = List.of("none", "mean", "sum");

    private GaussianLoss() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("gaussian_nll_loss(Tensor input, Tensor target, Tensor var, bool full=False,"
                                + " float eps=1e-06, str reduction=\"mean\") -> Tensor")
                        .doc("½ (log v + (input − target)² / v) with v = max(var, eps), plus ½ log 2π if full; the"
                                + " gradient of var is that of v even where eps took its place")
                        .composite(n -> List.of(loss(n)))
                        .samples(
                                "float64[2, 3], float64[2, 3], float64[2, 3]{0.5..2}",
                                "float64[2, 3], float64[3], float64[2]{0.5..2}, True, reduction=\"sum\"",
                                "float64[2, 3], float64[2, 1], float64[2, 1]{0.5..2}, reduction=\"none\""),
                operator("_raised(Tensor self, float min) -> Tensor")
                        .doc("a copy that is at least min, with the derivative of the copy")
                        .gradFn("CloneBackward0")
                        .types(one(call -> call.type("self")))
                        .vjp("self", n -> n.grad())
                        .decompose(n -> n.self().call("clamp_min", n.raw("min")))
                        .internal());
    }

    private static Expr loss(Args n) {
        Shape input = n.shape("input");
        Expr var = n.arg("var");
        String reduction = n.text("reduction");
        double eps = n.number("eps");
        Require.that(
                REDUCTIONS.contains(reduction),
                "reduction",
                "must be one of " + REDUCTIONS + ", but is \"" + reduction + "\"");
        Require.that(eps > 0, "eps", "must be positive, but is " + eps);
        Require.floating(n.call(), "var");
        if (!var.shape().equals(input)) {
            Shape groups = input.rank() == 0 ? input : input.withoutDim(input.rank() - 1);
            if (input.rank() > 0 && var.shape().equals(groups)) {
                var = var.unsqueeze(-1);
            } else if (input.rank() == 0 || !var.shape().equals(groups.insertDim(groups.rank(), 1))) {
                throw Require.shape("var", "has shape " + var.shape() + ", which fits no input of shape " + input);
            }
        }
        Expr v = var.call("_raised", eps);
        Expr difference = n.arg("input").sub(n.arg("target"));
        Expr loss = v.log().add(difference.pow(2).div(v)).mul(0.5);
        if (n.bool("full")) {
            loss = loss.add(0.5 * Math.log(2 * Math.PI));
        }
        return switch (reduction) {
            case "mean" -> loss.call("mean");
            case "sum" -> loss.sumAll();
            default -> loss;
        };
    }
}
