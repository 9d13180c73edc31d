package dev.gradwire.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The functions for vectors of every length against those for one number, and those against a table. */
class VectorMathTest {
    private static final double ULPS = 4;

    private static final List<VectorSpecies<Float>> FLOATS =
            List.of(FloatVector.SPECIES_64, FloatVector.SPECIES_128, FloatVector.SPECIES_256, FloatVector.SPECIES_512);

    private static final List<VectorSpecies<Double>> DOUBLES = List.of(
            DoubleVector.SPECIES_64, DoubleVector.SPECIES_128, DoubleVector.SPECIES_256, DoubleVector.SPECIES_512);

    /** Function, arguments, value of C's function or, where C has none, of PyTorch's; the same in f32 and f64. */
    private static final String SPECIAL = """
            exp -Infinity = 0; exp Infinity = Infinity; exp NaN = NaN; exp -0.0 = 1; exp 800 = Infinity; exp -800 = 0
            exp2 -Infinity = 0; exp2 Infinity = Infinity; exp2 NaN = NaN; exp2 -0.0 = 1; exp2 10 = 1024; exp2 -3 = 0.125
            expm1 -Infinity = -1; expm1 Infinity = Infinity; expm1 NaN = NaN; expm1 -0.0 = -0.0; expm1 0 = 0
            log 0 = -Infinity; log -0.0 = -Infinity; log -1 = NaN; log Infinity = Infinity; log NaN = NaN; log 1 = 0
            log -Infinity = NaN; log2 -Infinity = NaN; log2 8 = 3; log2 0.125 = -3; log2 0 = -Infinity; log2 NaN = NaN
            log2 Infinity = Infinity; log10 0 = -Infinity; log10 -2 = NaN; log10 Infinity = Infinity; log10 1 = 0
            log1p -1 = -Infinity; log1p -1.5 = NaN; log1p Infinity = Infinity; log1p -0.0 = -0.0; log1p NaN = NaN
            sin -0.0 = -0.0; sin 0 = 0; sin Infinity = NaN; sin NaN = NaN; cos 0 = 1; cos -Infinity = NaN; cos NaN = NaN
            tan -0.0 = -0.0; tan Infinity = NaN; tan NaN = NaN; asin -0.0 = -0.0; asin 1.5 = NaN; asin NaN = NaN
            acos 1 = 0; acos -2 = NaN; acos NaN = NaN; atan -0.0 = -0.0; atan NaN = NaN
            sinh -0.0 = -0.0; sinh Infinity = Infinity; sinh -Infinity = -Infinity; sinh NaN = NaN
            cosh 0 = 1; cosh -Infinity = Infinity; cosh NaN = NaN
            tanh -0.0 = -0.0; tanh Infinity = 1; tanh -Infinity = -1; tanh NaN = NaN; tanh 50 = 1
            asinh -0.0 = -0.0; asinh -Infinity = -Infinity; asinh NaN = NaN
            acosh 1 = 0; acosh 0.5 = NaN; acosh -3 = NaN; acosh Infinity = Infinity; acosh NaN = NaN
            atanh -0.0 = -0.0; atanh 1 = Infinity; atanh -1 = -Infinity; atanh 2 = NaN; atanh NaN = NaN
            sigmoid Infinity = 1; sigmoid -Infinity = 0; sigmoid 0 = 0.5; sigmoid NaN = NaN
            erf -0.0 = -0.0; erf Infinity = 1; erf -Infinity = -1; erf NaN = NaN; erf 7 = 1
            erfc 0 = 1; erfc Infinity = 0; erfc -Infinity = 2; erfc NaN = NaN; erfc 40 = 0
            lgamma 0 = Infinity; lgamma -0.0 = Infinity; lgamma -2 = Infinity; lgamma 1 = 0; lgamma 2 = 0; lgamma NaN = NaN
            lgamma Infinity = Infinity; lgamma -Infinity = Infinity
            digamma 0 = -Infinity; digamma -0.0 = Infinity; digamma -1 = NaN; digamma NaN = NaN
            digamma Infinity = Infinity; digamma -Infinity = NaN
            rsqrt 0 = Infinity; rsqrt -1 = NaN; rsqrt Infinity = 0; rsqrt 4 = 0.5
            floor -0.0 = -0.0; floor -0.5 = -1; floor 0.5 = 0; floor Infinity = Infinity; floor NaN = NaN; floor -3 = -3
            ceil -0.5 = -0.0; ceil 0.5 = 1; ceil -Infinity = -Infinity; ceil NaN = NaN; ceil 7 = 7
            trunc -0.5 = -0.0; trunc 1.75 = 1; trunc NaN = NaN; trunc -Infinity = -Infinity
            rint 0.5 = 0; rint 1.5 = 2; rint 2.5 = 2; rint -0.5 = -0.0; rint NaN = NaN; rint Infinity = Infinity
            sign -0.0 = 0; sign 0 = 0; sign NaN = 0; sign -3 = -1; sign Infinity = 1
            pow NaN 0 = 1; pow 1 NaN = 1; pow -1 Infinity = 1; pow -1 -Infinity = 1; pow NaN 1 = NaN; pow 2 NaN = NaN
            pow 0 -1 = Infinity; pow -0.0 -3 = -Infinity; pow -0.0 3 = -0.0; pow 0 2 = 0; pow -0.0 -2 = Infinity
            pow -8 0.5 = NaN; pow -2 3 = -8; pow -2 2 = 4; pow 0.5 Infinity = 0; pow 2 Infinity = Infinity
            pow 2 -Infinity = 0; pow -Infinity 3 = -Infinity; pow -Infinity 0.5 = Infinity; pow -Infinity -1 = -0.0
            pow Infinity -1 = 0; pow Infinity 0.5 = Infinity; pow 0 Infinity = 0; pow 0 -Infinity = Infinity
            atan2 0 0 = 0; atan2 -0.0 1 = -0.0; atan2 NaN 1 = NaN; atan2 1 NaN = NaN; atan2 1 Infinity = 0
            atan2 -1 Infinity = -0.0
            fmod 5 3 = 2; fmod -5 3 = -2; fmod 5 0 = NaN; fmod Infinity 2 = NaN; fmod -0.0 2 = -0.0; fmod -1 Infinity = -1
            fmod 1e30 7 = C; fmod 3 1e-40 = C; fmod 1 NaN = NaN
            remainder -1 3 = 2; remainder 1 -3 = -2; remainder -6 3 = -0.0; remainder 5 0 = NaN
            remainder -1 Infinity = Infinity; remainder 1e30 -7 = C
            maximum NaN 1 = NaN; maximum 1 NaN = NaN; maximum 2 3 = 3; maximum -Infinity 1 = 1
            minimum NaN 1 = NaN; minimum 1 NaN = NaN; minimum 2 3 = 2; minimum Infinity 1 = 1
            """;

