package dev.gradwire.kernel.torch;

import static dev.gradwire.kernel.torch.Torch.CPU;
import static dev.gradwire.kernel.torch.Torch.num;
import static dev.gradwire.kernel.torch.Torch.op;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Kernel;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products large enough to be cut into parts. */
class ProductsTest {
    @AfterEach
    void everyTensorIsClosed() {
        assertThat(CPU.liveTensors()).isZero();
    }

    private static Tensor random(DType dtype, long... sizes) {
        Shape shape = Shape.of(sizes);
        return Tensor.of(
                dtype,
                shape,
                new Random(shape.hashCode()).doubles(shape.elements(), -1, 1).toArray());
    }

    /** Batch 0 stands for no dimension of batches; {@code added} are the sizes of what is added, if anything is. */
    @ParameterizedTest
    @CsvSource({
        "mm,      0, 128, 784, 512,  ,         2",
        "mm,      0, 784, 128, 510,  ,         2",
        "mm,      0, 4098, 207, 13,  ,         2",
        "mm,      0, 13, 207, 4098,  ,         2",
        "mm,      0, 700, 700, 700,  ,         4",
        "mm,      0, 64, 64, 64,     ,         1",
        "mm,      0, 2000, 3000, 1,  ,         2",
        "mm,      0, 1, 3000, 2000,  ,         2",
        "mm,      0, 1, 4100, 4098,  ,         2",
        "mm,      0, 4098, 4100, 1,  ,         2",
        "addmm,   0, 200, 200, 190,  190,      2",
        "addmm,   0, 200, 200, 190,  200 1,    2",
        "addmm,   0, 200, 200, 190,  1 190,    2",
        "addmm,   0, 200, 200, 190,  200 190,  2",
        "addmm,   0, 900, 200, 100,  900 1,    2",
        "bmm,     33, 64, 32, 65,    ,         1",
        "bmm,     64, 128, 32, 128,  ,         2",
        "bmm,     1, 128, 784, 512,  ,         2",
        "baddbmm, 65, 128, 32, 64,   65 1 64,  2",
        "baddbmm, 65, 128, 32, 64,   128 64,   2"
    })
    void partsMakeTheWhole(String name, int batch, int m, int k, int n, String added, int parts) {
        for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
            Tensor a = batch == 0 ? random(dtype, m, k) : random(dtype, batch, m, k);
            Tensor b = batch == 0 ? random(dtype, k, n) : random(dtype, batch, k, n);
            boolean adds = added != null;
            List<Tensor> operands = adds ? List.of(a, b, random(dtype, sizes(added))) : List.of(a, b);
            Object[] arguments =
                    adds ? new Object[] {op(2), op(0), op(1), num(1), num(1)} : new Object[] {op(0), op(1)};
            Tensor expected = random(dtype, batch == 0 ? new long[] {m, n} : new long[] {batch, m, n});
            Kernel kernel = CPU.resolve(Torch.typed(name, List.of(expected), operands, arguments));
            DeviceTensor[] uploaded = operands.stream().map(CPU::upload).toArray(DeviceTensor[]::new);
            ManyThreads lane = new ManyThreads();
            try (TorchTensor alone = CPU.zeros(expected.type());
                    TorchTensor together = CPU.zeros(expected.type());
                    TorchTensor made = (TorchTensor) kernel.run(uploaded)[0]) {
                kernel.write(uploaded, new DeviceTensor[] {alone}, Lane.ALONE);
                kernel.write(uploaded, new DeviceTensor[] {together}, lane);
                assertThat(alone.memory().mismatch(together.memory())).isEqualTo(-1);
                assertThat(alone.memory().mismatch(made.memory())).isEqualTo(-1);
                checkSome(operands, Torch.download(alone), m, k, n);
            }
            for (DeviceTensor tensor : uploaded) {
                tensor.close();
            }
            assertThat(lane.most).isEqualTo(parts);
        }
    }

    private static long[] sizes(String text) {
        return List.of(text.split(" ", -1)).stream().mapToLong(Long::parseLong).toArray();
    }

    /** A few hundred elements, the last among them, by the definition. */
    private static void checkSome(List<Tensor> operands, Tensor result, int m, int k, int n) {
        long count = result.type().shape().elements();
        for (long at = count - 1; at >= 0; at -= Math.max(1, count / 311)) {
            long batch = at / ((long) m * n);
            long row = at / n % m;
            long column = at % n;
            double sum = 0;
            for (int i = 0; i < k; i++) {
                sum += operands.get(0).getDouble((batch * m + row) * k + i)
                        * operands.get(1).getDouble((batch * k + i) * n + column);
            }
            if (operands.size() > 2) {
                Tensor added = operands.get(2);
                Shape shape = added.type().shape();
                long[] index = {batch, row, column};
                long flat = 0;
                for (int d = 0; d < shape.rank(); d++) {
                    flat = flat * shape.dim(d) + (shape.dim(d) == 1 ? 0 : index[3 - shape.rank() + d]);
                }
                sum += added.getDouble(flat);
            }
            assertThat(result.getDouble(at)).isCloseTo(sum, within(1e-3));
        }
    }

    /** A transposed operand is passed as it is, and cut as it is. */
    @Test
    void transposedOperandsAreViews() {
        int m = 130;
        int k = 300;
        int n = 258;
        Tensor a = random(DType.FLOAT32, k, m);
        Tensor b = random(DType.FLOAT32, n, k);
        Tensor expected = random(DType.FLOAT32, m, n);
        Kernel kernel = CPU.resolve(Torch.typed(
                "mm",
                List.of(expected),
                List.of(random(DType.FLOAT32, m, k), random(DType.FLOAT32, k, n)),
                op(0),
                op(1)));
        try (TorchTensor stored = CPU.upload(a);
                TorchTensor other = CPU.upload(b);
                TorchTensor left = CPU.view(stored, new Layout(new long[] {m, k}, new long[] {1, m}, 0));
                TorchTensor right = CPU.view(other, new Layout(new long[] {k, n}, new long[] {1, k}, 0))) {
            Tensor product =
                    Torch.written(kernel, List.of(expected), left, right).getFirst();
            for (int i = 0; i < m; i += 43) {
                for (int j = n - 1; j >= 0; j -= 37) {
                    double sum = 0;
                    for (int x = 0; x < k; x++) {
                        sum += a.getDouble((long) x * m + i) * b.getDouble((long) j * k + x);
                    }
                    assertThat(product.getDouble((long) i * n + j)).isCloseTo(sum, within(1e-4));
                }
            }
        }
    }

    /** Strides of 0, and elements that lie apart in both dimensions. */
    @ParameterizedTest
    @CsvSource({"1, 0, 600, 2", "0, 1, 2, 600", "0, 0, 900, 3"})
    void operandsMayRepeatOrLieApart(long rowsOfA, long columnsOfA, long rowsOfB, long columnsOfB) {
        int size = 300;
        Tensor expected = random(DType.FLOAT32, size, size);
        Tensor square = random(DType.FLOAT32, size, size);
        Kernel kernel = CPU.resolve(Torch.typed("mm", List.of(expected), List.of(square, square), op(0), op(1)));
        Tensor stored = random(DType.FLOAT32, 4L * size, size);
        try (TorchTensor memory = CPU.upload(stored);
                TorchTensor a = CPU.view(memory, layout(size, rowsOfA, columnsOfA));
                TorchTensor b = CPU.view(memory, layout(size, rowsOfB, columnsOfB))) {
            Tensor product = Torch.written(kernel, List.of(expected), a, b).getFirst();
            for (int i = 0; i < size; i += 43) {
                for (int j = size - 1; j >= 0; j -= 37) {
                    double sum = 0;
                    for (int x = 0; x < size; x++) {
                        sum += stored.getDouble(i * rowsOfA + x * columnsOfA)
                                * stored.getDouble(x * rowsOfB + j * columnsOfB);
                    }
                    assertThat(product.getDouble((long) i * size + j)).isCloseTo(sum, within(1e-4));
                }
            }
        }
    }

    private static Layout layout(int size, long rows, long columns) {
        return new Layout(new long[] {size, size}, new long[] {rows, columns}, 0);
    }

    @ParameterizedTest
    @CsvSource({"addmm, 8", "addmm, 200 2", "addmm, 3 200 190", "addmm, 95"})
    void whatDoesNotBroadcastIsRefused(String name, String added) {
        List<Tensor> operands = List.of(
                random(DType.FLOAT32, 200, 200), random(DType.FLOAT32, 200, 190), random(DType.FLOAT32, sizes(added)));
        assertThatThrownBy(() -> CPU.resolve(Torch.call(name, operands, op(2), op(0), op(1), num(1), num(1))))
                .isInstanceOf(KernelException.class);
    }
}
