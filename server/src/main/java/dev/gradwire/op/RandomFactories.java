package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Map;

/**
 * Random tensors made from nothing. All random numbers are a function of the run's seed, the number of the node among
 * the client's random nodes (the parameter {@code generator}) and the place in the tensor: the same on every replica
 * and device, and others than PyTorch's own generators give.
 */
final class RandomFactories {
    static final String GENERATOR = ", Generator? generator=None";
    private static final String UNSAMPLED = "nothing can be differentiated";

    private RandomFactories() {}

    static List<Declaration> declarations() {
        String options = Factories.OPTIONS;
        String like = Factories.LIKE;
        return List.of(
                operator(GraphBuilder.SEED + "() -> Tensor")
                        .doc("the run's seed")
                        .types(one(_ -> new TensorType(DType.INT64, Shape.SCALAR)))
                        .internal(),
                operator("random_uniform(Tensor seed, int stream, int[] size, bool open, ScalarType dtype) -> Tensor")
                        .doc("numbers evenly spread over [0, 1), or (0, 1)")
                        .types(one(RandomFactories::drawn))
                        .kernel("random_uniform")
                        .internal(),
                operator("random_normal(Tensor seed, int stream, int[] size, ScalarType dtype) -> Tensor")
                        .doc("numbers of the standard normal distribution")
                        .types(one(RandomFactories::drawn))
                        .kernel("random_normal")
                        .internal(),
                operator("random_integers(Tensor seed, int stream, int[] size, int low, int high) -> Tensor")
                        .doc("integers from low to high − 1; any where the two are equal")
                        .types(one(call -> TensorType.of(DType.INT64, call.ints("size"))))
                        .kernel("random_integers")
                        .internal(),
                operator("rand.generator(int[] size, *" + GENERATOR + options + ") -> Tensor")
                        .overload("rand(int[] size, *" + options + ") -> Tensor")
                        .doc("numbers evenly spread over [0, 1)")
                        .types(one(RandomFactories::sized))
                        .decompose(n -> uniform(n, sized(n.call()), false))
                        .unsampled(UNSAMPLED),
                operator("randn.generator(int[] size, *" + GENERATOR + options + ") -> Tensor")
                        .overload("randn(int[] size, *" + options + ") -> Tensor")
                        .doc("numbers of the standard normal distribution")
                        .types(one(RandomFactories::sized))
                        .decompose(n -> normal(n, sized(n.call())))
                        .unsampled(UNSAMPLED),
                operator("rand_like.generator(Tensor self, *" + GENERATOR + like + ") -> Tensor")
                        .overload("rand_like(Tensor self, *" + like + ") -> Tensor")
                        .doc("numbers evenly spread over [0, 1), in the shape of self")
                        .types(one(RandomFactories::like))
                        .decompose(n -> uniform(n, like(n.call()), false))
                        .unsampled(UNSAMPLED),
                operator("randn_like.generator(Tensor self, *" + GENERATOR + like + ") -> Tensor")
                        .overload("randn_like(Tensor self, *" + like + ") -> Tensor")
                        .doc("numbers of the standard normal distribution, in the shape of self")
                        .types(one(RandomFactories::like))
                        .decompose(n -> normal(n, like(n.call())))
                        .unsampled(UNSAMPLED),
                operator("randint.low_generator(int low, int high, int[] size, *" + GENERATOR + options + ") -> Tensor")
                        .overload("randint.low(int low, int high, int[] size, *" + options + ") -> Tensor")
                        .overload("randint.generator(int high, int[] size, *" + GENERATOR + options + ") -> Tensor")
                        .overload("randint(int high, int[] size, *" + options + ") -> Tensor")
                        .doc("integers from low (0 where it is absent) to high − 1")
                        .types(one(call -> integral(
                                call, new TensorType(Factories.dtype(call, DType.INT64), Factories.size(call)))))
                        .decompose(n -> integers(n, n.dtype("dtype", DType.INT64), Factories.size(n.call())))
                        .unsampled(UNSAMPLED),
                operator("randint_like.low_generator_dtype(Tensor self, int low, int high, *" + GENERATOR + like
                                + ") -> Tensor")
                        .overload("randint_like.low_dtype(Tensor self, int low, int high, *" + like + ") -> Tensor")
                        .overload("randint_like.generator(Tensor self, int high, *" + GENERATOR + like + ") -> Tensor")
                        .overload("randint_like(Tensor self, int high, *" + like + ") -> Tensor")
                        .doc("integers from low (0 where it is absent) to high − 1, in the shape of self")
                        .types(one(call -> integral(call, Factories.like(call))))
                        .decompose(n -> integers(
                                n,
                                Factories.like(n.call()).dtype(),
                                n.type("self").shape()))
                        .unsampled(UNSAMPLED),
                operator("randperm.generator(int n, *" + GENERATOR + options + ") -> Tensor")
                        .overload("randperm(int n, *" + options + ") -> Tensor")
                        .doc("the integers from 0 to n − 1 in random order")
                        .types(one(RandomFactories::permutation))
                        .decompose(n -> {
                            TensorType type = permutation(n.call());
                            // 64 random bits each: that two are alike is out of the question.
                            Expr keys = n.call("random_integers", seed(n), stream(n), type.shape(), 0, 0);
                            return keys.callNamed("argsort.stable", Map.of("stable", true))
                                    .to(type.dtype());
                        })
                        .unsampled(UNSAMPLED));
    }

