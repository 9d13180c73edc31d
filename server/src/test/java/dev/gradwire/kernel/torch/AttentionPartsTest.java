package dev.gradwire.kernel.torch;

import static dev.gradwire.kernel.torch.Torch.CPU;
import static dev.gradwire.kernel.torch.Torch.none;
import static dev.gradwire.kernel.torch.Torch.op;
import static dev.gradwire.kernel.torch.Torch.some;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttentionPartsTest {
    private static final String KERNEL = "_scaled_dot_product_flash_attention_for_cpu";

    private static Tensor random(long... sizes) {
        Shape shape = Shape.of(sizes);
        return Torch.f64(
                shape,
                new Random(shape.hashCode()).doubles(shape.elements(), -1, 1).toArray());
    }

    @ParameterizedTest
    @CsvSource({"false, false", "true, false", "false, true"})
    void partsMakeTheWhole(boolean causal, boolean masked) {
        Tensor q = random(2, 3, 13, 4);
        Tensor k = random(2, 3, 17, 4);
        Tensor v = random(2, 3, 17, 4);
        Tensor mask = random(13, 17);
        Object given = masked ? some(op(3)) : none();
        List<Tensor> forward =
                check(KERNEL, List.of(q, k, v, mask), op(0), op(1), op(2), 0.0, causal, given, some(0.7));
        check(
                KERNEL + "_backward",
                List.of(q, k, v, mask, random(2, 3, 13, 4), forward.get(0), forward.get(1)),
                op(4),
                op(0),
                op(1),
                op(2),
                op(5),
                op(6),
                0.0,
                causal,
                given,
                some(0.7));
        assertThat(CPU.liveTensors()).isZero();
    }

    private static List<Tensor> check(String name, List<Tensor> operands, Object... arguments) {
        KernelCall call = Torch.call(name, operands, arguments);
        Arguments checked = Arguments.check(call, new SchemaTable(Set.of()).get(name));
        TorchTensor[] uploaded = operands.stream().map(CPU::upload).toArray(TorchTensor[]::new);
        TorchTensor[] parts = new AttentionParts(CPU, checked, name.equals(KERNEL)).run(uploaded);
        List<Tensor> whole = Torch.run(name, operands, arguments);
        for (int i = 0; i < parts.length; i++) {
            double[] ours = Torch.doubles(Torch.download(parts[i]));
            double[] theirs = Torch.doubles(whole.get(i));
            for (int at = 0; at < ours.length; at++) {
                assertThat(ours[at]).isCloseTo(theirs[at], within(1e-12));
            }
            parts[i].close();
        }
        for (TorchTensor tensor : uploaded) {
            tensor.close();
        }
        return whole;
    }

    /** The library reads beyond its tensors then. */
    @Test
    void shapesThatDoNotFitAreRefused() {
        Tensor q = random(2, 3, 13, 4);
        for (Tensor k : List.of(random(2, 3, 17, 5), random(1, 3, 17, 4), random(2, 1, 17, 4), random(2, 3, 0, 4))) {
            assertThatThrownBy(
                            () -> Torch.run(KERNEL, List.of(q, k, k), op(0), op(1), op(2), 0.0, false, none(), none()))
                    .isInstanceOf(KernelException.class);
        }
        for (Tensor mask : List.of(random(12, 13), random(13), random(3, 3, 13, 13))) {
            assertThatThrownBy(() ->
                            Torch.run(KERNEL, List.of(q, mask), op(0), op(0), op(0), 0.0, false, some(op(1)), none()))
                    .isInstanceOf(KernelException.class);
        }
    }
}
