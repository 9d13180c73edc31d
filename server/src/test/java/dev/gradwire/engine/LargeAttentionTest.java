package dev.gradwire.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradwire.runtime.RunOptions;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention of a size that the library's kernel takes whole, beside its parts: values, gradients, their gradients. */
final class LargeAttentionTest {
    private static final String KERNEL = "attention_by_rows";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            float32 | 2, 3, 611 | 611 | attn_mask=None      | zero   | 1e-5
            float64 | 1, 3, 700 | 613 | attn_mask=None      | zero   | 1e-12
            float32 | 1, 2, 1100 | 1100 | is_causal=True      | causal | 1e-5
            float32 | 2, 3, 611 | 611 | attn_mask=band      | chosen | 1e-5
            """)
    void isTheSumOfItsParts(String dtype, String rows, int columns, String masked, String added, double tolerance) {
        String sizes = rows.strip();
        int length = Integer.parseInt(sizes.substring(sizes.lastIndexOf(' ') + 1));
        String keys = sizes.substring(0, sizes.lastIndexOf(' ')) + " " + columns;
        String inputs = """
                i = arange(%3$d)
                j = arange(%4$d)
                row = unsqueeze(i, 1)
                d = sub(row, j)
                below = ge(d, 0)
                near = lt(d, 300)
                band = logical_and(below, near)
                zero = zeros([], dtype=torch.%1$s)
                far = full([], -inf, dtype=torch.%1$s)
                causal = where(below, zero, far)
                chosen = where(band, zero, far)
                q0 = arange(%5$d, dtype=torch.%1$s)
                q1 = mul(q0, 0.37)
                q2 = sin(q1)
                q = reshape(q2, [%2$s, 4])
                k0 = arange(%6$d, dtype=torch.%1$s)
                k1 = mul(k0, 0.73)
                k2 = cos(k1)
                k = reshape(k2, [%7$s, 4])
                v0 = mul(k0, 1.31)
                v1 = sin(v0)
                v = reshape(v1, [%7$s, 4])
                """.formatted(dtype, sizes, length, columns, elements(sizes) * 4, elements(keys) * 4, keys);
        String derivatives = """
                e = sin(o)
                l = sum(e)
                g = grad([l], [q, k, v])
                h0 = cos(g)
                h1 = sum(h0)
                h2 = sin(g:1)
                h3 = sum(h2)
                h4 = square(g:2)
                h5 = sum(h4)
                h6 = add(h1, h3)
                h = add(h6, h5)
                s2 = grad([h], [q, k, v])
                return o, g, g:1, g:2, s2, s2:1, s2:2
                """;
        String whole = "o = scaled_dot_product_attention(q, k, v, %s, scale=0.5)\n".formatted(masked.strip());
        String parts = """
                kt = transpose(k, 2, 3)
                s = matmul(q, kt)
                m0 = mul(s, 0.5)
                m = add(m0, %s)
                p = softmax(m, 3)
                o = matmul(p, v)
                """.formatted(added.strip());
        List<double[]> expected = TextRun.values(inputs + parts + derivatives);
        TextRun run = TextRun.of(inputs + whole + derivatives);
        assertThat(run.plan().steps()).extracting(step -> step.call().name()).contains(KERNEL, KERNEL + "_backward");
        List<double[]> actual = run.values(RunOptions.DEFAULT);
        for (int i = 0; i < expected.size(); i++) {
            double[] ours = actual.get(i);
            double[] theirs = expected.get(i);
            double greatest = 0;
            for (double value : theirs) {
                greatest = Math.max(greatest, Math.abs(value));
            }
            for (int at = 0; at < ours.length; at++) {
                assertThat(ours[at])
                        .as("result %s at %s", i, at)
                        .isCloseTo(theirs[at], within(tolerance * greatest * 10));
            }
        }
    }

    private static long elements(String sizes) {
        long product = 1;
        for (String size : sizes.split(", ", -1)) {
            product *= Long.parseLong(size);
        }
        return product;
    }
}
