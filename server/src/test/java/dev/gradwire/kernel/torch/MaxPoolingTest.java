package dev.gradwire.kernel.torch;

import static dev.gradwire.kernel.torch.Torch.CPU;
import static dev.gradwire.kernel.torch.Torch.ints;
import static dev.gradwire.kernel.torch.Torch.op;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.kernel.KernelCall;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Our loop beside the library's kernel, the slow truth. */
class MaxPoolingTest {
    private static final SchemaTable SCHEMAS = new SchemaTable(Set.of());

    /** Few values, so that many are equal; NaN of either sign, infinities and both zeros among them. */
    private static final double[] VALUES = {
        -0.0, 0, 1, 2, Double.NaN, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, -1, -2, 3
    };

    /** Height, width, kernel, stride, padding, dilation, and whether the size is rounded up. */
    @ParameterizedTest
    @CsvSource({
        "8, 8, 2 2, 2 2, 0 0, 1 1, false",
        "7, 9, 2 2, 2 2, 0 0, 1 1, false",
        "7, 9, 2 2, 2 2, 0 0, 1 1, true",
        "7, 9, 2 2, 1 3, 0 0, 1 1, true",
        "6, 13, 2, 2, 1, 1, false",
        "6, 13, 3 2, 2 1, 1 1, 1 1, true",
        "9, 10, 3 3, 2 2, 1 1, 2 3, false",
        "9, 10, 3 3, 4 5, 1 0, 2 1, true",
        "1, 1, 1 1, 1 1, 0 0, 1 1, false",
        "5, 207, 5 1, 1 1, 2 0, 1 1, false"
    })
    void poolsAsTheLibraryDoes(
            int height, int width, String window, String stride, String padding, String dilation, boolean ceil) {
        Random random = new Random(height * 31L + width);
        for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
            for (Shape shape : List.of(Shape.of(3, height, width), Shape.of(2, 5, height, width))) {
                double[] numbers = random.ints(shape.elements(), 0, 40)
                        .mapToDouble(i -> i < VALUES.length ? VALUES[i] : i % 6)
                        .toArray();
                Tensor image = Tensor.of(dtype, shape, numbers);
                KernelCall call = Torch.call(
                        "max_pool2d_with_indices",
                        List.of(image),
                        op(0),
                        sizes(window),
                        sizes(stride),
                        sizes(padding),
                        sizes(dilation),
                        ceil);
                Arguments arguments = Arguments.check(call, SCHEMAS.get(call.name()));
                assertThat(CPU.body(call)).isInstanceOf(MaxPooling.class);
                try (TorchTensor operand = CPU.upload(image)) {
                    TorchTensor[] ours = CPU.body(call).run(new TorchTensor[] {operand});
                    TorchTensor[] theirs = new DispatcherKernel(CPU, arguments).run(new TorchTensor[] {operand});
                    for (int i = 0; i < 2; i++) {
                        assertThat(Torch.doubles(Torch.download(ours[i])))
                                .isEqualTo(Torch.doubles(Torch.download(theirs[i])));
                        ours[i].close();
                        theirs[i].close();
                    }
                }
            }
        }
        assertThat(CPU.liveTensors()).isZero();
    }

    private static Object sizes(String text) {
        return ints(
                List.of(text.split(" ", -1)).stream().mapToLong(Long::parseLong).toArray());
    }
}
