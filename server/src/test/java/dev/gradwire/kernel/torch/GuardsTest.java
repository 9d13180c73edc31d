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

import dev.gradwire.kernel.KernelException;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What must be refused; many of these would end the process if the library saw them. */
class GuardsTest {
    private static final Tensor X = ones(2, 3);

    @AfterEach
    void theProcessLivesOnAndEveryTensorIsClosed() {
        assertThat(Torch.doubles(Torch.one("neg", List.of(X), op(0)))).containsOnly(-1);
        assertThat(CPU.liveTensors()).isZero();
    }

    private static Tensor ones(long... dims) {
        Shape shape = Shape.of(dims);
        double[] values = new double[(int) shape.elements()];
        Arrays.fill(values, 1);
        return f32(shape, values);
    }

    private static Tensor longs(Shape shape, long... values) {
        return new Tensor(new TensorType(DType.INT64, shape), MemorySegment.ofArray(values));
    }

    static Stream<Arguments> wrongForms() {
        return Stream.of(
                row("nope", List.of(X), op(0)),
                row("exp.nope", List.of(X), op(0)),
                row("exp", List.of(X)),
                row("exp", List.of(X), op(0), op(0)),
                row("exp", List.of(X), op(1)),
                row("exp", List.of(X), op(-1)),
                row("exp", List.of(X), 1),
                row("exp", List.of(X), none()),
                row("exp", List.of(X), ops(0)),
                row("cat", List.of(X), op(0), 0),
                row("cat", List.of(X), ops(0, -1), 0),
                row("cat", List.of(X), ops(0, 1), 0),
                row("cat", List.of(X), ops(0), 0.5),
                row("index.Tensor", List.of(X), op(0), ops(-2)),
                row("sum.dim_IntList", List.of(X), op(0), 1, false, none()),
                row("sum.dim_IntList", List.of(X), op(0), some(ints(1)), 0, none()),
                row("sum.dim_IntList", List.of(X), op(0), some(ints(1)), false, some("float32")),
                row("sum.dim_IntList", List.of(X), op(0), some(some(ints(1))), false, none()),
                row("gelu", List.of(X), op(0), none()),
                row("mul.Scalar", List.of(X), op(0), "2"),
                row("zeros", List.of(), ints(2), none(), none(), some("cpu"), none()),
                row("_to_copy", List.of(X), op(0), none(), some(0), none(), none(), false, none()),
                row("reflection_pad2d", List.of(ones(1, 3, 3)), op(0), ints(1, 1)),
                row("reflection_pad1d_backward", List.of(ones(4)), op(0), op(0), ints()),
                row(
                        "convolution_backward",
                        List.of(ones(1, 1, 2), ones(1, 1, 3)),
                        op(0),
                        op(1),
                        op(0),
                        none(),
                        ints(1),
                        ints(0),
                        ints(1),
                        false,
                        ints(0),
                        1,
                        new boolean[] {true, true}));
    }

    private static Arguments row(String name, List<Tensor> operands, Object... arguments) {
        return Arguments.of(name, operands, arguments);
    }

    @ParameterizedTest
    @MethodSource
    void wrongForms(String name, List<Tensor> operands, Object[] arguments) {
        assertThatThrownBy(() -> CPU.resolve(Torch.call(name, operands, arguments)))
                .isInstanceOf(KernelException.class);
    }

