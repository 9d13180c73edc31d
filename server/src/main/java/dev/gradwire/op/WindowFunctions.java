package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.function.BiFunction;

/**
 * Windows of signal processing, with t from 0 at the first to 1 at the last entry; a periodic one is a window of one entry
 * more without its last.
 */
final class WindowFunctions {
    private WindowFunctions() {}

    static List<Declaration> declarations() {
        return List.of(
                window(
                        "hann",
                        "",
                        "½ − ½ cos 2πt",
                        (_, t) -> cosine(t, 2).mul(-0.5).add(0.5)),
                window(
                        "blackman",
                        "",
                        "0.42 − 0.5 cos 2πt + 0.08 cos 4πt",
                        (_, t) -> cosine(t, 2)
                                .mul(-0.5)
                                .add(0.42)
                                .add(cosine(t, 4).mul(0.08))),
                window(
                        "bartlett",
                        "",
                        "1 − |2t − 1|",
                        (_, t) -> t.mul(2.0).sub(1.0).abs().rsub(1.0)),
                window(
                                "hamming",
                                "periodic_alpha_beta",
                                "alpha − beta cos 2πt",
                                (n, t) -> cosine(t, 2).mul(-n.number("beta")).add(n.number("alpha")))
                        .overload(signature("hamming", "periodic_alpha", ", bool periodic, float alpha"))
                        .overload(signature("hamming", "periodic", ", bool periodic"))
                        .overload(signature("hamming", "", "")),
                window("kaiser", "beta", "I₀(beta √(1 − (2t − 1)²)) / I₀(beta)", (n, t) -> {
                            Expr ratio = t.mul(2.0).sub(1.0);
                            Expr root = ratio.square()
                                    .rsub(1.0)
                                    .call("clamp_min", 0)
                                    .sqrt();
                            Expr beta = n.full(new TensorType(DType.FLOAT64, Shape.SCALAR), n.number("beta"));
                            return root.mul(beta).call("i0").div(beta.call("i0"));
                        })
                        .overload(signature("kaiser", "periodic", ", bool periodic"))
                        .overload(signature("kaiser", "", "")));
    }

    private static String signature(String name, String overload, String parameters) {
        String suffix = overload.isEmpty() ? "" : "." + overload;
        return name + "_window" + suffix + "(int window_length" + parameters + ", *" + Factories.OPTIONS
                + ") -> Tensor";
    }

    private static Declaration window(
            String name, String overload, String formula, BiFunction<Args, Expr, Expr> weights) {
        String shape = switch (overload) {
            case "beta" -> ", float beta=12.0";
            case "periodic_alpha_beta" -> ", float alpha=0.54, float beta=0.46";
            default -> "";
        };
        String full = overload.isEmpty() ? "periodic" : overload;
        Declaration declaration = operator(signature(name, full, ", bool periodic=True" + shape))
                .doc(formula)
                .types(one(WindowFunctions::type))
                .decompose(n -> weights(n, weights))
                .samples("5", "4, False", "1", "0", "2, dtype=torch.float64");
        return overload.isEmpty() ? declaration.overload(signature(name, "", "")) : declaration;
    }

    private static TensorType type(Call call) {
        DType dtype = Factories.dtype(call, DType.DEFAULT_FLOATING);
        Require.floating("dtype", dtype);
        long length = call.integer("window_length");
        Require.that(length >= 0, "window_length", "is negative: " + length);
        return TensorType.of(dtype, length);
    }

    private static Expr weights(Args n, BiFunction<Args, Expr, Expr> weights) {
        TensorType type = type(n.call());
        long length = n.integer("window_length");
        if (length <= 1) {
            return n.full(type, 1);
        }
        long last = n.bool("periodic") ? length : length - 1;
        Expr t = n.call("arange", length).to(DType.FLOAT64).div((double) last);
        return weights.apply(n, t).to(type.dtype());
    }

    private static Expr cosine(Expr t, double halfTurns) {
        return t.mul(halfTurns * Math.PI).cos();
    }
}
