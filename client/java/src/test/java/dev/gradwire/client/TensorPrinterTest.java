package dev.gradwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;

/** The expected texts are what PyTorch 2.15 prints. */
final class TensorPrinterTest {
    private static final double NAN = Double.NaN;
    private static final double INF = Double.POSITIVE_INFINITY;

    static final Arguments[] texts = {
        row(floats(2, 2).of(1, 1, 1, 1), "tensor([[1., 1.],\n        [1., 1.]])"),
        row(floats().of(18), "tensor(18.)"),
        row(floats(3).of(0.1, 1, 10), "tensor([ 0.1000,  1.0000, 10.0000])"),
        row(floats(6).of(1.5, NAN, INF, -INF, 0.0, -0.0), "tensor([1.5000,    nan,    inf,   -inf, 0.0000, -0.0000])"),
        row(floats(2).of(0, NAN), "tensor([0., nan])"),
        row(floats(2).of(-1, 2), "tensor([-1.,  2.])"),
        row(floats(2).of(-INF, 1), "tensor([-inf, 1.])"),
        row(floats(2).of(1e-5, 1), "tensor([1.0000e-05, 1.0000e+00])"),
        row(floats(2).of(1, 2000), "tensor([1.0000e+00, 2.0000e+03])"),
        row(floats(2).of(1e10, 2e10), "tensor([1.0000e+10, 2.0000e+10])"),
        row(type(DType.FLOAT64, 2).of(1e-300, 1e200), "tensor([1.0000e-300, 1.0000e+200], dtype=torch.float64)"),
        row(type(DType.FLOAT64, 2).of(0.125, 0.5), "tensor([0.1250, 0.5000], dtype=torch.float64)"),
        row(type(DType.FLOAT16, 1).of(0.1), "tensor([0.1000], dtype=torch.float16)"),
        row(type(DType.BFLOAT16, 2).of(0.1, 3), "tensor([0.1001, 3.0000], dtype=torch.bfloat16)"),
        row(type(DType.INT64, 2, 2).of(1, -20, 300, 4), "tensor([[  1, -20],\n        [300,   4]])"),
        row(type(DType.INT32, 1).of(1), "tensor([1], dtype=torch.int32)"),
        row(type(DType.UINT8, 1).of(255), "tensor([255], dtype=torch.uint8)"),
        row(type(DType.BOOL, 2).of(1, 0), "tensor([ True, False])"),
        row(type(DType.BOOL).of(1), "tensor(True)"),
        row(floats(0).of(), "tensor([])"),
        row(floats(0, 2).of(), "tensor([], size=(0, 2))"),
        row(type(DType.INT64, 0).of(), "tensor([], dtype=torch.int64)"),
        row(type(DType.BOOL, 3, 0).of(), "tensor([], size=(3, 0), dtype=torch.bool)"),
        row(type(DType.COMPLEX64, 2).of(1, 2, -0.5, -1.25), "tensor([ 1.0000+2.0000j, -0.5000-1.2500j])"),
        row(type(DType.COMPLEX128).of(1, -2), "tensor(1.-2.j, dtype=torch.complex128)"),
        row(floats(2).of(2.00005, 0.00015), "tensor([2.0001e+00, 1.5000e-04])"),
        row(floats(2).of(0.03125, 2.5), "tensor([0.0312, 2.5000])"),
        row(floats(25).of(IntStream.range(0, 25).mapToDouble(i -> 1.5 * i).toArray()), """
                tensor([ 0.0000,  1.5000,  3.0000,  4.5000,  6.0000,  7.5000,  9.0000, 10.5000,
                        12.0000, 13.5000, 15.0000, 16.5000, 18.0000, 19.5000, 21.0000, 22.5000,
                        24.0000, 25.5000, 27.0000, 28.5000, 30.0000, 31.5000, 33.0000, 34.5000,
                        36.0000])"""),
        row(
                TensorData.of(LongStream.range(0, 8).toArray(), 2, 2, 2),
                "tensor([[[0, 1],\n         [2, 3]],\n\n        [[4, 5],\n         [6, 7]]])"),
        row(
                TensorData.of(LongStream.range(0, 1001).toArray(), 1001),
                "tensor([   0,    1,    2,  ...,  998,  999, 1000])"),
        row(TensorData.of(LongStream.range(0, 10000).toArray(), 100, 100), """
                tensor([[   0,    1,    2,  ...,   97,   98,   99],
                        [ 100,  101,  102,  ...,  197,  198,  199],
                        [ 200,  201,  202,  ...,  297,  298,  299],
                        ...,
                        [9700, 9701, 9702,  ..., 9797, 9798, 9799],
                        [9800, 9801, 9802,  ..., 9897, 9898, 9899],
                        [9900, 9901, 9902,  ..., 9997, 9998, 9999]])"""),
    };

    private static Arguments row(TensorData data, String text) {
        return Arguments.of(data, text);
    }

    private interface Filler {
        TensorData of(double... values);
    }

    private static Filler floats(long... shape) {
        return type(DType.FLOAT32, shape);
    }

    private static Filler type(DType dtype, long... shape) {
        return values -> TensorData.of(dtype, values, shape);
    }

    @ParameterizedTest
    @FieldSource("texts")
    void printsAsPyTorch(TensorData data, String text) {
        assertThat(data).hasToString(text);
    }

    @Test
    void putsGradFnBehindTheNumbers() {
        TensorData data =
                floats(12).of(IntStream.range(0, 12).mapToDouble(i -> 1.5 * i).toArray());

        assertThat(TensorPrinter.print(data, "grad_fn=<MulBackward0>")).isEqualTo("""
                        tensor([ 0.0000,  1.5000,  3.0000,  4.5000,  6.0000,  7.5000,  9.0000, 10.5000,
                                12.0000, 13.5000, 15.0000, 16.5000], grad_fn=<MulBackward0>)""");
    }
}
