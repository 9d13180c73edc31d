package dev.gradwire.kernel.torch;

import static dev.gradwire.kernel.torch.Torch.CPU;
import static dev.gradwire.kernel.torch.Torch.ints;
import static dev.gradwire.kernel.torch.Torch.none;
import static dev.gradwire.kernel.torch.Torch.op;
import static dev.gradwire.kernel.torch.Torch.some;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Kernel;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Convolutions that are cut into parts, beside the library's kernel for all at once. */
class ConvolutionPartsTest {
    private static Tensor random(DType dtype, long... sizes) {
        Shape shape = Shape.of(sizes);
        return Tensor.of(
                dtype,
                shape,
                new Random(shape.hashCode()).doubles(shape.elements(), -1, 1).toArray());
    }

    @ParameterizedTest
    @CsvSource({
        "7, 3, 16, 48, false, FLOAT32, 2",
        "33, 3, 8, 40, false, FLOAT64, 2",
        "5, 16, 64, 40, false, FLOAT32, 2",
        "9, 8, 12, 40, true, FLOAT32, 2",
        "9, 32, 64, 66, false, FLOAT32, 4",
        "3, 3, 4, 9, false, FLOAT32, 1",
        "1, 16, 64, 66, false, FLOAT32, 1"
    })
    void partsMakeTheWhole(int batch, int in, int out, int size, boolean transposed, DType dtype, int parts) {
        Tensor input = random(dtype, batch, in, size, size);
        Tensor weight = transposed ? random(dtype, in, out, 3, 3) : random(dtype, out, in, 3, 3);
        Tensor bias = random(dtype, out);
        Object[] window = {ints(1, 1), ints(1, 1), ints(1, 1), transposed, ints(0, 0), 1};
        List<Object> forward = new ArrayList<>(List.of(op(0), op(1), some(op(2))));
        forward.addAll(List.of(window));
        List<Tensor> made = check("convolution", List.of(input, weight, bias), forward, parts);
        for (boolean toInput : new boolean[] {true, false}) {
            List<Object> back = new ArrayList<>(List.of(op(0), op(1), op(2), some(ints(out))));
            back.addAll(List.of(window));
            back.add(new boolean[] {toInput, true, toInput});
            check("convolution_backward", List.of(made.getFirst(), input, weight), back, parts);
        }
        List<Object> plain = new ArrayList<>(List.of(op(0), op(1), none()));
        plain.addAll(List.of(window));
        check("convolution", List.of(input, weight), plain, parts);
        assertThat(CPU.liveTensors()).isZero();
    }

    private static List<Tensor> check(String name, List<Tensor> operands, List<Object> arguments, int parts) {
        // Without the types of the results nothing is cut.
        List<Tensor> whole = Torch.run(name, operands, arguments.toArray());
        Kernel kernel = CPU.resolve(Torch.typed(name, whole, operands, arguments.toArray()));
        List<DeviceTensor> uploaded = new ArrayList<>();
        operands.forEach(tensor -> uploaded.add(CPU.upload(tensor)));
        DeviceTensor[] in = uploaded.toArray(DeviceTensor[]::new);
        DeviceTensor[] alone = kernel.run(in);
        if (kernel.writes()) {
            DeviceTensor[] together =
                    whole.stream().map(tensor -> CPU.zeros(tensor.type())).toArray(DeviceTensor[]::new);
            ManyThreads lane = new ManyThreads();
            kernel.write(in, together, lane);
            assertThat(lane.most).isEqualTo(parts);
            for (int i = 0; i < alone.length; i++) {
                assertThat(Torch.download((TorchTensor) together[i])
                                .data()
                                .mismatch(Torch.download((TorchTensor) alone[i]).data()))
                        .isEqualTo(-1);
                together[i].close();
            }
        } else {
            assertThat(parts).isEqualTo(1);
        }
        for (int i = 0; i < alone.length; i++) {
            double[] ours = Torch.doubles(Torch.download((TorchTensor) alone[i]));
            double[] theirs = Torch.doubles(whole.get(i));
            double scale = 1e-5
                    * (1
                            + IntStream.range(0, theirs.length)
                                    .mapToDouble(j -> Math.abs(theirs[j]))
                                    .max()
                                    .orElse(0));
            for (int j = 0; j < ours.length; j++) {
                assertThat(ours[j]).isCloseTo(theirs[j], within(scale));
            }
            alone[i].close();
        }
        uploaded.forEach(DeviceTensor::close);
        return whole;
    }
}
