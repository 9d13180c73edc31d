package dev.gradwire.op;

import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Batching rules of convolutions: with one filter for all elements the batch joins the samples, with filters of their own
 * each element gets its own groups of channels.
 */
final class ConvolutionBatching {
    private ConvolutionBatching() {}

    static List<Expr> forward(Batching n) {
        if (n.size() == 0) {
            return List.of(n.fill(n.result(0), 0));
        }
        if (!n.isBatched("weight") && !n.isBatched("bias")) {
            return List.of(n.shaped(
                    n.again(Map.of("input", leading(n.each("input")))).getFirst(), 0));
        }
        Map<String, Object> changed = new HashMap<>();
        changed.put("input", NormalizationBatching.channels(n.each("input")));
        changed.put("weight", leading(n.each("weight")));
        changed.put("bias", n.has("bias") ? leading(n.each("bias")) : null);
        changed.put("groups", Math.multiplyExact(n.size(), n.integer("groups")));
        return List.of(ofChannels(n, n.again(changed).getFirst(), n.result(0).shape()));
    }

    static List<Expr> backward(Batching n) {
        if (n.size() == 0) {
            return n.zeros();
        }
        boolean onlyInput = !n.bools("output_mask")[1] && !n.bools("output_mask")[2];
        if (onlyInput && !n.isBatched("weight")) {
            Expr grad = leading(n.each("grad_output"));
            Expr input = leading(n.each("input"));
            return shaped(n, n.again(Map.of("grad_output", grad, "input", input)), false);
        }
        Map<String, Object> changed = new HashMap<>();
        changed.put("grad_output", NormalizationBatching.channels(n.each("grad_output")));
        changed.put("input", NormalizationBatching.channels(n.each("input")));
        changed.put("weight", leading(n.each("weight")));
        changed.put("groups", Math.multiplyExact(n.size(), n.integer("groups")));
        changed.put(
                "bias_sizes",
                n.has("bias_sizes") ? new long[] {Math.multiplyExact(n.size(), n.ints("bias_sizes")[0])} : null);
        return shaped(n, n.again(changed), true);
    }

    /** Cotangents of input, weight and bias; what the mask leaves out is empty. */
    private static List<Expr> shaped(Batching n, List<Expr> results, boolean byChannels) {
        List<Expr> each = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Shape shape = n.result(i).shape();
            if (!n.bools("output_mask")[i]) {
                each.add(n.fill(n.result(i), 0));
            } else if (i == 0 && byChannels) {
                each.add(ofChannels(n, results.get(i), shape));
            } else {
                each.add(n.shaped(results.get(i), i));
            }
        }
        return each;
    }

    /** [B, N, …] as [B · N, …]. */
    private static Expr leading(Expr each) {
        long[] dims = each.shape().dims();
        long[] joined = Arrays.copyOfRange(dims, 1, dims.length);
        joined[0] = Math.multiplyExact(dims[0], dims[1]);
        return each.reshape(joined);
    }

    /** [N, B · C, …] as [B, N, C, …], where one element has the shape [N, C, …]. */
    private static Expr ofChannels(Batching n, Expr joined, Shape one) {
        return joined.reshape(one.insertDim(1, n.size())).transpose(0, 1);
    }
}
