package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.RandomFactories.GENERATOR;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Random numbers whose distribution is given by tensors or numbers. What is drawn is a constant for derivatives, as in
 * PyTorch: those with a grad_fn have the gradient zero.
 */
final class Distributions {
    /** PyTorch's own bound. */
    private static final long MAX_CATEGORIES = 1 << 24;

    private static final String CONSTANT = "its derivative is zero by convention, not that of a fixed draw";

    private Distributions() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("bernoulli(Tensor self, *" + GENERATOR + ") -> Tensor")
                        .doc("1 with the probability that self gives, else 0")
                        .gradFn("BernoulliBackward0")
                        .types(one(Distributions::floating))
                        .zeroVjp("self")
                        .decompose(n -> RandomFactories.chance(n, n.type("self"), n.self())
                                .to(n.type("self").dtype()))
                        .samples("float64[2, 3]{0..1}"),
                operator("bernoulli.p(Tensor self, float p, *" + GENERATOR + ") -> Tensor")
                        .doc("1 with probability p, else 0, of the type of self")
                        .types(one(call -> {
                            requireProbability(call, "p");
                            return call.type("self");
                        }))
                        .decompose(n -> RandomFactories.chance(n, n.type("self"), n.number("p"))
                                .to(n.type("self").dtype())),
                operator("bernoulli.Tensor(Tensor self, Tensor p, *" + GENERATOR + ") -> Tensor")
                        .doc("1 with the probability p of each place, else 0, of the type of self")
                        .types(one(call -> {
                            Require.floating(call, "p");
                            requireBroadcast(call, "p", call.shape("self"));
                            return call.type("self");
                        }))
                        .decompose(n -> RandomFactories.chance(n, n.type("self"), n.arg("p"))
                                .to(n.type("self").dtype())),
                operator("normal.Tensor_Tensor(Tensor mean, Tensor std, *" + GENERATOR + ") -> Tensor")
                        .doc("normal numbers with these means and standard deviations")
                        .gradFn("NormalBackward3")
                        .types(one(call -> {
                            Require.floating(call, "mean", "std");
                            Shape shape = Elementwise.broadcast(call, List.of("mean", "std"));
                            return call.type("mean").withShape(shape);
                        }))
                        .zeroVjp("mean", "std")
                        .decompose(n -> {
                            Shape shape = Elementwise.broadcast(n.call(), List.of("mean", "std"));
                            return scaled(n, n.type("mean").withShape(shape));
                        })
                        .unsampled(CONSTANT),
                operator("normal.Tensor_float(Tensor mean, float std=1, *" + GENERATOR + ") -> Tensor")
                        .doc("normal numbers with these means and one standard deviation")
                        .gradFn("NormalBackward1")
                        .types(one(call -> deviating(call, "mean")))
                        .zeroVjp("mean")
                        .decompose(n -> scaled(n, n.type("mean")))
                        .unsampled(CONSTANT),
                operator("normal.float_Tensor(float mean, Tensor std, *" + GENERATOR + ") -> Tensor")
                        .doc("normal numbers with one mean and these standard deviations")
                        .gradFn("NormalBackward2")
                        .types(one(call -> {
                            Require.floating(call, "std");
                            return call.type("std");
                        }))
                        .zeroVjp("std")
                        .decompose(n -> scaled(n, n.type("std")))
                        .unsampled(CONSTANT),
                operator("normal.float_float(float mean, float std, int[] size, *" + GENERATOR + Factories.OPTIONS
                                + ") -> Tensor")
                        .doc("normal numbers with one mean and one standard deviation")
                        .types(one(call -> {
                            requireDeviation(call);
                            DType dtype = Factories.dtype(call, DType.DEFAULT_FLOATING);
                            Require.floating("dtype", dtype);
                            return new TensorType(dtype, Factories.size(call));
                        }))
                        .decompose(n -> scaled(
                                n, new TensorType(n.dtype("dtype", DType.DEFAULT_FLOATING), Factories.size(n.call())))),
                drawn(
                        "normal_functional(Tensor self, float mean=0, float std=1",
                        "normal numbers with this mean and standard deviation",
                        Distributions::requireDeviation,
                        n -> scaled(n, n.type("self"))),
                drawn(
                        "uniform(Tensor self, float from=0, float to=1",
                        "numbers evenly spread over [from, to)",
                        call -> Require.that(
                                call.number("from") <= call.number("to"),
                                "to",
                                "must not be below from, but is " + call.number("to") + " where from is "
                                        + call.number("from")),
                        n -> RandomFactories.uniform(n, n.type("self"), false)
                                .mul(n.number("to") - n.number("from"))
                                .add(n.number("from"))),
                drawn(
                        "exponential(Tensor self, float lambd=1",
                        "numbers of the exponential distribution with rate lambd, never 0",
                        call -> requirePositive(call, "lambd"),
                        n -> RandomFactories.uniform(n, n.type("self"), true)
                                .log()
                                .div(-n.number("lambd"))),
                drawn(
                        "log_normal(Tensor self, float mean=1, float std=2",
                        "numbers whose logarithms are normal with this mean and standard deviation",
                        call -> requirePositive(call, "std"),
                        n -> scaled(n, n.type("self")).exp()),
                drawn(
                        "cauchy(Tensor self, float median=0, float sigma=1",
                        "numbers of the Cauchy distribution",
                        call -> requirePositive(call, "sigma"),
                        n -> RandomFactories.uniform(n, n.type("self"), true)
                                .sub(0.5)
                                .mul(Math.PI)
                                .call("tan")
                                .mul(n.number("sigma"))
                                .add(n.number("median"))),
                drawn(
                        "geometric(Tensor self, float p",
                        "how many trials of probability p it takes until one succeeds",
                        call -> Require.that(
                                call.number("p") > 0 && call.number("p") < 1,
                                "p",
                                "must be between 0 and 1, but is " + call.number("p")),
                        n -> RandomFactories.uniform(n, n.type("self"), true)
                                .log()
                                .div(Math.log1p(-n.number("p")))
                                .call("ceil")),
                operator("multinomial(Tensor self, int num_samples, bool replacement=False, *" + GENERATOR
                                + ") -> Tensor")
                        .doc("categories drawn with the weights in each row of self, which must not be negative; with"
                                + " fewer weights above 0 than samples and no replacement, others come last")
                        .types(one(Distributions::categories))
                        .decompose(n -> n.bool("replacement") ? withReplacement(n) : withoutReplacement(n)));
    }

    /** An operator that uses self for its type only. */
    private static Declaration drawn(
            String parameters, String doc, Consumer<Call> check, Function<Args, Expr> expansion) {
        return operator(parameters + ", *" + GENERATOR + ") -> Tensor")
                .doc(doc + ", of the type of self")
                .types(one(call -> {
                    check.accept(call);
                    return floating(call);
                }))
                .decompose(expansion);
    }

    /** mean + std · z, of the type given. */
    private static Expr scaled(Args n, TensorType type) {
        Expr standard = RandomFactories.normal(n, type);
        return standard.mul(n.arg("std").as(type.dtype())).add(n.arg("mean").as(type.dtype()));
    }

    /** The largest of weight / e with e exponential has the category's probability: the exponential race. */
    private static Expr withoutReplacement(Args n) {
        TensorType type = n.type("self")
                .withDtype(RandomFactories.comparing(n.type("self").dtype()));
        Expr times = RandomFactories.uniform(n, type, true).log().neg();
        return n.self()
                .to(type.dtype())
                .div(times)
                .calls("topk", n.integer("num_samples"), -1)
                .get(1);
    }

    /** How many partial sums of the weights are not above a uniform number times their total. */
    private static Expr withReplacement(Args n) {
        TensorType type = n.type("self")
                .withDtype(RandomFactories.comparing(n.type("self").dtype()));
        Expr sums = n.self().to(type.dtype()).call("cumsum", -1);
        Expr total = sums.slice(-1, sums.size(-1) - 1, sums.size(-1));
        TensorType drawn = type.withShape(categories(n.call()).shape());
        Expr places = RandomFactories.uniform(n, drawn, false);
        return sums.div(total).unsqueeze(-2).le(places.unsqueeze(-1)).sum(-1);
    }

    private static TensorType categories(Call call) {
        Require.rank(call, "self", 1, 2);
        Require.floating(call, "self");
        Shape shape = call.shape("self");
        int last = shape.rank() - 1;
        long samples = call.integer("num_samples");
        long categories = shape.dim(last);
        Require.that(
                categories > 0 && categories <= MAX_CATEGORIES,
                "self",
                "must have from 1 to 2^24 categories, but has " + categories);
        Require.that(samples > 0, "num_samples", "must be positive, but is " + samples);
        Require.that(
                call.bool("replacement") || samples <= categories,
                "num_samples",
                "is " + samples + ", but there are only " + categories + " categories to draw without replacement");
        long[] dims = shape.dims();
        dims[last] = samples;
        return new TensorType(DType.INT64, Shape.of(dims));
    }

    private static TensorType floating(Call call) {
        Require.floating(call, "self");
        return call.type("self");
    }

    private static TensorType deviating(Call call, String parameter) {
        requireDeviation(call);
        Require.floating(call, parameter);
        return call.type(parameter);
    }

    private static void requireDeviation(Call call) {
        double std = call.number("std");
        Require.that(std >= 0, "std", "must not be negative, but is " + std);
    }

    private static void requirePositive(Call call, String parameter) {
        double number = call.number(parameter);
        Require.that(number > 0, parameter, "must be positive, but is " + number);
    }

    static void requireProbability(Call call, String parameter) {
        double p = call.number(parameter);
        Require.that(p >= 0 && p <= 1, parameter, "must be between 0 and 1, but is " + p);
    }

    private static void requireBroadcast(Call call, String parameter, Shape target) {
        boolean fits = Shape.broadcast(call.shape(parameter), target)
                .filter(target::equals)
                .isPresent();
        if (!fits) {
            throw Require.shape(
                    parameter, "has shape " + call.shape(parameter) + ", which does not broadcast to " + target);
        }
    }
}