    private static List<MathFunction> functions() {
        return MathFunction.ALL;
    }

    @ParameterizedTest
    @MethodSource("functions")
    void agreesWithScalarOnEverySpecies(MathFunction function) {
        for (int size : new int[] {1, 13, 207, 4098}) {
            double[] x = arguments(function, size, 1);
            double[] y = arguments(function, size, 2);
            float[] a = floats(x);
            float[] b = floats(y);
            for (VectorSpecies<Float> species : FLOATS) {
                float[] result = function.run(species, a, b);
                for (int i = 0; i < size; i++) {
                    check(function, species, a[i], b[i], result[i], function.scalar(a[i], b[i]), ULPS, true);
                }
            }
            for (VectorSpecies<Double> species : DOUBLES) {
                double[] result = function.run(species, x, y);
                for (int i = 0; i < size; i++) {
                    // Both sides may be off.
                    check(function, species, x[i], y[i], result[i], function.scalar(x[i], y[i]), 2 * ULPS, false);
                }
            }
        }
    }

    /** In f32 no operation depends on the length of the vector. */
    @ParameterizedTest
    @MethodSource("functions")
    void isTheSameBitByBitOnEverySpecies(MathFunction function) {
        float[] a = floats(arguments(function, 1000, 3));
        float[] b = floats(arguments(function, 1000, 4));
        float[] expected = function.run(FloatVector.SPECIES_128, a, b);
        for (VectorSpecies<Float> species : FLOATS) {
            float[] result = function.run(species, a, b);
            for (int i = 0; i < a.length; i++) {
                // These use the JDK's vector library for f64, which need not be so.
                double tolerance = function.name().endsWith("gamma") ? Math.ulp(expected[i]) : 0;
                assertThat(Float.compare(result[i], expected[i]) == 0 || Math.abs(result[i] - expected[i]) <= tolerance)
                        .as("%s(%s, %s) on %s", function.name(), a[i], b[i], species)
                        .isTrue();
            }
        }
    }

