package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.function.BiFunction;

/**
 * Windows of signal processing, which fade a frame in and out (periodic ones are a cycle without its last point), and the
 * frequencies of a transform.
 */
final class SignalWindows {
    private static final String OPTIONS =
            ", *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor";

    private SignalWindows() {}

    /** From the places 0, …, count − 1 of a window to its values. */
    private interface Curve {
        Expr of(Args n, Expr place, long count);
    }

    static List<Declaration> declarations() {
        return List.of(
                window(
                        "hann",
                        List.of("bool periodic=True"),
                        "½ − ½ cos(2πk / (n − 1))",
                        (_, k, count) -> raised(k, count, 0.5, 0.5)),
                window(
                        "hamming",
                        List.of("bool periodic=True", "float alpha=0.54", "float beta=0.46"),
                        "alpha − beta · cos(2πk / (n − 1))",
                        (n, k, count) -> raised(k, count, n.number("alpha"), n.number("beta"))),
                window(
                        "blackman",
                        List.of("bool periodic=True"),
                        "0.42 − ½ cos(2πk / (n − 1)) + 0.08 cos(4πk / (n − 1))",
                        (_, k, count) -> {
                            Expr half = k.mul(Math.PI / (count - 1));
                            return half.mul(4.0)
                                    .cos()
                                    .mul(0.08)
                                    .sub(half.mul(2.0).cos().mul(0.5))
                                    .add(0.42);
                        }),
                window("bartlett", List.of("bool periodic=True"), "1 − |2k / (n − 1) − 1|", (_, k, count) -> {
                    Expr rising = k.mul(2.0 / (count - 1));
                    return rising.le(1.0).where(rising, rising.rsub(2.0));
                }),
                window(
                        "kaiser",
                        List.of("bool periodic=True", "float beta=12.0"),
                        "I₀(beta · √(1 − (2k / (n − 1) − 1)²)) / I₀(beta)",
                        (n, k, count) -> {
                            double beta = n.number("beta");
                            Expr across = k.mul(2.0 / (count - 1)).sub(1.0);
                            Expr inside = across.mul(across).rsub(1.0).call("clamp_min", 0.0);
                            Expr middle = k.full(k.type().withShape(Shape.SCALAR), beta);
                            return inside.sqrt().mul(beta).call("i0").div(middle.call("i0"));
                        }),
                frequencies("fft_fftfreq", "0, 1, …, −2, −1", (n, place) -> {
                    long count = n.integer("n");
                    long positive = (count + 1) / 2;
                    return place.lt(positive).where(place, place.sub(count));
                }),
                frequencies("fft_rfftfreq", "0, 1, …, n / 2", (n, place) -> place.slice(0, 0, n.integer("n") / 2 + 1)));
    }

    private static Declaration frequencies(String name, String which, BiFunction<Args, Expr, Expr> order) {
        return operator(name + "(int n, float d=1.0" + OPTIONS)
                .doc("the frequencies of a transform of n points that are d apart: " + which + ", over n · d")
                .composite(n -> {
                    long count = n.integer("n");
                    Require.that(count >= 1, "n", "must be at least 1 point, but is " + count);
                    DType dtype = n.dtype("dtype", DType.DEFAULT_FLOATING);
                    Require.floating("dtype", dtype);
                    Expr place = n.call("arange", count).to(DType.FLOAT64);
                    return List.of(order.apply(n, place)
                            .mul(1 / (count * n.number("d")))
                            .to(dtype));
                })
                .unsampled("it has no tensor to differentiate");
    }

    /** Each overload has one more of the parameters behind the length, as many as its name has. */
    private static Declaration window(String name, List<String> parameters, String formula, Curve curve) {
        Declaration declaration =
                operator(name + "_window(int window_length, " + String.join(", ", parameters) + OPTIONS);
        StringBuilder overload = new StringBuilder();
        StringBuilder given = new StringBuilder();
        for (String parameter : parameters) {
            String required = parameter.replaceAll("=.*", "");
            overload.append(overload.isEmpty() ? "" : "_").append(required.replaceAll("\\w+ ", ""));
            given.append(", ").append(required);
            declaration.overload(name + "_window." + overload + "(int window_length" + given + OPTIONS);
        }
        return declaration
                .doc(formula + " for k from 0 to n − 1")
                .composite(n -> List.of(made(n, curve)))
                .unsampled("it has no tensor to differentiate");
    }

    private static Expr made(Args n, Curve curve) {
        long length = n.integer("window_length");
        Require.that(length >= 0, "window_length", "must not be negative, but is " + length);
        DType dtype = n.dtype("dtype", DType.DEFAULT_FLOATING);
        Require.floating("dtype", dtype);
        if (length <= 1) {
            return n.full(new TensorType(dtype, Shape.of(length)), 1);
        }
        // Half precision holds no place beyond 2048.
        DType compute = dtype.sizeInBytes() < 4 ? DType.FLOAT32 : dtype;
        long count = n.bool("periodic") ? Math.addExact(length, 1) : length;
        Expr place = n.call("arange", count).to(compute);
        Expr window = curve.of(n, place, count);
        return (count == length ? window : window.slice(0, 0, length)).to(dtype);
    }

    private static Expr raised(Expr place, long count, double alpha, double beta) {
        return place.mul(2 * Math.PI / (count - 1)).cos().mul(-beta).add(alpha);
    }
}