    // What decompositions of random operators draw; n has the parameter generator.

    /** Uniform numbers of a floating type. */
    static Expr uniform(Args n, TensorType type, boolean open) {
        return n.call("random_uniform", seed(n), stream(n), type.shape(), open, type.dtype());
    }

    /** Standard normal numbers of a floating type. */
    static Expr normal(Args n, TensorType type) {
        return n.call("random_normal", seed(n), stream(n), type.shape(), type.dtype());
    }

    /** Float32, or float64 for float64: what a probability is compared with. */
    static DType comparing(DType dtype) {
        return dtype == DType.FLOAT64 ? dtype : DType.FLOAT32;
    }

    /** True with a probability. */
    static Expr chance(Args n, TensorType type, Object probability) {
        return uniform(n, type.withDtype(comparing(type.dtype())), false).lt(probability);
    }

    private static Expr seed(Args n) {
        return n.call(GraphBuilder.SEED);
    }

    private static Object stream(Args n) {
        return n.raw(GraphBuilder.GENERATOR);
    }

    private static Expr integers(Args n, DType dtype, Shape shape) {
        long low = n.call().integer("low", 0);
        return n.call("random_integers", seed(n), stream(n), shape, low, n.integer("high"))
                .to(dtype);
    }

    private static TensorType drawn(Call call) {
        return new TensorType(call.dtype("dtype", DType.DEFAULT_FLOATING), Shape.of(call.ints("size")));
    }

    private static TensorType sized(Call call) {
        DType dtype = Factories.dtype(call, DType.DEFAULT_FLOATING);
        Require.floating("dtype", dtype);
        return new TensorType(dtype, Factories.size(call));
    }

    private static TensorType like(Call call) {
        TensorType type = Factories.like(call);
        Require.floating(call.has("dtype") ? "dtype" : "self", type.dtype());
        return type;
    }

    private static TensorType integral(Call call, TensorType type) {
        long low = call.integer("low", 0);
        long high = call.integer("high");
        Require.that(low < high, "high", "must be above low, but is " + high + " where low is " + low);
        Require.fits("low", new Argument.Int(low), type.dtype());
        Require.fits("high", new Argument.Int(high - 1), type.dtype());
        return type;
    }

    private static TensorType permutation(Call call) {
        long size = call.integer("n");
        Require.that(size >= 0, "n", "must not be negative, but is " + size);
        return TensorType.of(Factories.dtype(call, DType.INT64), size);
    }
}