    @Test
    void givesTheValuesOfTheTable() throws IOException {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                VectorMathTest.class.getResourceAsStream("functions.txt"), StandardCharsets.UTF_8))) {
            lines.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
                Row row = Row.of(line);
                double bound = row.function.name().endsWith("gamma") && row.x < 0 ? 200 : ULPS;
                double scalar = row.function.scalar(row.x, row.y);
                check(row.function, null, row.x, row.y, scalar, row.value, bound, false);
                for (VectorSpecies<Double> species : DOUBLES) {
                    double result = row.function.run(species, new double[] {row.x}, new double[] {row.y})[0];
                    check(row.function, species, row.x, row.y, result, row.value, bound, false);
                }
            });
        }
    }

    @Test
    void givesSpecialValues() {
        Stream.of(SPECIAL.split("[;\n]", -1))
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .forEach(line -> {
                    Row row = Row.of(line.replace("= C", "= 0"));
                    boolean asC = line.endsWith("C");
                    double exact = asC ? row.function.scalar(row.x, row.y) : row.value;
                    float[] a = {(float) row.x};
                    float[] b = {(float) row.y};
                    float expected = (float) (asC ? row.function.scalar(a[0], b[0]) : row.value);
                    assertThat(row.function.scalar(row.x, row.y)).as(line).isEqualTo(Double.valueOf(exact));
                    for (VectorSpecies<Float> species : FLOATS) {
                        assertThat(row.function.run(species, a, b)[0])
                                .as(line + " f32")
                                .isEqualTo(Float.valueOf(expected));
                    }
                    for (VectorSpecies<Double> species : DOUBLES) {
                        double result = row.function.run(species, new double[] {row.x}, new double[] {row.y})[0];
                        assertThat(result).as(line + " f64").isEqualTo(Double.valueOf(exact));
                    }
                });
    }

    private record Row(MathFunction function, double x, double y, double value) {
        static Row of(String line) {
            String[] words = line.split(" ", -1);
            int last = words.length - 1;
            double x = Double.parseDouble(words[1]);
            double y = last == 4 ? Double.parseDouble(words[2]) : 0;
            return new Row(MathFunction.named(words[0]), x, y, Double.parseDouble(words[last]));
        }
    }

    /** Of all magnitudes, with special values among them; powers are kept within the range of results mostly. */
    private static double[] arguments(MathFunction function, int size, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] special = {
            0.0, -0.0, 1, -1, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Float.MIN_VALUE, 0.5, 2
        };
        double[] x = new double[size];
        for (int i = 0; i < size; i++) {
            double sign = random.nextBoolean() && !function.name().endsWith("gamma") ? -1 : 1;
            x[i] = sign
                    * switch (i % 4) {
                        case 0 -> random.nextDouble();
                        case 1 -> Math.pow(10, 6 * random.nextDouble() - 4);
                        case 2 -> Math.pow(10, 70 * random.nextDouble() - 35);
                        default -> 1 + 0.5 * random.nextDouble();
                    };
            if (size > 1 && i % 37 == 5) {
                x[i] = special[random.nextInt(special.length)];
            }
        }
        return x;
    }

    private static float[] floats(double[] x) {
        float[] result = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            result[i] = (float) x[i];
        }
        return result;
    }

    private static void check(
            MathFunction f,
            VectorSpecies<?> species,
            double x,
            double y,
            double actual,
            double expected,
            double ulps,
            boolean single) {
        double wanted = single ? (float) expected : expected;
        if (Double.isNaN(wanted) || Double.isInfinite(wanted) || Double.isInfinite(actual) || wanted == 0) {
            // Rounding to the largest number or to 0 is for either side to decide.
            boolean edge = single
                    ? Math.abs(expected) < 2 * Float.MIN_VALUE && Math.abs(actual) <= 4 * Float.MIN_VALUE
                            || Math.abs(expected) > 0.999 * Float.MAX_VALUE
                    : Math.abs(expected) < 1e-320 && Math.abs(actual) < 1e-320;
            assertThat(actual == wanted || Double.isNaN(actual) && Double.isNaN(wanted) || edge)
                    .as("%s(%s, %s) on %s is %s, not %s", f.name(), x, y, species, actual, expected)
                    .isTrue();
            return;
        }
        double ulp = single ? Math.ulp((float) expected) : Math.ulp(expected);
        assertThat(Math.abs(actual - expected) / ulp)
                .as("%s(%s, %s) on %s is %s, not %s", f.name(), x, y, species, actual, expected)
                .isLessThanOrEqualTo(ulps);
    }
}
