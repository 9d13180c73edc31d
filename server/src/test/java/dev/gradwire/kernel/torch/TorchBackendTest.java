package dev.gradwire.kernel.torch;

import static dev.gradwire.kernel.torch.Torch.CPU;
import static dev.gradwire.kernel.torch.Torch.doubles;
import static dev.gradwire.kernel.torch.Torch.f32;
import static dev.gradwire.kernel.torch.Torch.i64;
import static dev.gradwire.kernel.torch.Torch.num;
import static dev.gradwire.kernel.torch.Torch.one;
import static dev.gradwire.kernel.torch.Torch.op;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.DeviceUnavailableException;
import dev.gradwire.kernel.Kernel;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TorchBackendTest {
    @AfterEach
    void everyTensorIsClosed() {
        assertThat(CPU.liveTensors()).isZero();
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void bytesComeBackAsTheyWent(DType dtype) {
        for (Shape shape : List.of(Shape.SCALAR, Shape.of(1), Shape.of(13), Shape.of(3, 69), Shape.of(2, 0, 3))) {
            TensorType type = new TensorType(dtype, shape);
            byte[] bytes = new byte[(int) type.lengthInBytes()];
            new Random(7).nextBytes(bytes);
            try (TorchTensor tensor = CPU.upload(new Tensor(type, MemorySegment.ofArray(bytes.clone())))) {
                byte[] back = new byte[bytes.length];
                CPU.download(tensor, type, MemorySegment.ofArray(back));
                if (dtype == DType.BOOL) {
                    for (int i = 0; i < bytes.length; i++) {
                        bytes[i] = (byte) (bytes[i] == 0 ? 0 : 1);
                    }
                }
                assertThat(back).isEqualTo(bytes);
            }
        }
    }

    @Test
    void nativeMemoryIsReadAndWrittenToo() {
        TensorType type = TensorType.of(DType.FLOAT64, 3);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment source = arena.allocateFrom(ValueLayout.JAVA_DOUBLE, 1, Double.NaN, -0.0);
            MemorySegment target = arena.allocate(24);
            try (TorchTensor tensor = CPU.upload(new Tensor(type, source))) {
                CPU.download(tensor, type, target);
            }
            assertThat(target.mismatch(source)).isEqualTo(-1);
        }
    }

    @Test
    void whatIsNoSuchTypeIsNotDownloaded() {
        try (TorchTensor tensor = CPU.upload(f32(Shape.of(2), 1, 2))) {
            assertThatThrownBy(() ->
                            CPU.download(tensor, TensorType.of(DType.INT32, 2), MemorySegment.ofArray(new byte[8])))
                    .isInstanceOf(KernelException.class);
            assertThatThrownBy(() ->
                            CPU.download(tensor, TensorType.of(DType.FLOAT32, 2), MemorySegment.ofArray(new byte[7])))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aTensorIsClosedOnceAndNotUsedAfterwards() {
        TorchTensor tensor = CPU.upload(f32(Shape.of(1), 1));
        Kernel exp = CPU.resolve(Torch.call("exp", List.of(f32(Shape.of(1), 1)), op(0)));
        DeviceTensor second = CPU.share(tensor);
        tensor.close();
        assertThatThrownBy(tensor::close).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> exp.run(new DeviceTensor[] {tensor})).isInstanceOf(IllegalStateException.class);
        assertThat(Torch.download((TorchTensor) second).getDouble(0)).isEqualTo(1);
        second.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"cuda:0", "cuda:999", "cuda", "mps", "", "CPU", "cpu:0"})
    void otherDevicesAreNotThere(String device) {
        assertThatThrownBy(() -> TorchBackend.open(device)).isInstanceOf(DeviceUnavailableException.class);
    }

    @Test
    void namesItsLibrary() {
        assertThat(CPU.library()).matches("PyTorch 2\\.\\d+\\.\\d+");
        assertThat(CPU.device()).isEqualTo("cpu");
    }

    @Test
    void eightThreadsDoNotDisturbEachOther() throws Exception {
        int threads = 8;
        List<Callable<Boolean>> tasks = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            double base = t;
            tasks.add(() -> {
                Tensor x = f32(Shape.of(3), base, base + 1, base + 2);
                for (int i = 0; i < 40; i++) {
                    Tensor sum = one("add.Tensor", List.of(x, x), op(0), op(1), num(2));
                    assertThat(doubles(sum)).containsExactly(3 * base, 3 * base + 3, 3 * base + 6);
                    Tensor joined = one("cat", List.of(x, x), Torch.ops(0, 1), 0);
                    assertThat(joined.type().shape()).isEqualTo(Shape.of(6));
                    assertThatThrownBy(() -> one("index_select", List.of(x, i64(Shape.of(1), 9)), op(0), 0, op(1)))
                            .isInstanceOf(KernelException.class);
                }
                return true;
            });
        }
        try (var pool = Executors.newFixedThreadPool(threads)) {
            for (Future<Boolean> done : pool.invokeAll(tasks)) {
                assertThat(done.get()).isTrue();
            }
        }
    }
}
