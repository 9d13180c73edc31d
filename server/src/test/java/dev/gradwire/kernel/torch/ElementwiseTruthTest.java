package dev.gradwire.kernel.torch;

import static dev.gradwire.kernel.torch.Torch.CPU;
import static dev.gradwire.kernel.torch.Torch.none;
import static dev.gradwire.kernel.torch.Torch.num;
import static dev.gradwire.kernel.torch.Torch.op;
import static dev.gradwire.kernel.torch.Torch.some;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Elementwise kernels against plain loops, at sizes that do not fill vectors. */
class ElementwiseTruthTest {
    private static final int[] SIZES = {0, 1, 13, 207};

    @AfterEach
    void everyTensorIsClosed() {
        assertThat(CPU.liveTensors()).isZero();
    }

    private static Arguments row(String name, DoubleUnaryOperator truth) {
        return Arguments.of(name, truth);
    }

    private static Arguments row(String name, DoubleBinaryOperator truth) {
        return Arguments.of(name, truth);
    }

    static Stream<Arguments> unary() {
        return Stream.of(
                row("abs", Math::abs),
                row("neg", x -> -x),
                row("exp", Math::exp),
                row("exp2", x -> Math.pow(2, x)),
                row("expm1", Math::expm1),
                row("log", Math::log),
                row("log2", x -> Math.log(x) / Math.log(2)),
                row("log10", Math::log10),
                row("log1p", Math::log1p),
                row("sqrt", Math::sqrt),
                row("rsqrt", x -> 1 / Math.sqrt(x)),
                row("reciprocal", x -> 1 / x),
                row("square", x -> x * x),
                row("sin", Math::sin),
                row("cos", Math::cos),
                row("tan", Math::tan),
                row("asin", Math::asin),
                row("acos", Math::acos),
                row("atan", Math::atan),
                row("sinh", Math::sinh),
                row("cosh", Math::cosh),
                row("tanh", Math::tanh),
                row("asinh", x -> Math.signum(x) * Math.log(Math.abs(x) + Math.sqrt(x * x + 1))),
                row("acosh", x -> Math.log(x + Math.sqrt(x * x - 1))),
                row("atanh", x -> Math.log((1 + x) / (1 - x)) / 2),
                row("sigmoid", x -> 1 / (1 + Math.exp(-x))),
                row("relu", x -> Double.isNaN(x) ? x : Math.max(x, 0)),
                row("silu", x -> x / (1 + Math.exp(-x))),
                row("floor", Math::floor),
                row("ceil", Math::ceil),
                row("round", Math::rint),
                row("trunc", x -> x < 0 ? Math.ceil(x) : Math.floor(x)),
                row("frac", x -> x - (x < 0 ? Math.ceil(x) : Math.floor(x))),
                row("sign", x -> Double.isNaN(x) ? 0 : Math.signum(x)),
                row("isnan", x -> Double.isNaN(x) ? 1 : 0),
                row("isinf", x -> Double.isInfinite(x) ? 1 : 0),
                row("isfinite", x -> Double.isFinite(x) ? 1 : 0),
                row("logical_not", x -> x == 0 ? 1 : 0));
    }

    static Stream<Arguments> binary() {
        return Stream.of(
                row("mul.Tensor", (a, b) -> a * b),
                row("div.Tensor", (a, b) -> a / b),
                row("pow.Tensor_Tensor", Math::pow),
                row("atan2", Math::atan2),
                row("maximum", Math::max),
                row("minimum", Math::min),
                row("fmax", (a, b) -> Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.max(a, b)),
                row("fmin", (a, b) -> Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.min(a, b)),
                row("fmod", (a, b) -> a % b),
                row("remainder", (a, b) -> a % b == 0 || (a % b < 0) == (b < 0) ? a % b : a % b + b),
                row("hypot", Math::hypot),
                row("copysign", (a, b) -> Double.isNaN(a) ? a : Math.copySign(a, b)),
                row("logaddexp", (a, b) -> Math.log(Math.exp(a) + Math.exp(b))),
                row("xlogy", (a, b) -> Double.isNaN(b) ? b : a == 0 ? 0 : a * Math.log(b)),
                row("eq", (a, b) -> a == b ? 1 : 0),
                row("ne", (a, b) -> a != b ? 1 : 0),
                row("lt", (a, b) -> a < b ? 1 : 0),
                row("le", (a, b) -> a <= b ? 1 : 0),
                row("gt", (a, b) -> a > b ? 1 : 0),
                row("ge", (a, b) -> a >= b ? 1 : 0),
                row("logical_and", (a, b) -> a != 0 && b != 0 ? 1 : 0),
                row("logical_or", (a, b) -> a != 0 || b != 0 ? 1 : 0),
                row("logical_xor", (a, b) -> (a != 0) != (b != 0) ? 1 : 0));
    }

    /** Numbers of moderate size, with a NaN, infinities and zeros among them. */
    private static Tensor sample(DType dtype, int size, int seed) {
        Random random = new Random(seed);
        double[] special = {0, -0.0, 1, -1, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0.5};
        double[] values = new double[size];
        for (int i = 0; i < size; i++) {
            values[i] = i % 3 == 0 && size > 1 ? special[random.nextInt(special.length)] : random.nextGaussian();
        }
        return Tensor.of(dtype, Shape.of(size), values);
    }

