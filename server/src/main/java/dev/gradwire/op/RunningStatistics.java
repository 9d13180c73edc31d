package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import java.util.ArrayList;
import java.util.List;

/**
 * Batch normalization with what becomes of the running statistics as results of their own: a graph is pure, so that the
 * forms which update them in place leave them as they are.
 */
final class RunningStatistics {
    private static final String LEARNED =
            "Tensor input, Tensor? weight, Tensor? bias, Tensor running_mean, Tensor" + " running_var, ";
    private static final String UPDATED =
            " momentum · of the batch + (1 − momentum) · running; no gradient flows through them";

    private static final String CONSTANT =
            "differences see the running statistics, which derivatives count as constant";

    private RunningStatistics() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("_native_batch_norm_legit_functional(" + LEARNED
                                + "bool training, float momentum, float eps)"
                                + " -> (Tensor, Tensor, Tensor, Tensor, Tensor)")
                        .doc("_native_batch_norm_legit, then new running statistics, in training" + UPDATED)
                        .composite(n -> {
                            boolean training = n.bool("training");
                            return withUpdates(
                                    n, BatchNormalization.call(n, "_native_batch_norm_legit", training), training);
                        })
                        .unsampled(CONSTANT),
                operator("_batch_norm_with_update_functional(" + LEARNED + "float momentum, float eps)"
                                + " -> (Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)")
                        .doc("_batch_norm_with_update, then new running statistics:" + UPDATED)
                        .composite(n -> withUpdates(
                                n,
                                n.calls(
                                        "_batch_norm_with_update",
                                        n.call().args().toArray()),
                                true))
                        .unsampled(CONSTANT));
    }

    private static List<Expr> withUpdates(Args n, List<Expr> results, boolean training) {
        List<Expr> all = new ArrayList<>(results);
        if (!training) {
            all.add(n.arg("running_mean").call("detach"));
            all.add(n.arg("running_var").call("detach"));
            return all;
        }
        Expr input = n.arg("input");
        Expr variance =
                input.to(results.get(1).dtype()).call("detach").call("var", BatchNormalization.otherDims(input), true);
        all.add(updated(n, "running_mean", results.get(1)));
        all.add(updated(n, "running_var", variance));
        return all;
    }

    private static Expr updated(Args n, String running, Expr ofBatch) {
        double momentum = n.number("momentum");
        Expr before = n.arg(running).call("detach");
        return ofBatch.mul(momentum).add(before.mul(1 - momentum)).to(before.dtype());
    }
}
