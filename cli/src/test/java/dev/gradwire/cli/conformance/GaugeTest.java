package dev.gradwire.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import org.junit.jupiter.api.Test;

final class GaugeTest {
    private static final Case.Tolerance TOLERANCE = new Case.Tolerance(1e-9, 1e-9);
    private static final Tensor EXPECTED = matrices(1, 2, 3, 4, 5, 6, 7, 8);

    private static Tensor matrices(double... elements) {
        return Tensor.of(DType.FLOAT64, Shape.of(2, 2, 2), elements);
    }

    @Test
    void flipsColumnsOrRows() {
        assertThat(Gauge.signs(matrices(-1, 2, -3, 4, 5, -6, 7, -8), EXPECTED, TOLERANCE))
                .containsExactly(-1, 1, -1, 1, 1, -1, 1, -1);
        assertThat(Gauge.signs(matrices(1, 2, -3, -4, -5, -6, 7, 8), EXPECTED, TOLERANCE))
                .containsExactly(1, 1, -1, -1, -1, -1, 1, 1);
    }

    @Test
    void leavesWhatDiffersOtherwise() {
        double[] signs = Gauge.signs(matrices(-1, 2, 3, 4, 5, 6, 7, 8), EXPECTED, TOLERANCE);
        assertThat(signs).containsOnly(1);
    }
}
