package dev.gradwire.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Percentage.withPercentage;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.TextForm;
import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.torch.TorchBackend;
import dev.gradwire.kernel.vector.VectorGroups;
import dev.gradwire.op.Operators;
import dev.gradwire.pass.Pipeline;
import dev.gradwire.pass.Plan;
import dev.gradwire.pass.Stages;
import dev.gradwire.pass.Target;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.transform.Differentiate;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory that runs of a plan share, threads that share a run's work, and runs that are cancelled. */
final class FramesTest {
    private static final Backend BACKEND = TorchBackend.open("cpu");

    private static final String MLP = """
            x: float32[67, 301]
            t: int64[67]
            w: float32[200, 301] requires_grad
            b: float32[200] requires_grad
            v: float32[13, 200] requires_grad
            h = linear(x, w, b)
            r = gelu(h)
            o = linear(r, v)
            n = layer_norm(o, [13])
            l = cross_entropy(n, t)
            g = grad([l], [w, b, v])
            return l, g, g:1, g:2
            """;

    private static final String CONVOLUTION = """
            x: float32[9, 3, 19, 17]
            w: float32[8, 3, 3, 3] requires_grad
            b: float32[8] requires_grad
            c = conv2d(x, w, b, 1, 1)
            r = relu(c)
            p = max_pool2d(r, 2)
            q = square(p)
            l = mean(q)
            g = grad([l], [w, b])
            return l, g, g:1
            """;

    private static final String ATTENTION = """
            q: float32[2, 3, 190, 16] requires_grad
            k: float32[2, 3, 470, 16] requires_grad
            v: float32[2, 3, 470, 16] requires_grad
            o = scaled_dot_product_attention(q, k, v)
            s = sin(o)
            l = sum(s)
            g = grad([l], [q, k, v])
            return l, g, g:1, g:2
            """;

    private static final String ELEMENTWISE = """
            a: float32[300007] requires_grad
            b: float32[300007] requires_grad
            m = mul(a, b)
            t = tanh(m)
            e = exp(t)
            l = sum(e)
            g = grad([l], [a, b])
            return l, g, g:1
            """;

    private static final String LOOP = """
            def step(h, x, w: float64[33]):
              t = tanh(h)
              u = mul(t, w)
              n = add(u, x)
              return n, t
            h: float64[33] requires_grad
            xs: float64[40, 33]
            w: float64[33] requires_grad
            r = scan(@step, [h], [xs], [w])
            s = sum(r)
            g = grad([s], [h, w])
            return s, r:1, g, g:1
            """;

    private static Plan plan(String text) {
        Graph graph = TextForm.parse(text, Operators.all()).graph();
        Graph derived = Differentiate.apply(graph, Operators.all(), 1 << 20).graph();
        Target target = new Target(BACKEND, VectorGroups.open());
        return Pipeline.plan(derived, Operators.all(), target, Stages.UNHEARD);
    }

    private static List<DeviceTensor> inputs(Plan plan) {
        Random random = new Random(3);
        List<DeviceTensor> inputs = new ArrayList<>();
        for (Plan.Slot input : plan.inputs()) {
            int count = (int) input.type().shape().elements();
            boolean classes = input.type().dtype() == DType.INT64;
            double[] elements = random.doubles(count)
                    .map(x -> classes ? Math.floor(13 * x) : x - 0.5)
                    .toArray();
            inputs.add(
                    BACKEND.upload(Tensor.of(input.type().dtype(), input.type().shape(), elements)));
        }
        return inputs;
    }

    private static List<byte[]> run(Executor executor, Plan plan, List<DeviceTensor> inputs, RunOptions options) {
        Outcome outcome = executor.run(plan, BACKEND, inputs, options);
        List<byte[]> results = new ArrayList<>();
        for (int i = 0; i < outcome.outputs().size(); i++) {
            byte[] bytes = new byte[(int) plan.outputs().get(i).type().lengthInBytes()];
            BACKEND.download(outcome.outputs().get(i), plan.outputs().get(i).type(), MemorySegment.ofArray(bytes));
            results.add(bytes);
            outcome.outputs().get(i).close();
        }
        return results;
    }

