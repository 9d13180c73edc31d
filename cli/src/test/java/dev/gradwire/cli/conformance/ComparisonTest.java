package dev.gradwire.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import org.junit.jupiter.api.Test;

final class ComparisonTest {
    private static final Case.Tolerance TOLERANCE = new Case.Tolerance(1e-9, 1e-9);
    private static final double INF = Double.POSITIVE_INFINITY;

    private static Tensor doubles(double... elements) {
        return Tensor.of(DType.FLOAT64, Shape.of(elements.length), elements);
    }

    private static String difference(Tensor actual, Tensor expected) {
        return Comparison.of(actual, expected, TOLERANCE).difference();
    }

    @Test
    void toleranceIsAbsolutePlusRelative() {
        assertThat(difference(doubles(100 + 1.00e-7), doubles(100))).isNull();
        assertThat(difference(doubles(100 + 1.02e-7), doubles(100))).contains("element [0]", "expected 100.0");
        assertThat(Comparison.of(doubles(3), doubles(1), TOLERANCE).worstError())
                .isEqualTo(1);
    }

    @Test
    void onlyEqualNonFiniteNumbersAgree() {
        assertThat(difference(doubles(Double.NaN, INF, -INF), doubles(Double.NaN, INF, -INF)))
                .isNull();
        assertThat(difference(doubles(1), doubles(INF))).isNotNull();
        assertThat(difference(doubles(-INF), doubles(INF))).isNotNull();
        assertThat(difference(doubles(INF), doubles(1))).isNotNull();
        assertThat(difference(doubles(Double.NaN), doubles(1))).isNotNull();
        assertThat(difference(doubles(1), doubles(Double.NaN))).isNotNull();
        assertThat(difference(doubles(-0.0), doubles(0.0))).isNull();
    }

    @Test
    void typesAndIntegersAreExact() {
        Tensor ints = Tensor.of(DType.INT64, Shape.of(2, 2), 1, 2, 3, 4);
        assertThat(difference(ints, Tensor.of(DType.INT64, Shape.of(2, 2), 1, 2, 4, 4)))
                .contains("element [1, 0]");
        assertThat(difference(ints, Tensor.of(DType.INT32, Shape.of(2, 2), 1, 2, 3, 4)))
                .contains("int32");
        assertThat(difference(doubles(1), Tensor.scalar(DType.FLOAT64, 1.0))).contains("float64[]");
    }

    @Test
    void unusedIsZeros() {
        assertThat(Comparison.withZeros(doubles(0, -0.0), TOLERANCE).difference())
                .isNull();
        assertThat(Comparison.withZeros(doubles(0, 1), TOLERANCE).difference()).contains("element [1]");
    }
}
