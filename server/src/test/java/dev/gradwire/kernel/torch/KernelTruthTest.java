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
import static org.assertj.core.api.Assertions.within;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Kernels of every kind of argument against plain loops or figures worked out by hand. */
class KernelTruthTest {
    private static final Tensor X = f32(Shape.of(2, 3), 1, 2, 3, 4, 5, 6);

    @AfterEach
    void everyTensorIsClosed() {
        assertThat(CPU.liveTensors()).isZero();
    }

    private static double[] run(String name, List<Tensor> operands, Object... arguments) {
        return Torch.doubles(Torch.one(name, operands, arguments));
    }

    private static Tensor random(int seed, long... dims) {
        Random random = new Random(seed);
        double[] values = new double[(int) Shape.of(dims).elements()];
        Arrays.setAll(values, i -> random.nextGaussian());
        return f64(Shape.of(dims), values);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 13, 207})
    void reductions(int n) {
        Tensor x = random(n, 3, n);
        double[] sums = run("sum.dim_IntList", List.of(x), op(0), some(ints(1)), false, none());
        double[] means = run("mean.dim", List.of(x), op(0), some(ints(-1)), false, none());
        double[] greatest = run("amax", List.of(x), op(0), ints(1), false);
        double[] where = run("argmax", List.of(x), op(0), some(1), false);
        double[] scans = run("cumsum", List.of(x), op(0), 1, none());
        double[] logs = run("logsumexp", List.of(x), op(0), ints(1), false);
        for (int row = 0; row < 3; row++) {
            double sum = 0;
            double exps = 0;
            int best = 0;
            for (int i = 0; i < n; i++) {
                double value = x.getDouble((long) row * n + i);
                sum += value;
                exps += Math.exp(value);
                best = value > x.getDouble((long) row * n + best) ? i : best;
                assertThat(scans[row * n + i]).isCloseTo(sum, within(1e-10));
            }
            assertThat(sums[row]).isCloseTo(sum, within(1e-10));
            assertThat(means[row]).isCloseTo(sum / n, within(1e-10));
            assertThat(logs[row]).isCloseTo(Math.log(exps), within(1e-10));
            assertThat(where[row]).isEqualTo(best);
            assertThat(greatest[row]).isEqualTo(x.getDouble((long) row * n + best));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "13, 7, 5", "3, 207, 2", "2, 0, 3"})
    void products(int m, int k, int n) {
        Tensor a = random(1, m, k);
        Tensor b = random(2, k, n);
        Tensor c = random(3, m, n);
        double[] plain = run("mm", List.of(a, b), op(0), op(1));
        double[] sum = run("addmm", List.of(c, a, b), op(0), op(1), op(2), num(2), num(0.5));
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double dot = 0;
                for (int l = 0; l < k; l++) {
                    dot += a.getDouble((long) i * k + l) * b.getDouble((long) l * n + j);
                }
                assertThat(plain[i * n + j]).isCloseTo(dot, within(1e-10));
                assertThat(sum[i * n + j]).isCloseTo(2 * c.getDouble((long) i * n + j) + dot / 2, within(1e-10));
            }
        }
    }

    @Test
    void otherProducts() {
        Tensor a = f32(Shape.of(1, 2, 2), 1, 2, 3, 4);
        Tensor v = f32(Shape.of(2), 1, 10);
        Tensor m = f32(Shape.of(2, 2), 1, 2, 3, 4);
        assertThat(run("bmm", List.of(a, a), op(0), op(1))).containsExactly(7, 10, 15, 22);
        assertThat(run("baddbmm", List.of(a, a, a), op(0), op(1), op(2), num(1), num(2)))
                .containsExactly(15, 22, 33, 48);
        assertThat(run("addmv", List.of(v, m, v), op(0), op(1), op(2), num(1), num(1)))
                .containsExactly(22, 53);
        assertThat(run("addbmm", List.of(m, a, a), op(0), op(1), op(2), num(0), num(1)))
                .containsExactly(7, 10, 15, 22);
        assertThat(run("_addmm_activation", List.of(v, m, m), op(0), op(1), op(2), num(1), num(-1), false))
                .containsExactly(0, 0, 0, 0);
        assertThat(run("dot", List.of(v, v), op(0), op(1))).containsExactly(101);
    }

    @Test
    void listsOfTensors() {
        assertThat(run("cat", List.of(X, X), ops(0, 1), 1)).containsExactly(1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6);
        assertThat(run("stack", List.of(X), ops(0, 0), 2)).containsExactly(1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6);
        Tensor index = i64(Shape.of(2), 2, 0);
        assertThat(run("index.Tensor", List.of(X, index), op(0), ops(-1, 1))).containsExactly(3, 1, 6, 4);
        assertThat(run("index_put", List.of(X, index, f32(Shape.SCALAR, 9)), op(0), ops(-1, 1), op(2), false))
                .containsExactly(9, 2, 9, 9, 5, 9);
    }

    @Test
    void movingElements() {
        Tensor index = i64(Shape.of(1, 3), 0, 1, 1);
        Tensor one = f32(Shape.of(1, 3), 10, 20, 30);
        assertThat(run("gather", List.of(X, index), op(0), 0, op(1), false)).containsExactly(1, 5, 6);
        assertThat(run("scatter.src", List.of(X, index, one), op(0), 0, op(1), op(2)))
                .containsExactly(10, 2, 3, 4, 20, 30);
        assertThat(run("scatter_add", List.of(X, index, one), op(0), 0, op(1), op(2)))
                .containsExactly(11, 2, 3, 4, 25, 36);
        assertThat(run("scatter.value", List.of(X, index), op(0), 0, op(1), num(0)))
                .containsExactly(0, 2, 3, 4, 0, 0);
        assertThat(run("scatter_reduce.two", List.of(X, index, one), op(0), 0, op(1), op(2), "amax", true))
                .containsExactly(10, 2, 3, 4, 20, 30);
        assertThat(run(
                        "index_add",
                        List.of(X, i64(Shape.of(2), 1, 1), f32(Shape.of(2, 2), 1, 2, 3, 4)),
                        op(0),
                        1,
                        op(1),
                        op(2),
                        num(1)))
                .containsExactly(1, 5, 3, 4, 12, 6);
        assertThat(run("index_fill.int_Scalar", List.of(X, i64(Shape.of(1), 2)), op(0), 1, op(1), num(7)))
                .containsExactly(1, 2, 7, 4, 5, 7);
        assertThat(run("flip", List.of(X), op(0), ints(1))).containsExactly(3, 2, 1, 6, 5, 4);
        assertThat(run("roll", List.of(X), op(0), ints(1), ints(1))).containsExactly(3, 1, 2, 6, 4, 5);
        assertThat(run("tril", List.of(X), op(0), 0)).containsExactly(1, 0, 0, 4, 5, 0);
        assertThat(run("constant_pad_nd", List.of(X), op(0), ints(-1, 0, 0, 1), num(8)))
                .containsExactly(2, 3, 5, 6, 8, 8);
        assertThat(run(
                        "masked_fill.Scalar",
                        List.of(X, Tensor.of(DType.BOOL, Shape.of(3), 0, 1, 0)),
                        op(0),
                        op(1),
                        num(0)))
                .containsExactly(1, 0, 3, 4, 0, 6);
        assertThat(run(
                        "where.ScalarOther",
                        List.of(Tensor.of(DType.BOOL, Shape.of(3), 0, 1, 0), X),
                        op(0),
                        op(1),
                        num(0.5)))
                .containsExactly(0.5, 2, 0.5, 0.5, 5, 0.5);
        List<Tensor> sorted = Torch.run("sort", List.of(X), op(0), 1, true);
        assertThat(Torch.doubles(sorted.get(0))).containsExactly(3, 2, 1, 6, 5, 4);
        assertThat(Torch.doubles(sorted.get(1))).containsExactly(2, 1, 0, 2, 1, 0);
    }

    @Test
    void makingTensors() {
        assertThat(run("full", List.of(), ints(2, 2), num(7), none(), none(), none(), none()))
                .containsExactly(7, 7, 7, 7);
        assertThat(run("full_like", List.of(X), op(0), num(7), some(DType.INT8), none(), none(), none(), none()))
                .containsOnly(7);
        assertThat(run("arange", List.of(), num(3), none(), none(), none(), none()))
                .containsExactly(0, 1, 2);
        assertThat(run("arange.start_step", List.of(), num(5), num(0), num(-2), none(), none(), none(), none()))
                .containsExactly(5, 3, 1);
        assertThat(run("linspace", List.of(), num(0), num(1), 5, some(DType.FLOAT64), none(), none(), none()))
                .containsExactly(0, 0.25, 0.5, 0.75, 1);
        assertThat(run("eye", List.of(), 2, some(DType.FLOAT64), none(), none(), none()))
                .containsExactly(1, 0, 0, 1);
        assertThat(Torch.one("zeros", List.of(), ints(0, 3), some(DType.BOOL), none(), none(), none())
                        .type())
                .isEqualTo(TensorType.of(DType.BOOL, 0, 3));
    }

    @ParameterizedTest
    @CsvSource({"FLOAT32, INT8", "FLOAT64, FLOAT16", "INT64, BOOL", "BOOL, BFLOAT16", "UINT8, COMPLEX64"})
    void casts(DType from, DType to) {
        Tensor x = Tensor.of(from, Shape.of(2), 1, 0);
        for (String name : List.of("to.dtype", "_to_copy")) {
            Object[] arguments = name.equals("to.dtype")
                    ? new Object[] {op(0), to, false, false, none()}
                    : new Object[] {op(0), some(to), none(), none(), none(), false, none()};
            Tensor cast = Torch.one(name, List.of(x), arguments);
            assertThat(cast.type()).isEqualTo(TensorType.of(to, 2));
            if (!to.isComplex()) {
                assertThat(Torch.doubles(cast)).containsExactly(1, 0);
            }
        }
    }

    @Test
    void convolutionAndItsBackward() {
        Tensor x = f32(Shape.of(1, 1, 3), 1, 2, 3);
        Tensor w = f32(Shape.of(1, 1, 2), 1, 10);
        assertThat(run(
                        "convolution",
                        List.of(x, w),
                        op(0),
                        op(1),
                        none(),
                        ints(1),
                        ints(0),
                        ints(1),
                        false,
                        ints(0),
                        1))
                .containsExactly(21, 32);
        List<Tensor> gradients = Torch.run(
                "convolution_backward",
                List.of(f32(Shape.of(1, 1, 2), 1, 1), x, w),
                op(0),
                op(1),
                op(2),
                some(ints(1)),
                ints(1),
                ints(0),
                ints(1),
                false,
                ints(0),
                1,
                new boolean[] {true, false, true});
        assertThat(Torch.doubles(gradients.get(0))).containsExactly(1, 11, 10);
        assertThat(gradients.get(1).type().shape().elements()).isZero();
        assertThat(Torch.doubles(gradients.get(2))).containsExactly(2);
    }

    @Test
    void linearAlgebraReportsInsteadOfFailing() {
        List<Tensor> good = Torch.run("linalg_cholesky_ex", List.of(f64(Shape.of(1, 1), 9)), op(0), false, false);
        assertThat(good.get(0).getDouble(0)).isEqualTo(3);
        assertThat(good.get(1).getLong(0)).isZero();
        List<Tensor> bad = Torch.run("linalg_cholesky_ex", List.of(f64(Shape.of(1, 1), -9)), op(0), false, false);
        assertThat(bad.get(1).getLong(0)).isEqualTo(1);
        List<Tensor> inverse = Torch.run("linalg_inv_ex", List.of(f64(Shape.of(2, 2), 2, 0, 0, 4)), op(0), false);
        assertThat(Torch.doubles(inverse.get(0))).containsExactly(0.5, 0, 0, 0.25);
    }

    @Test
    void variancesByCorrection() {
        Tensor x = f64(Shape.of(3), 1, 2, 3);
        assertThat(run("var.correction", List.of(x), op(0), none(), none(), false))
                .containsExactly(1);
        assertThat(run("var.correction", List.of(x), op(0), none(), some(num(1)), false))
                .containsExactly(1);
        assertThat(run("var.correction", List.of(x), op(0), none(), some(num(0)), false)[0])
                .isCloseTo(2 / 3.0, within(1e-15));
    }

    @Test
    void complexNumbers() {
        Tensor pairs = f32(Shape.of(2, 2), 3, 4, 0, -1);
        Tensor z = Torch.one("view_as_complex", List.of(pairs), op(0));
        assertThat(z.type()).isEqualTo(TensorType.of(DType.COMPLEX64, 2));
        assertThat(run("abs", List.of(z), op(0))).containsExactly(5, 1);
        assertThat(run("imag", List.of(z), op(0))).containsExactly(4, -1);
        Tensor conjugate = Torch.one("conj_physical", List.of(z), op(0));
        assertThat(run("view_as_real", List.of(conjugate), op(0))).containsExactly(3, -4, 0, 1);
        Tensor spectrum = Torch.one("_fft_r2c", List.of(f32(Shape.of(2), 1, 3)), op(0), ints(0), 0, true);
        assertThat(run("real", List.of(spectrum), op(0))).containsExactly(4, -2);
        assertThat(run("_fft_c2r", List.of(spectrum), op(0), ints(0), 2, 2)).containsExactly(1, 3);
        Tensor doubled = Torch.one("add.Tensor", List.of(z, z), op(0), op(1), num(1));
        assertThat(run("abs", List.of(doubled), op(0))).containsExactly(10, 2);
        Tensor half = Torch.one("mul.Scalar", List.of(z), op(0), num(0.5));
        assertThat(run("abs", List.of(half), op(0))).containsExactly(2.5, 0.5);
    }

    @Test
    void anEmptyTensorHasNoMemory() {
        Tensor empty = new Tensor(TensorType.of(DType.FLOAT32, 0, 3), MemorySegment.ofArray(new byte[0]));
        assertThat(Torch.one("exp", List.of(empty), op(0)).type()).isEqualTo(empty.type());
        assertThat(run("sum", List.of(empty), op(0), none())).containsExactly(0);
        assertThat(Torch.one("cat", List.of(empty, X), ops(0, 1), 0).type().shape())
                .isEqualTo(Shape.of(2, 3));
    }
}