    static Stream<Arguments> wrongValues() {
        Tensor wild = longs(Shape.of(1, 1, 2, 2), 0, 5, 1L << 40, -7);
        Tensor classes = longs(Shape.of(4), 0, 5, 1L << 40, -7);
        Tensor zeroOne = f32(Shape.SCALAR, 1);
        Tensor pivots = Tensor.of(DType.INT32, Shape.of(3), 1, 2, -3);
        return Stream.of(
                row("gather", List.of(X, i64(Shape.of(1, 1), 7)), op(0), 0, op(1), false),
                row("index_select", List.of(X, i64(Shape.of(1), -1)), op(0), 0, op(1)),
                row("index.Tensor", List.of(X, i64(Shape.of(1), 2)), op(0), ops(1)),
                row("embedding", List.of(X, classes), op(0), op(1), -1, false, false),
                row("mm", List.of(X, X), op(0), op(1)),
                row("gelu", List.of(X), op(0), "other"),
                row("sum.dim_IntList", List.of(X), op(0), some(ints(5)), false, none()),
                row(
                        "convolution",
                        List.of(ones(1, 4, 5), ones(4, 1, 2)),
                        op(0),
                        op(1),
                        none(),
                        ints(1),
                        ints(0),
                        ints(1),
                        false,
                        ints(0),
                        0),
                row(
                        "max_pool2d_with_indices_backward",
                        List.of(ones(1, 1, 2, 2), ones(1, 1, 4, 4), wild),
                        op(0),
                        op(1),
                        ints(2),
                        ints(2),
                        ints(0),
                        ints(1),
                        false,
                        op(2)),
                row(
                        "adaptive_max_pool2d_backward",
                        List.of(ones(1, 1, 2, 2), ones(1, 1, 4, 4), wild),
                        op(0),
                        op(1),
                        op(2)),
                row("embedding_dense_backward", List.of(ones(4, 2), classes), op(0), op(1), 3, -1, false),
                row(
                        "nll_loss_backward",
                        List.of(ones(4), ones(4, 2), classes, zeroOne),
                        op(0),
                        op(1),
                        op(2),
                        none(),
                        0,
                        -100,
                        op(3)),
                row(
                        "_ctc_loss",
                        List.of(ones(5, 1, 3), longs(Shape.of(1, 2), 1, 1L << 40)),
                        op(0),
                        op(1),
                        ints(5),
                        ints(2),
                        0,
                        false),
                row("linalg_ldl_solve", List.of(ones(3, 3), pivots, ones(3, 2)), op(0), op(1), op(2), false),
                row(
                        "linalg_lu_solve",
                        List.of(ones(3, 3), Tensor.of(DType.INT32, Shape.of(3), 9, 1, 1), ones(3, 2)),
                        op(0),
                        op(1),
                        op(2),
                        true,
                        false),
                row(
                        "native_batch_norm",
                        List.of(ones(2, 4, 3)),
                        op(0),
                        none(),
                        none(),
                        none(),
                        none(),
                        false,
                        0.1,
                        1e-5),
                row(
                        "native_layer_norm_backward",
                        List.of(ones(2, 3), ones(1), ones(3)),
                        op(0),
                        op(0),
                        ints(3),
                        op(1),
                        op(1),
                        op(2),
                        op(2),
                        new boolean[] {true, true, true}),
                row("_adaptive_avg_pool2d_backward", List.of(ones(3, 2, 2), ones(2, 1, 4)), op(0), op(1)),
                row("smooth_l1_loss_backward", List.of(longs(Shape.of(1), 1)), op(0), op(0), op(0), 0, 1.0),
                row("_fft_r2c", List.of(X), op(0), ints(-2), 0, true),
                row("_fft_r2c", List.of(X), op(0), ints(), 0, true),
                row("_fft_c2c", List.of(X), op(0), ints(0), 0, true),
                row("div.Tensor_mode", List.of(classes, longs(Shape.of(4), 1, 0, 1, 1)), op(0), op(1), some("floor")),
                row("zeros", List.of(), ints(1L << 60), some(DType.FLOAT64), none(), none(), none()),
                row("zeros", List.of(), ints(-1), some(DType.FLOAT64), none(), none(), none()),
                row("full", List.of(), ints(2), num(300), some(DType.INT8), none(), none(), none()),
                row("arange", List.of(), num(1e30), none(), none(), none(), none()),
                row("arange", List.of(), num(-1), none(), none(), none(), none()));
    }

    @ParameterizedTest
    @MethodSource
    void wrongValues(String name, List<Tensor> operands, Object[] arguments) {
        assertThatThrownBy(() -> Torch.run(name, operands, arguments))
                .isInstanceOf(KernelException.class)
                .hasMessageStartingWith(name)
                .message()
                .doesNotContain(".cpp")
                .hasSizeLessThan(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"trunc", "floor"})
    void theLeastIntegerByMinusOneDoesNotTrap(String mode) {
        for (DType dtype : List.of(DType.INT32, DType.INT64)) {
            long least = dtype == DType.INT32 ? Integer.MIN_VALUE : Long.MIN_VALUE;
            Tensor a = Tensor.of(dtype, Shape.of(4), (double) least, 7, -7, -8);
            Tensor b = Tensor.of(dtype, Shape.of(4), -1, -1, 2, 3);
            Tensor quotient = Torch.one("div.Tensor_mode", List.of(a, b), op(0), op(1), some(mode));
            assertThat(quotient.getLong(0)).isEqualTo(least);
            assertThat(quotient.getLong(1)).isEqualTo(-7);
            assertThat(quotient.getLong(2)).isEqualTo(mode.equals("trunc") ? -3 : -4);
            assertThat(quotient.getLong(3)).isEqualTo(mode.equals("trunc") ? -2 : -3);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void coordinatesMayBeAnyNumbers(int padding) {
        Tensor image = ones(1, 1, 3, 3);
        Tensor grid = f32(Shape.of(1, 1, 3, 2), Double.NaN, 1e30, -1e30, Double.POSITIVE_INFINITY, 0, 0);
        Tensor result = Torch.one("grid_sampler_2d", List.of(image, grid), op(0), op(1), 0, padding, false);
        assertThat(Torch.doubles(result)).containsExactly(padding == 0 ? 0 : 1, padding == 0 ? 0 : 1, 1);
        List<Tensor> gradients = Torch.run(
                "grid_sampler_2d_backward",
                List.of(ones(1, 1, 1, 3), image, grid),
                op(0),
                op(1),
                op(2),
                0,
                padding,
                false,
                new boolean[] {true, true});
        assertThat(gradients.getFirst().getDouble(4)).isGreaterThanOrEqualTo(1);
    }

    @Test
    void ignoredClassesAreNoIndices() {
        Tensor scores = f64(Shape.of(2, 2), 0, 0, 0, 0);
        List<Tensor> gradient = Torch.run(
                "nll_loss_backward",
                List.of(f64(Shape.of(2), 1, 1), scores, i64(Shape.of(2), 1, -100), f64(Shape.SCALAR, 1)),
                op(0),
                op(1),
                op(2),
                none(),
                0,
                -100,
                op(3));
        assertThat(Torch.doubles(gradient.getFirst())).containsExactly(0, -1, 0, 0);
    }
}