    private static void assertSame(List<byte[]> actual, List<byte[]> expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(Arrays.mismatch(actual.get(i), expected.get(i)))
                    .as("output %s", i)
                    .isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {MLP, CONVOLUTION, ATTENTION, ELEMENTWISE, LOOP})
    void resultsAreTheSameToTheBitOnAnyNumberOfThreads(String text) {
        Plan plan = plan(text);
        List<DeviceTensor> inputs = inputs(plan);
        try (Workers one = new Workers(1);
                Workers two = new Workers(2);
                Workers three = new Workers(3)) {
            List<byte[]> expected = run(new Executor(new Frames(0), one), plan, inputs, RunOptions.DEFAULT);
            assertSame(run(new Executor(new Frames(0), two), plan, inputs, RunOptions.DEFAULT), expected);
            assertSame(run(new Executor(new Frames(0), three), plan, inputs, RunOptions.DEFAULT), expected);
        } finally {
            inputs.forEach(DeviceTensor::close);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {MLP, CONVOLUTION, ELEMENTWISE, LOOP})
    void aFrameServesOneRunAfterAnother(String text) {
        Plan plan = plan(text);
        List<DeviceTensor> inputs = inputs(plan);
        long before = BACKEND.liveTensors();
        try (Frames frames = new Frames(1L << 30);
                Workers workers = new Workers(1)) {
            Executor executor = new Executor(frames, workers);
            List<byte[]> first = run(executor, plan, inputs, RunOptions.DEFAULT);
            long bytes = frames.bytes();
            assertThat(BACKEND.liveTensors()).isEqualTo(before + frames.tensors());
            assertSame(run(executor, plan, inputs, RunOptions.DEFAULT), first);
            assertThat(frames.bytes()).isEqualTo(bytes);
            assertThat(BACKEND.liveTensors()).isEqualTo(before + frames.tensors());
        }
        assertThat(BACKEND.liveTensors()).isEqualTo(before);
        inputs.forEach(DeviceTensor::close);
    }

    /** What a run holds at the most is inputs, outputs and its frame. */
    @ParameterizedTest
    @ValueSource(strings = {MLP, ELEMENTWISE, LOOP})
    void plannedMemoryIsWhatIsUsed(String text) {
        Plan plan = plan(text);
        List<DeviceTensor> inputs = inputs(plan);
        try (Frames frames = new Frames(1L << 30);
                Workers workers = new Workers(1)) {
            run(new Executor(frames, workers), plan, inputs, RunOptions.DEFAULT);
            long used = frames.bytes();
            used += plan.inputs().stream()
                    .mapToLong(slot -> slot.type().lengthInBytes())
                    .sum();
            used += plan.outputs().stream()
                    .mapToLong(slot -> slot.type().lengthInBytes())
                    .sum();
            assertThat(plan.price().peakBytes()).isCloseTo(used, withPercentage(10));
        } finally {
            inputs.forEach(DeviceTensor::close);
        }
    }

    @Test
    void framesKeepNoMoreThanTheyMay() {
        Plan large = plan(MLP);
        Plan small = plan(LOOP);
        try (Frames frames = new Frames(small.memory().bytes());
                Workers workers = new Workers(1)) {
            Executor executor = new Executor(frames, workers);
            for (Plan plan : List.of(small, large, small)) {
                List<DeviceTensor> inputs = inputs(plan);
                run(executor, plan, inputs, RunOptions.DEFAULT);
                inputs.forEach(DeviceTensor::close);
                assertThat(frames.bytes()).isEqualTo(small.memory().bytes());
            }
        }
    }

    /** Within a step too: this plan has one. */
    @Test
    void aCancelledRunEndsBetweenTiles() {
        Plan plan = plan(ELEMENTWISE);
        assertThat(plan.steps()).hasSize(1);
        List<DeviceTensor> inputs = inputs(plan);
        AtomicInteger polls = new AtomicInteger();
        RunOptions options = new RunOptions(() -> polls.incrementAndGet() > 3, false, false, false, 0);
        try (Frames frames = new Frames(1L << 30);
                Workers workers = new Workers(2)) {
            Executor executor = new Executor(frames, workers);
            assertThatThrownBy(() -> run(executor, plan, inputs, options)).isInstanceOf(CancelledException.class);
            List<byte[]> after = run(executor, plan, inputs, RunOptions.DEFAULT);
            assertSame(after, run(new Executor(new Frames(0), workers), plan, inputs, RunOptions.DEFAULT));
        } finally {
            inputs.forEach(DeviceTensor::close);
        }
    }

    @Test
    void whatAPartThrowsEndsTheStepAfterAllPartsHaveEnded() {
        try (Workers workers = new Workers(3)) {
            AtomicInteger ended = new AtomicInteger();
            assertThatThrownBy(() -> workers.run(20, part -> {
                        if (part == 7) {
                            throw new IllegalStateException("part 7");
                        }
                        ended.incrementAndGet();
                    }))
                    .hasMessage("part 7");
            int then = ended.get();
            workers.run(5, _ -> {});
            assertThat(ended.get()).isEqualTo(then);
        }
    }
}
