package dev.gradwire.kernel;

import static dev.gradwire.TextProgram.doubles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class RandomNumbersTest {
    /** The known answers that come with the authors' own code. */
    @ParameterizedTest
    @CsvSource({
        "0000000000000000, 0000000000000000, 0000000000000000, 6627e8d5 e169c58d bc57ac4c 9b00dbd8",
        "ffffffffffffffff, ffffffffffffffff, ffffffffffffffff, 408f276d 41c83b0e a20bc7c6 6d5451fd",
        "299f31d0a4093822, 0370734413198a2e, 85a308d3243f6a88, d16cfe09 94fdcceb 5001e420 24126ea1"
    })
    void philoxGivesTheKnownAnswers(String seed, String stream, String block, String words) {
        int[] given = new int[4];
        new Philox(Long.parseUnsignedLong(seed, 16), Long.parseUnsignedLong(stream, 16))
                .block(Long.parseUnsignedLong(block, 16), given);
        assertThat(Arrays.stream(given).mapToObj("%08x"::formatted)).containsExactly(words.split(" "));
    }

    @ParameterizedTest
    @CsvSource({
        "0.5, 0",
        "0.975, 1.959963984540054",
        "0.025, -1.959963984540054",
        "0.1, -1.2815515655446004",
        "1e-10, -6.361340902404056",
        "1e-16, -8.222082216130435"
    })
    void quantilesOfTheNormalDistribution(double p, double quantile) {
        assertThat(NormalQuantile.of(p)).isEqualTo(quantile, within(1e-15 * (1 + Math.abs(quantile))));
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT64", "FLOAT32", "FLOAT16", "BFLOAT16"})
    void uniformNumbersFillTheirInterval(DType dtype) {
        for (boolean open : new boolean[] {false, true}) {
            double[] numbers = doubles(new RandomNumbers(1, 2).uniform(TensorType.of(dtype, 40_001), open));
            assertThat(DoubleStream.of(numbers).min().orElseThrow()).isBetween(open ? 1e-12 : 0, 0.01);
            assertThat(DoubleStream.of(numbers).max().orElseThrow()).isBetween(0.99, Math.nextDown(1.0));
            assertMoments(numbers, 0.5, 1.0 / 12);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT64", "FLOAT32", "FLOAT16", "BFLOAT16"})
    void normalNumbersHaveTheirMoments(DType dtype) {
        double[] numbers = doubles(new RandomNumbers(1, 2).normal(TensorType.of(dtype, 40_001)));
        assertMoments(numbers, 0, 1);
        double fourth =
                DoubleStream.of(numbers).map(x -> x * x * x * x).average().orElseThrow();
        assertThat(fourth).isEqualTo(3, within(0.15));
    }

    private static void assertMoments(double[] numbers, double mean, double variance) {
        double average = DoubleStream.of(numbers).average().orElseThrow();
        double spread = DoubleStream.of(numbers)
                .map(x -> (x - average) * (x - average))
                .average()
                .orElseThrow();
        assertThat(average).isEqualTo(mean, within(4 * Math.sqrt(variance / numbers.length)));
        assertThat(spread).isEqualTo(variance, within(0.03 * variance));
    }

    @Test
    void integersCoverTheirRange() {
        Tensor few = new RandomNumbers(3, 0).integers(TensorType.of(DType.INT64, 10_000), -2, 3);
        long[] counts = new long[5];
        for (int i = 0; i < 10_000; i++) {
            counts[(int) few.getLong(i) + 2]++;
        }
        assertThat(Arrays.stream(counts)).allMatch(count -> Math.abs(count - 2000) < 160);
        Tensor many =
                new RandomNumbers(3, 0).integers(TensorType.of(DType.INT64, 1000), Long.MIN_VALUE, Long.MAX_VALUE);
        long negative =
                IntStream.range(0, 1000).filter(i -> many.getLong(i) < 0).count();
        assertThat(negative).isBetween(420L, 580L);
    }

    @Test
    void anElementDependsOnItsPlaceOnly() {
        RandomNumbers numbers = new RandomNumbers(7, -5);
        double[] few = doubles(numbers.normal(TensorType.of(DType.FLOAT32, 13)));
        double[] many = doubles(numbers.normal(TensorType.of(DType.FLOAT32, 207)));
        assertThat(Arrays.copyOf(many, 13)).containsExactly(few);
        assertThat(doubles(new RandomNumbers(7, -6).normal(TensorType.of(DType.FLOAT32, 13))))
                .doesNotContain(few);
        assertThat(doubles(new RandomNumbers(8, -5).normal(TensorType.of(DType.FLOAT32, 13))))
                .doesNotContain(few);
    }
}
