package dev.gradwire.op;

import static dev.gradwire.TextProgram.doubles;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.TextProgram;
import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Half precision is computed in single precision and rounded once, as by PyTorch's kernels. */
final class LowPrecisionTest {
    private static final int SIZE = 207;

    private static final Engine engine = Engine.open(new EngineSettings(1, 1000));

    @AfterAll
    static void close() {
        engine.close();
    }

    /** Sums of many terms, and elementwise operators of several steps. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            sum(x, [1])
            mean(x, [0])
            cumsum(x, 1)
            softmax(x, 1)
            linalg_vector_norm(x, 2, [1])
            mm(x, t(y))
            addcmul(x, y, z, value=0.3)
            addcdiv(x, y, z, value=0.3)
            lerp(x, y, 0.3)
            lerp(x, y, z)
            sinc(x)
            gelu(x)
            silu(x)
            mish(x)
            softplus(x)
            logaddexp(x, y)
            embedding_bag.functional(i, x, mode="sum")
            embedding_bag.functional(i, x, mode="mean")
            """)
    void roundsOnce(String call) {
        for (DType half : new DType[] {DType.FLOAT16, DType.BFLOAT16}) {
            Map<String, Tensor> given = inputs(half);
            Tensor actual = run(call, half, given);
            Tensor single = run(call, DType.FLOAT32, inSinglePrecision(given));
            double[] rounded = doubles(Tensor.of(half, single.type().shape(), doubles(single)));
            double[] values = doubles(actual);
            int differing = 0;
            for (int i = 0; i < values.length; i++) {
                // Another order of summation may fall on the other side of a tie.
                assertThat(values[i]).isCloseTo(rounded[i], Offset.offset(ulp(half, rounded[i])));
                differing += values[i] == rounded[i] ? 0 : 1;
            }
            assertThat(differing).as("of %s in %s", call, half.label()).isLessThanOrEqualTo(values.length / 50);
        }
    }

    private static double ulp(DType half, double value) {
        return Math.ulp((float) value) * (half == DType.FLOAT16 ? 1 << 13 : 1 << 16);
    }

    private static Map<String, Tensor> inputs(DType half) {
        SplittableRandom random = new SplittableRandom(5);
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (String name : new String[] {"x", "y", "z"}) {
            double[] elements = random.doubles(5 * SIZE, 0.5, 2).toArray();
            inputs.put(name, Tensor.of(half, Shape.of(5, SIZE), elements));
        }
        inputs.put(
                "i",
                Tensor.of(
                        DType.INT64,
                        Shape.of(2, 7),
                        random.ints(14, 0, 5).asDoubleStream().toArray()));
        return inputs;
    }

    private static Map<String, Tensor> inSinglePrecision(Map<String, Tensor> inputs) {
        Map<String, Tensor> single = new LinkedHashMap<>(inputs);
        single.replaceAll((name, tensor) -> name.equals("i")
                ? tensor
                : Tensor.of(DType.FLOAT32, tensor.type().shape(), doubles(tensor)));
        return single;
    }

    private static Tensor run(String call, DType dtype, Map<String, Tensor> inputs) {
        StringBuilder text = new StringBuilder("i: int64[2, 7]\n");
        for (String name : new String[] {"x", "y", "z"}) {
            text.append(name)
                    .append(": ")
                    .append(dtype.label())
                    .append("[5, ")
                    .append(SIZE)
                    .append("]\n");
        }
        String expanded = call.contains("t(y)") ? "k = t(y)\nr = " + call.replace("t(y)", "k") : "r = " + call;
        return TextProgram.of(engine, text + expanded + "\nreturn r")
                .run(inputs)
                .get("r");
    }
}
