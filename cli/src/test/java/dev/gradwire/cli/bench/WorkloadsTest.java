package dev.gradwire.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradwire.cli.conformance.Refusal;
import dev.gradwire.graph.Graph;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class WorkloadsTest {
    /** A step along each gradient, by the length of the input. */
    private static final double STEP = 2e-3;

    /** All of them, the chain with so few steps that something is left of its gradient. */
    static Stream<TextWorkload> workloads() {
        return Workloads.names().stream()
                .map(name -> name.equals("chain") ? Workloads.chain(5) : Workloads.named(name));
    }

    @ParameterizedTest
    @MethodSource("workloads")
    void gradientsAreThoseOfTheLoss(TextWorkload workload) throws Refusal {
        List<Graph.Input> inputs = workload.graph().inputs();
        List<Tensor> data = workload.inputs();
        List<Tensor> values = run(workload, data);
        assertThat(values.getFirst().type().shape().rank()).isZero();
        int gradient = 1;
        for (int i = 0; i < inputs.size(); i++) {
            if (!inputs.get(i).requiresGrad()) {
                assertThat(data.get(i).type().dtype().isFloating()).isFalse();
                continue;
            }
            Tensor slope = values.get(gradient++);
            assertThat(slope.type()).isEqualTo(data.get(i).type());
            double length = length(slope);
            double step = STEP * length(data.get(i));
            double up = loss(workload, data, i, moved(data.get(i), slope, step / length));
            double down = loss(workload, data, i, moved(data.get(i), slope, -step / length));
            double least = 2e-6 * Math.abs(up) / step; // what float32 can tell
            assertThat((up - down) / (2 * step))
                    .as("%s with respect to %s", workload.name(), inputs.get(i).name())
                    .isCloseTo(length, within(0.03 * length + least));
        }
        assertThat(values).hasSize(gradient);
    }

    private static double loss(TextWorkload workload, List<Tensor> data, int changed, Tensor with) throws Refusal {
        List<Tensor> inputs = new ArrayList<>(data);
        inputs.set(changed, with);
        return run(workload, inputs).getFirst().getDouble(0);
    }

    private static List<Tensor> run(TextWorkload workload, List<Tensor> data) throws Refusal {
        try (EngineContender engine = new EngineContender(1);
                Contender.Loaded loaded = engine.load(workload, data)) {
            return loaded.values();
        }
    }

    private static double length(Tensor tensor) {
        double squares = 0;
        for (long i = 0; i < tensor.type().shape().elements(); i++) {
            squares += tensor.getDouble(i) * tensor.getDouble(i);
        }
        return Math.sqrt(squares);
    }

    private static Tensor moved(Tensor tensor, Tensor direction, double by) {
        float[] elements = new float[Math.toIntExact(tensor.type().shape().elements())];
        for (int i = 0; i < elements.length; i++) {
            elements[i] = (float) (tensor.getDouble(i) + by * direction.getDouble(i));
        }
        byte[] bytes = MemorySegment.ofArray(elements).toArray(ValueLayout.JAVA_BYTE);
        return new Tensor(tensor.type(), MemorySegment.ofArray(bytes));
    }

    @ParameterizedTest
    @MethodSource("workloads")
    void theUnseenOneComputesTheSame(TextWorkload workload) throws Refusal {
        try (EngineContender engine = new EngineContender(1);
                Contender.Loaded loaded = engine.load(workload)) {
            assertThat(loaded.firstNanos(1)).isPositive();
            assertThat(loaded.firstNanos(2)).isPositive();
        }
        List<Graph.Input> inputs = workload.program().recording().graph().inputs();
        List<Graph.Input> more = workload.unseen(3).recording().graph().inputs();
        assertThat(more).hasSize(inputs.size() + 1);
        assertThat(more.getLast().value().type())
                .isEqualTo(Workload.unseenInput(3).type());
        assertThat(more.subList(0, inputs.size()).stream().map(Graph.Input::name))
                .containsExactlyElementsOf(
                        inputs.stream().map(Graph.Input::name).toList());
    }

    @Test
    void theChainHas1500Nodes() {
        assertThat(Workloads.named("chain").graph().nodes()).hasSizeBetween(1_500, 1_510);
    }

    @Test
    void dataIsTheSameEachTime() {
        TextWorkload workload = Workloads.named("mlp");
        assertThat(workload.inputs()).isEqualTo(workload.inputs());
        Tensor labels = workload.inputs().get(1);
        assertThat(labels.type().dtype()).isEqualTo(DType.INT64);
        for (int i = 0; i < labels.type().shape().elements(); i++) {
            assertThat(labels.getLong(i)).isBetween(0L, 9L);
        }
    }

    @Test
    void namesAndFilesAreFound(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("own.txt");
        Files.writeString(file, "a: float32[2]\nb = sin(a)\nreturn b\n");
        assertThat(Workload.of(file.toString()).name()).isEqualTo("own.txt");
        assertThat(Workload.of("norm")).isEqualTo(Workloads.named("norm"));
        assertThatThrownBy(() -> Workloads.named("nothing")).hasMessageContaining("seed, elementwise");
    }

    @Test
    void peersReadWhatIsRunHere(@TempDir Path folder) throws IOException {
        TextWorkload workload = Workloads.named("seed");
        PeerData.write(folder, workload);
        assertThat(folder.resolve("seed/inputs.json"))
                .hasContent("[{\"name\":\"a\",\"dtype\":\"float32\",\"shape\":[2,2]}]");
        MemorySegment bytes = MemorySegment.ofArray(Files.readAllBytes(folder.resolve("seed/a.bin")));
        assertThat(new Tensor(workload.inputs().getFirst().type(), bytes))
                .isEqualTo(workload.inputs().getFirst());
    }
}
