package dev.gradwire.op;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * Batching rules of normalizations. Statistics do not depend on weight and bias, so where those are batched the input is
 * normalized without them, and they are applied afterwards.
 */
final class NormalizationBatching {
    private NormalizationBatching() {}

    // Layers: the last dimensions are normalized, the batch is one more before them

    static List<Expr> layer(Batching n) {
        Expr input = n.each("input");
        return scaled(n, input, input.shape(), n.ints("normalized_shape").length, Map.of());
    }

    static List<Expr> layerBackward(Batching n) {
        int inner = n.ints("normalized_shape").length;
        return backward(n, inner, LongStream.range(0, n.rank("input") - inner).toArray());
    }

    // Groups: samples of the batch follow one another

    /** The library wants the input's elements one behind the other, which repeated ones are not. */
    static List<Expr> group(Batching n) {
        Shape channels = Shape.of(n.size(), n.integer("N"), n.integer("C"), n.integer("HxW"));
        long samples = Math.multiplyExact(n.size(), n.integer("N"));
        Shape joined = channels.withoutDim(0).withDim(0, samples);
        return scaled(n, n.each("input").call("clone").reshape(joined), channels, 2, Map.of("N", samples));
    }

    /**
     * @param input for all elements
     * @param apart its shape with a dimension for the batch
     * @param inner how many last dimensions of it weight and bias broadcast with
     * @param more other changes to the call
     */
    private static List<Expr> scaled(Batching n, Expr input, Shape apart, int inner, Map<String, ?> more) {
        boolean afterwards = n.isBatched("weight") || n.isBatched("bias");
        Map<String, Object> changed = new HashMap<>(more);
        changed.put("input", afterwards ? input.to(n.result(1).dtype()) : input);
        if (afterwards) {
            changed.put("weight", null);
            changed.put("bias", null);
        }
        List<Expr> raw = n.again(changed);
        Expr out = raw.getFirst().reshape(apart);
        if (afterwards) {
            out = n.has("weight") ? out.mul(learned(n, "weight", apart.rank(), inner)) : out;
            out = n.has("bias") ? out.add(learned(n, "bias", apart.rank(), inner)) : out;
        }
        List<Expr> results = new ArrayList<>();
        results.add(n.shaped(out.to(n.result(0).dtype()), 0));
        for (int i = 1; i < raw.size(); i++) {
            results.add(n.shaped(raw.get(i), i));
        }
        return results;
    }

    /** Weight or bias with the batch in front and the last dimensions where those of the input are. */
    private static Expr learned(Batching n, String parameter, int rank, int inner) {
        Shape shape = n.each(parameter).shape();
        while (shape.rank() < inner + 1) {
            shape = shape.insertDim(shape.rank(), 1);
        }
        while (shape.rank() < rank) {
            shape = shape.insertDim(1, 1);
        }
        return n.each(parameter).reshape(shape);
    }

    /** The input's cotangent of g · weight; those of weight and bias are sums over {@code outer} for each element. */
    private static List<Expr> backward(Batching n, int inner, long[] outer) {
        Expr grad = n.each("grad_out");
        DType statistics = n.type("mean").dtype();
        Expr scaled = n.has("weight")
                ? grad.to(statistics)
                        .mul(learned(n, "weight", grad.rank(), inner))
                        .to(grad.dtype())
                : grad;
        Map<String, Object> changed = new HashMap<>();
        changed.put("grad_out", scaled.to(statistics));
        changed.put("input", n.each("input").to(statistics));
        changed.put("mean", n.each("mean"));
        changed.put("rstd", n.each("rstd"));
        changed.put("weight", null);
        changed.put("bias", null);
        boolean[] mask = n.bools("output_mask");
        changed.put("output_mask", List.of(mask[0], false, false));
        List<Expr> results = new ArrayList<>();
        results.add(mask[0] ? n.again(changed).getFirst().to(n.result(0).dtype()) : n.fill(n.result(0), 0));
        Expr standard = n.each("input").to(statistics).sub(n.each("mean")).mul(n.each("rstd"));
        results.add(mask[1] ? sum(n, grad.to(statistics).mul(standard), outer, 1) : n.fill(n.result(1), 0));
        results.add(mask[2] ? sum(n, grad.to(statistics), outer, 2) : n.fill(n.result(2), 0));
        return results;
    }

    private static Expr sum(Batching n, Expr products, long[] outer, int result) {
        Expr sum = outer.length == 0 ? products : products.sum(Batch.shifted(outer));
        return n.shaped(sum.to(n.result(result).dtype()), result);
    }

    // Batches: channels of the batch's elements stand side by side

    static List<Expr> batch(Batching n) {
        if (n.size() == 0) {
            return n.zeros();
        }
        List<Expr> raw = n.again(byChannels(n, "input", "grad_out"));
        List<Expr> results = new ArrayList<>();
        for (int i = 0; i < raw.size(); i++) {
            Shape one = n.result(i).shape();
            boolean whole = one.rank() > 1;
            boolean empty = one.equals(Shape.of(0));
            results.add(
                    empty
                            ? n.fill(n.result(i), 0)
                            : whole
                                    ? raw.get(i)
                                            .reshape(one.insertDim(1, n.size()))
                                            .transpose(0, 1)
                                    : n.shaped(raw.get(i), i));
        }
        return results;
    }

    /** All tensors: [B, N, C, …] as [N, B · C, …], and those for each channel, [B, C], as [B · C]. */
    private static Map<String, Object> byChannels(Batching n, String... images) {
        Map<String, Object> changed = new HashMap<>(Batch.each(n));
        List<String> whole = List.of(images);
        changed.replaceAll((name, each) -> {
            Expr tensor = (Expr) each;
            return whole.contains(name)
                    ? channels(tensor)
                    : tensor.reshape(tensor.shape().elements());
        });
        return changed;
    }

    /** [B, N, C, …] as [N, B · C, …]. */
    static Expr channels(Expr each) {
        Expr swapped = each.transpose(0, 1);
        long[] dims = swapped.shape().dims();
        long[] joined = new long[dims.length - 1];
        joined[0] = dims[0];
        joined[1] = Math.multiplyExact(dims[1], dims[2]);
        System.arraycopy(dims, 3, joined, 2, dims.length - 3);
        return swapped.reshape(joined);
    }
}