    @ParameterizedTest
    @MethodSource
    void unary(String name, DoubleUnaryOperator truth) {
        for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
            for (int size : SIZES) {
                Tensor x = sample(dtype, size, size);
                Tensor result = Torch.one(name, List.of(x), op(0));
                assertThat(result.type().shape()).isEqualTo(Shape.of(size));
                for (int i = 0; i < size; i++) {
                    assertClose(result.getDouble(i), truth.applyAsDouble(x.getDouble(i)), dtype, name + x.getDouble(i));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource
    void binary(String name, DoubleBinaryOperator truth) {
        String kernel = CPU.kernels().contains(name) ? name : name + ".Tensor";
        for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
            for (int size : SIZES) {
                Tensor a = sample(dtype, size, 1);
                Tensor b = sample(dtype, size, 2);
                Tensor result = Torch.one(kernel, List.of(a, b), op(0), op(1));
                for (int i = 0; i < size; i++) {
                    double x = a.getDouble(i);
                    double y = b.getDouble(i);
                    if (isSpecial(name, x, y)) {
                        continue;
                    }
                    assertClose(result.getDouble(i), truth.applyAsDouble(x, y), dtype, name + " " + x + " " + y);
                }
            }
        }
    }

    /** Where Java and C disagree, or where the plain formula is too plain. */
    private static boolean isSpecial(String name, double x, double y) {
        return switch (name) {
            case "pow.Tensor_Tensor" -> Math.abs(x) == 1 || x == 1;
            case "logaddexp", "remainder" -> Double.isInfinite(x) || Double.isInfinite(y);
            default -> false;
        };
    }

    private static void assertClose(double actual, double expected, DType dtype, String what) {
        if (Double.isNaN(expected)) {
            assertThat(actual).as(what).isNaN();
        } else if (Double.isInfinite(expected)) {
            assertThat(actual).as(what).isEqualTo(expected);
        } else {
            double tolerance = dtype == DType.FLOAT64 ? 1e-12 : 4e-6;
            assertThat(Math.abs(actual - expected))
                    .as(what)
                    .isLessThanOrEqualTo(tolerance * Math.max(1, Math.abs(expected)));
        }
    }

    @ParameterizedTest
    @MethodSource("realTypes")
    void sumsAndDifferencesOfEveryType(DType dtype) {
        Tensor a = Tensor.of(dtype, Shape.of(5), 1, 2, 3, 4, 5);
        Tensor b = Tensor.of(dtype, Shape.of(5), 5, 4, 3, 2, 1);
        assertThat(doubles("add.Tensor", a, b, 2)).containsExactly(11, 10, 9, 8, 7);
        assertThat(doubles("rsub.Tensor", a, b, 1)[0]).isEqualTo(4);
        if (dtype != DType.UINT8) {
            assertThat(doubles("sub.Tensor", a, b, 1)).containsExactly(-4, -2, 0, 2, 4);
        }
        assertThat(Torch.doubles(Torch.one("add.Scalar", List.of(a), op(0), num(3), num(2))))
                .containsExactly(7, 8, 9, 10, 11);
        assertThat(Torch.doubles(Torch.one("mul.Scalar", List.of(a), op(0), num(3))))
                .containsExactly(3, 6, 9, 12, 15);
        assertThat(Torch.doubles(Torch.one("pow.Tensor_Scalar", List.of(a), op(0), num(2))))
                .containsExactly(1, 4, 9, 16, 25);
        assertThat(Torch.doubles(Torch.one("addcmul", List.of(a, b, b), op(0), op(1), op(2), num(1))))
                .containsExactly(26, 18, 12, 8, 6);
    }

    static Stream<DType> realTypes() {
        return Arrays.stream(DType.values()).filter(dtype -> !dtype.isComplex() && dtype != DType.BOOL);
    }

    private static double[] doubles(String name, Tensor a, Tensor b, Number alpha) {
        return Torch.doubles(Torch.one(name, List.of(a, b), op(0), op(1), num(alpha)));
    }

    @Test
    void integersKeepAllTheirBits() {
        Tensor big = Tensor.scalar(DType.INT64, Long.MAX_VALUE - 2);
        Tensor one = Tensor.scalar(DType.INT64, 1L);
        assertThat(Torch.one("add.Tensor", List.of(big, one), op(0), op(1), num(2))
                        .getLong(0))
                .isEqualTo(Long.MAX_VALUE);
        assertThat(Torch.one("add.Scalar", List.of(one), op(0), num(Long.MAX_VALUE - 1), num(1))
                        .getLong(0))
                .isEqualTo(Long.MAX_VALUE);
        assertThat(Torch.one("full", List.of(), Torch.ints(2), num(Long.MIN_VALUE + 1), none(), none(), none(), none())
                        .getLong(1))
                .isEqualTo(Long.MIN_VALUE + 1);
    }

    @Test
    void aNumberMeetsTensorsAsPyTorchPromotes() {
        Tensor ints = Torch.i64(Shape.of(3), 1, 2, 3);
        Tensor half = Tensor.of(DType.BFLOAT16, Shape.SCALAR, 2);
        assertThat(Torch.one("mul.Scalar", List.of(ints), op(0), num(0.5))
                        .type()
                        .dtype())
                .isEqualTo(DType.FLOAT32);
        assertThat(Torch.one("mul.Scalar", List.of(half), op(0), num(0.5))
                        .type()
                        .dtype())
                .isEqualTo(DType.BFLOAT16);
        assertThat(Torch.doubles(Torch.one("lt.Scalar", List.of(ints), op(0), num(2.5))))
                .containsExactly(1, 1, 0);
        assertThat(Torch.doubles(Torch.one("clamp", List.of(ints), op(0), some(num(2)), none())))
                .containsExactly(2, 2, 3);
        assertThat(Torch.doubles(Torch.one("clamp", List.of(ints), op(0), none(), some(num(2)))))
                .containsExactly(1, 2, 2);
    }
}
