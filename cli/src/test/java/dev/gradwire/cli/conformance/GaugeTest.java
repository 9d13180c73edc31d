package dev.gradwire.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

final class GaugeTest {
    private static final Case.Tolerance TOLERANCE = new Case.Tolerance(1e-9, 1e-9);
    private static final Tensor EXPECTED = matrices(1, 2, 3, 4, 5, 6, 7, 8);
    private static final Tensor FLIPPED_COLUMNS = matrices(-1, 2, -3, 4, 5, -6, 7, -8);
    private static final Tensor FLIPPED_ROWS = matrices(-1, -2, 3, 4, 5, 6, -7, -8);

    private static Tensor matrices(double... elements) {
        return Tensor.of(DType.FLOAT64, Shape.of(2, 2, 2), elements);
    }

    private static Tensor complex(Shape shape, double... parts) {
        Tensor real = Tensor.of(DType.FLOAT64, shape.insertDim(shape.rank(), 2), parts);
        return new Tensor(new TensorType(DType.COMPLEX128, shape), real.data());
    }

    private static Gauge gauge(List<Tensor> actual, Tensor... expected) {
        return Gauge.of(actual, List.of(expected), actual.getFirst().type().shape(), TOLERANCE);
    }

    private static void assertAligned(Gauge gauge, int output, Tensor tensor, Tensor aligned) {
        assertThat(Comparison.of(gauge.align(output, tensor), aligned, TOLERANCE)
                        .difference())
                .isNull();
    }

    @Test
    void flipsColumnsAndTheSameRows() {
        Gauge gauge = gauge(List.of(FLIPPED_COLUMNS, FLIPPED_ROWS), EXPECTED, EXPECTED);
        assertAligned(gauge, 0, EXPECTED, FLIPPED_COLUMNS);
        assertAligned(gauge, 1, EXPECTED, FLIPPED_ROWS);
        assertAligned(gauge, 0, matrices(1, 1, 1, 1, 1, 1, 1, 1), matrices(-1, 1, -1, 1, 1, -1, 1, -1));
    }

    @Test
    void oneDecompositionHasOneChoice() {
        Gauge gauge = gauge(List.of(FLIPPED_COLUMNS, EXPECTED), EXPECTED, EXPECTED);
        assertThat(gauge.align(1, EXPECTED)).isNotEqualTo(EXPECTED);
        Gauge other = gauge(List.of(EXPECTED, FLIPPED_ROWS), EXPECTED, EXPECTED);
        assertAligned(other, 1, EXPECTED, EXPECTED);
    }

    @Test
    void leavesWhatDiffersOtherwise() {
        Gauge gauge = gauge(List.of(matrices(-1, 2, 3, 4, 5, 6, 7, 8)), EXPECTED);
        assertAligned(gauge, 0, EXPECTED, EXPECTED);
    }

    @Test
    void turnsPhases() {
        Shape shape = Shape.of(2, 2);
        Tensor expected = complex(shape, 1, 0, 0, 1, 2, 0, 1, 1);
        // Columns times i and −1, and for rows the conjugates.
        Tensor columns = complex(shape, 0, 1, 0, -1, 0, 2, -1, -1);
        Tensor rows = complex(shape, 0, -1, 1, 0, -2, 0, -1, -1);
        Gauge gauge = gauge(List.of(columns, rows), expected, expected);
        assertAligned(gauge, 0, expected, columns);
        assertAligned(gauge, 1, expected, rows);
    }

    @Test
    void rotatesTheVectorsBeyondTheRank() {
        Tensor expected = Tensor.of(DType.FLOAT64, Shape.of(3, 3), 1, 0, 0, 0, 1, 0, 0, 0, 1);
        Tensor actual = Tensor.of(DType.FLOAT64, Shape.of(3, 3), -1, 0, 0, 0, 0.6, -0.8, 0, 0.8, 0.6);
        Gauge gauge = Gauge.of(List.of(actual), List.of(expected), Shape.of(1, 3), TOLERANCE);
        assertAligned(gauge, 0, expected, actual);
        Gauge fullRank = Gauge.of(List.of(actual), List.of(expected), Shape.of(3, 3), TOLERANCE);
        assertAligned(fullRank, 0, expected, expected);
    }
}
