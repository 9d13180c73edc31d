package dev.gradwire.kernel.torch;

import static dev.gradwire.kernel.torch.Torch.CPU;
import static dev.gradwire.kernel.torch.Torch.f32;
import static dev.gradwire.kernel.torch.Torch.f64;
import static dev.gradwire.kernel.torch.Torch.i64;
import static dev.gradwire.kernel.torch.Torch.ints;
import static dev.gradwire.kernel.torch.Torch.none;
import static dev.gradwire.kernel.torch.Torch.num;
import static dev.gradwire.kernel.torch.Torch.op;
import static dev.gradwire.kernel.torch.Torch.ops;
import static dev.gradwire.kernel.torch.Torch.some;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Kernel;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Results that are written are the results that are made. */
class WriteTest {
    private static final Object NO = none();

    @AfterEach
    void everyTensorIsClosed() {
        assertThat(CPU.liveTensors()).isZero();
    }

    private static Tensor random(long... sizes) {
        Shape shape = Shape.of(sizes);
        return f32(
                shape,
                new Random(shape.hashCode()).doubles(shape.elements(), -2, 2).toArray());
    }

    private static Arguments row(String name, List<Tensor> operands, Object... arguments) {
        return Arguments.of(name, operands, Arrays.asList(arguments));
    }

    static Stream<Arguments> writtenIsMade() {
        Tensor matrix = random(3, 5);
        Tensor image = random(2, 3, 7, 6);
        Tensor indices = i64(Shape.of(2, 2), 0, 2, 1, 2);
        Tensor pooled = random(2, 3, 3, 3);
        List<Tensor> pooling = Torch.run(
                "max_pool2d_with_indices", List.of(image), op(0), ints(2, 2), ints(), ints(0, 0), ints(1, 1), false);
        return Stream.of(
                row("exp", List.of(matrix), op(0)),
                row("exp", List.of(random(0, 5)), op(0)),
                row("exp", List.of(f32(Shape.SCALAR, 1)), op(0)),
                row("add.Tensor", List.of(matrix, random(5)), op(0), op(1), num(2)),
                row("mul.Tensor", List.of(matrix, random(3, 1)), op(0), op(1)),
                row("mul.Scalar", List.of(matrix), op(0), num(2.5)),
                row("eq.Scalar", List.of(matrix), op(0), num(0L)),
                row("where.self", List.of(f32(Shape.of(2), 1, 0), random(1), random(2)), op(0), op(1), op(2)),
                row("gelu", List.of(matrix), op(0), "none"),
                row("sum", List.of(matrix), op(0), NO),
                row("sum.dim_IntList", List.of(matrix), op(0), some(ints(1)), true, NO),
                row("sum.dim_IntList", List.of(i64(Shape.of(3), 1, 2, 3)), op(0), some(ints(0)), false, NO),
                row("mean.dim", List.of(matrix), op(0), some(ints(0)), false, some(DType.FLOAT64)),
                row("max.dim", List.of(matrix), op(0), 1, false),
                row("argmax", List.of(matrix), op(0), NO, false),
                row("sort.stable", List.of(matrix), op(0), some(true), 1, true),
                row("topk", List.of(matrix), op(0), 2, 1, true, true),
                row("cumsum", List.of(matrix), op(0), 0, NO),
                row("cat", List.of(matrix, random(2, 5)), ops(0, 1), 0),
                row("stack", List.of(matrix, matrix), ops(0, 1), 1),
                row("index_select", List.of(matrix, i64(Shape.of(4), 2, 0, 1, 1)), op(0), 0, op(1)),
                row("gather", List.of(matrix, indices), op(0), 1, op(1), false),
                row("scatter_add", List.of(matrix, indices, random(2, 2)), op(0), 1, op(1), op(2)),
                row("embedding", List.of(matrix, indices), op(0), op(1), -1, false, false),
                row("embedding", List.of(matrix, i64(Shape.of(0))), op(0), op(1), -1, false, false),
                row("index.Tensor", List.of(matrix, i64(Shape.of(2), 1, 0)), op(0), ops(-1, 1)),
                row("tril", List.of(matrix), op(0), 0),
                row("clone", List.of(matrix), op(0), NO),
                row("to.dtype", List.of(matrix), op(0), DType.INT64, false, false, NO),
                row("_to_copy", List.of(matrix), op(0), some(DType.FLOAT64), NO, NO, NO, false, NO),
                row("full", List.of(), ints(2, 3), num(1.5), some(DType.FLOAT32), NO, NO, NO),
                row("full", List.of(), ints(2), num(Long.MAX_VALUE), some(DType.INT64), NO, NO, NO),
                row("full", List.of(), ints(2), num(1L), some(DType.BOOL), NO, NO, NO),
                row("arange", List.of(), num(5L), some(DType.INT64), NO, NO, NO),
                row("zeros", List.of(), ints(3), some(DType.FLOAT32), NO, NO, NO),
                row("_softmax", List.of(matrix), op(0), 1, false),
                row("_log_softmax", List.of(matrix), op(0), 1, false),
                row(
                        "native_layer_norm",
                        List.of(matrix, random(5), random(5)),
                        op(0),
                        ints(5),
                        some(op(1)),
                        some(op(2)),
                        1e-5),
                row("max_pool2d_with_indices", List.of(image), op(0), ints(2, 2), ints(), ints(0, 0), ints(1, 1), true),
                row(
                        "max_pool2d_with_indices_backward",
                        List.of(pooled, image, pooling.get(1)),
                        op(0),
                        op(1),
                        ints(2, 2),
                        ints(2, 2),
                        ints(0, 0),
                        ints(1, 1),
                        false,
                        op(2)),
                row(
                        "convolution",
                        List.of(image, random(4, 3, 3, 3)),
                        op(0),
                        op(1),
                        NO,
                        ints(1, 1),
                        ints(1, 1),
                        ints(1, 1),
                        false,
                        ints(0, 0),
                        1),
                row("dot", List.of(random(13)), op(0), op(0)),
                row("mv", List.of(matrix, random(5)), op(0), op(1)),
                row("mm", List.of(matrix, random(5, 2)), op(0), op(1)),
                row("mm", List.of(random(3, 0), random(0, 2)), op(0), op(1)),
                row("mm", List.of(random(0, 3), random(3, 2)), op(0), op(1)),
                row("mm", List.of(i64(Shape.of(1, 2), 3, 4), i64(Shape.of(2, 1), 5, 6)), op(0), op(1)),
                row("bmm", List.of(random(2, 3, 4), random(2, 4, 5)), op(0), op(1)),
                row("bmm", List.of(random(0, 3, 4), random(0, 4, 5)), op(0), op(1)),
                row("addmm", List.of(random(2), matrix, random(5, 2)), op(0), op(1), op(2), num(2), num(0.5)),
                row("addmm", List.of(random(3, 1), matrix, random(5, 2)), op(0), op(1), op(2), num(1), num(1)),
                row(
                        "baddbmm",
                        List.of(random(5), random(2, 3, 4), random(2, 4, 5)),
                        op(0),
                        op(1),
                        op(2),
                        num(1),
                        num(1)),
                row("linalg_inv_ex", List.of(f64(Shape.of(2, 2), 2, 1, 1, 3)), op(0), true));
    }

