package dev.gradwire.engine;

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
import dev.gradwire.runtime.AnomalyException;
import dev.gradwire.runtime.CancelledException;
import dev.gradwire.runtime.Executor;
import dev.gradwire.runtime.Frames;
import dev.gradwire.runtime.Outcome;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.runtime.StepException;
import dev.gradwire.runtime.Workers;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import dev.gradwire.transform.Differentiate;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Plans and runs a program in the text form; its inputs are filled with seeded numbers from [0.2, 1.2]. Whatever is run
 * with nodes fused is also run node by node, and must come to the same.
 */
final class TextRun {
    /** Keeps no memory between runs. */
    private static final Executor EXECUTOR = new Executor(new Frames(0), new Workers(2));

    private final Backend backend = TorchBackend.open("cpu");
    private final Graph graph;
    private final Plan plan;
    private final Plan nodeByNode;

    private TextRun(String text) {
        Graph parsed = TextForm.parse(text, Operators.all()).graph();
        graph = Differentiate.apply(parsed, Operators.all(), 1 << 22).graph();
        plan = Pipeline.plan(graph, Operators.all(), new Target(backend, VectorGroups.open()), Stages.UNHEARD);
        nodeByNode = Pipeline.plan(graph, Operators.all(), new Target(backend, null), Stages.UNHEARD);
    }

    static TextRun of(String text) {
        return new TextRun(text);
    }

    /** All outputs, one array each. */
    static List<double[]> values(String text) {
        return of(text).values(RunOptions.DEFAULT);
    }

    /** With nodes fused. */
    Plan plan() {
        return plan;
    }

    /** With a step for each node. */
    Plan nodeByNode() {
        return nodeByNode;
    }

    Graph graph() {
        return graph;
    }

    /** All outputs, one array each; whether or not the run fails, it must not keep a tensor. */
    List<double[]> values(RunOptions options) {
        long before = backend.liveTensors();
        List<DeviceTensor> inputs = inputs();
        try {
            List<double[]> apart = run(nodeByNode, inputs, options);
            List<double[]> values = options.detectAnomaly() ? apart : run(plan, inputs, options);
            release(inputs, before);
            for (int i = 0; i < values.size(); i++) {
                agree(plan.outputs().get(i), values.get(i), apart.get(i));
            }
            return values;
        } catch (StepException | CancelledException | AnomalyException e) {
            release(inputs, before);
            throw e;
        }
    }

    private static void agree(Plan.Slot output, double[] actual, double[] expected) {
        double tolerance = output.type().dtype() == DType.FLOAT32 ? 1e-4 : 1e-9;
        for (int i = 0; i < expected.length; i++) {
            boolean same = Double.compare(actual[i], expected[i]) == 0
                    || Math.abs(actual[i] - expected[i]) <= tolerance * (1 + Math.abs(expected[i]));
            if (!same) {
                throw new AssertionError(output.name() + ": element " + i + " is " + actual[i]
                        + " with nodes fused, but " + expected[i] + " node by node");
            }
        }
    }

    private List<DeviceTensor> inputs() {
        Random random = new Random(7);
        List<DeviceTensor> inputs = new ArrayList<>();
        for (Plan.Slot input : plan.inputs()) {
            int count = (int) input.type().shape().elements();
            double[] elements = random.doubles(count)
                    .map(x -> 0.2 + Math.floor(x * 1024) / 1024)
                    .toArray();
            inputs.add(
                    backend.upload(Tensor.of(input.type().dtype(), input.type().shape(), elements)));
        }
        return inputs;
    }

    private List<double[]> run(Plan plan, List<DeviceTensor> inputs, RunOptions options) {
        Outcome outcome = EXECUTOR.run(plan, backend, inputs, options);
        List<double[]> values = new ArrayList<>();
        for (int i = 0; i < outcome.outputs().size(); i++) {
            values.add(read(outcome.outputs().get(i), plan.outputs().get(i).type()));
            outcome.outputs().get(i).close();
        }
        return values;
    }

    private void release(List<DeviceTensor> inputs, long before) {
        inputs.forEach(DeviceTensor::close);
        if (backend.liveTensors() != before) {
            throw new IllegalStateException("a run kept " + (backend.liveTensors() - before) + " tensors");
        }
    }

    private double[] read(DeviceTensor tensor, TensorType type) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[Math.toIntExact(type.lengthInBytes())]);
        backend.download(tensor, type, bytes);
        Tensor host = new Tensor(type, bytes);
        double[] elements = new double[(int) type.shape().elements()];
        Arrays.setAll(elements, host::getDouble);
        return elements;
    }
}
