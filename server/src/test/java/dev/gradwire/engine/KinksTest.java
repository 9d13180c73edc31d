package dev.gradwire.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** PyTorch's derivatives at 0, where the function has none or more than one. */
final class KinksTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            atan2(a, a)            | 0
            relu(a)                | 0
            abs(a)                 | 0
            clamp(a, 0.0, 1.0)     | 0
            clamp(a, -1.0, 0.0)    | 0
            maximum(a, a)          | 1
            minimum(a, 0.0)        | 0.5
            leaky_relu(a, 0.25)    | 0.25
            sinc(a)                | 0
            """)
    void atZero(String call, double derivative) {
        String text = """
                x: float64[]
                a = mul(x, 0.0)
                y = %s
                g = grad([y], [a])
                return g
                """.formatted(call);
        assertThat(TextRun.values(text)).singleElement().isEqualTo(new double[] {derivative});
    }
}