    @ParameterizedTest
    @MethodSource
    void writtenIsMade(String name, List<Tensor> operands, List<Object> arguments) {
        List<Tensor> given = name.equals("where.self") ? withBools(operands) : operands;
        Object[] all = arguments.toArray();
        List<Tensor> made = Torch.run(name, given, all);
        List<Tensor> written = Torch.written(name, made, given, all);
        for (int i = 0; i < made.size(); i++) {
            assertThat(written.get(i).data().mismatch(made.get(i).data())).isEqualTo(-1);
        }
    }

    private static List<Tensor> withBools(List<Tensor> operands) {
        Tensor condition = Tensor.of(DType.BOOL, Shape.of(2), 1, 0);
        return List.of(condition, operands.get(1), operands.get(2));
    }

    /** What the library would resize or convert into, it does not get. */
    @Test
    void whatIsNotTheResultIsNotWrittenTo() {
        Tensor x = random(3, 5);
        Kernel exp = CPU.resolve(Torch.typed("exp", List.of(x), List.of(x), op(0)));
        try (TorchTensor operand = CPU.upload(x);
                TorchTensor flat = CPU.upload(random(15));
                TorchTensor transposed = CPU.view(flat, new Layout(new long[] {3, 5}, new long[] {1, 3}, 0));
                TorchTensor doubles = CPU.upload(f64(Shape.of(3, 5), new double[15]))) {
            for (TorchTensor wrong : List.of(flat, transposed, doubles)) {
                assertThatThrownBy(
                                () -> exp.write(new DeviceTensor[] {operand}, new DeviceTensor[] {wrong}, Lane.ALONE))
                        .isInstanceOf(KernelException.class)
                        .hasMessageContaining("contiguous");
            }
        }
    }

    /** Where a type rule is wrong, that is found and not passed on. */
    @Test
    void aResultOfAnotherShapeThanExpectedIsFound() {
        Tensor x = random(3, 5);
        for (Tensor expected : List.of(random(5, 3), random(15), random(2, 5), random(30))) {
            assertThatThrownBy(() -> Torch.written("exp", List.of(expected), List.of(x), op(0)))
                    .isInstanceOf(KernelException.class);
            assertThatThrownBy(() -> Torch.written("isnan", List.of(expected), List.of(x), op(0)))
                    .isInstanceOf(KernelException.class);
        }
    }

    @Test
    void mostKernelsWriteWithoutACopy() {
        long forms =
                CPU.kernels().stream().filter(name -> CPU.outForm(name) != null).count();
        assertThat(forms).isGreaterThan(250);
    }
}
