package dev.gradwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class TensorDataTest {
    @ParameterizedTest
    @EnumSource(DType.class)
    void everyTypeKeepsSmallIntegers(DType dtype) {
        double[] values = dtype == DType.BOOL ? new double[] {1, 0} : new double[] {3, 100};
        long[] shape = dtype.isComplex() ? new long[] {1} : new long[] {2};

        TensorData data = TensorData.of(dtype, values, shape);

        assertThat(data.toDoubleArray()).containsExactly(values);
        assertThat(data.toFloatArray()).containsExactly((float) values[0], (float) values[1]);
        assertThat(data.bytes().remaining()).isEqualTo(dtype.sizeInBytes() * (int) data.numel());
        if (!dtype.isDifferentiable()) {
            assertThat(data.toLongArray()).containsExactly((long) values[0], (long) values[1]);
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void everyTypeHasEmptyTensorsAndScalars(DType dtype) {
        assertThat(TensorData.of(dtype, new double[0], 2, 0).toDoubleArray()).isEmpty();
        assertThat(TensorData.of(dtype, new double[dtype.isComplex() ? 2 : 1]).shape())
                .isEmpty();
    }

    // The last column is the next value as PyTorch rounds it.
    @ParameterizedTest
    @CsvSource({
        "FLOAT16, 65504, 65504",
        "FLOAT16, 65520, Infinity",
        "FLOAT16, 6.0e-8, 5.9604644775390625E-8",
        "FLOAT16, NaN, NaN",
        "FLOAT16, -0.0, -0.0",
        "BFLOAT16, 1.00390625, 1.0",
        "BFLOAT16, 1.01171875, 1.015625",
        "BFLOAT16, 3.39e38, 3.3895313892515355E38",
        "BFLOAT16, 3.4028234e38, Infinity",
        "BFLOAT16, NaN, NaN",
        "BFLOAT16, -Infinity, -Infinity",
        "FLOAT32, 1e-46, 0.0",
    })
    void roundsToTheNearest(DType dtype, double value, double rounded) {
        assertThat(TensorData.of(dtype, new double[] {value}).item()).isEqualTo(Double.valueOf(rounded));
    }

    @Test
    void signsAndWidthsOfIntegers() {
        assertThat(TensorData.of(DType.UINT8, new double[] {200}).toLongArray()).containsExactly(200);
        assertThat(TensorData.of(new byte[] {-1}, 1).toLongArray()).containsExactly(-1);
        assertThat(TensorData.of(new short[] {-300}, 1).toLongArray()).containsExactly(-300);
        assertThat(TensorData.of(new int[] {Integer.MIN_VALUE}, 1).toLongArray())
                .containsExactly(Integer.MIN_VALUE);
        assertThat(TensorData.of(new long[] {Long.MAX_VALUE}, 1).toLongArray()).containsExactly(Long.MAX_VALUE);
        assertThat(TensorData.of(new boolean[] {true, false}, 2).toBooleanArray())
                .containsExactly(true, false);
    }

    @Test
    void complexNumbers() {
        Complex[] values = {Complex.of(1, -2), Complex.of(0.1, Double.POSITIVE_INFINITY)};

        assertThat(TensorData.of(DType.COMPLEX128, values, 2).toComplexArray()).containsExactly(values);
        assertThat(TensorData.of(DType.COMPLEX64, values, 2).toFloatArray())
                .containsExactly(1, -2, 0.1f, Float.POSITIVE_INFINITY);
        assertThat(TensorData.of(DType.COMPLEX128, values, 2))
                .hasToString("tensor([1.0000-2.j, 0.1000+infj], dtype=torch.complex128)");
        assertThat(TensorData.of(new long[] {3}, 1).toComplexArray()).containsExactly(Complex.of(3, 0));
        assertThat(TensorData.of(DType.COMPLEX64, new double[] {1, 2}).complexItem())
                .hasToString("(1.0+2.0j)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TensorData.of(DType.FLOAT64, values, 2))
                .withMessage("complex numbers do not fit float64");
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> TensorData.of(DType.COMPLEX128, values, 2).complexItem());
        assertThat(Complex.of(3, 0).intValue()).isEqualTo(3);
        assertThatExceptionOfType(ArithmeticException.class)
                .isThrownBy(() -> Complex.of(3, 1).doubleValue())
                .withMessage("(3.0+1.0j) is not real");
    }

    @Test
    void isLittleEndianOnTheWire() {
        ByteBuffer bytes = TensorData.of(new int[] {1}, 1).bytes();

        assertThat(bytes.get(0)).isEqualTo((byte) 1);
        assertThat(bytes.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        assertThat(bytes.isReadOnly()).isTrue();
        assertThat(TensorData.of(DType.INT32, bytes, 1)).isEqualTo(TensorData.of(new int[] {1}, 1));
    }

    @Test
    void doesNotChangeWithTheArrayItWasMadeFrom() {
        float[] values = {1, 2};
        TensorData data = TensorData.of(values, 2);
        Arrays.fill(values, 0);
        data.shape()[0] = 5;

        assertThat(data.toFloatArray()).containsExactly(1, 2);
        assertThat(data.shape()).containsExactly(2);
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TensorData.of(new float[3], 2, 2))
                .withMessage("3 values do not fill float32[2, 2]");
        assertThatIllegalArgumentException().isThrownBy(() -> TensorData.of(new float[0], -1, 0));
        assertThatExceptionOfType(ArithmeticException.class)
                .isThrownBy(() -> TensorData.of(new float[0], Long.MAX_VALUE, 2));
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> TensorData.of(new float[1], 1).toLongArray());
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> TensorData.of(new float[2], 2).item())
                .withMessageContaining("float32[2]");
    }
}
