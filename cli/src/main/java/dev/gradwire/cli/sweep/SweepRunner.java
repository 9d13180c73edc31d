package dev.gradwire.cli.sweep;

import dev.gradwire.engine.Compiled;
import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.engine.Program;
import dev.gradwire.engine.ResidentTensor;
import dev.gradwire.engine.RunResult;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.Recording;
import dev.gradwire.graph.TextForm;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Operators;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.runtime.StepException;
import dev.gradwire.tensor.Tensor;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** The child process: says the number of each case before it and the outcome after it, a line each. */
final class SweepRunner {
    /** What a server would refuse by its limits is not run here either. */
    private static final long MAX_BYTES = 256L << 20;

    private static final long MAX_FLOPS = 1L << 33;

    private final Engine engine = Engine.open(new EngineSettings(1, 1).withMaxValues(100_000));

    /** @param args seed, first number, number after the last */
    public static void main(String[] args) {
        PrintStream out = System.out;
        SweepRunner runner = new SweepRunner();
        long seed = Long.parseLong(args[0]);
        for (long i = Long.parseLong(args[1]); i < Long.parseLong(args[2]); i++) {
            out.println(SweepOutcome.BEGIN + " " + i);
            out.flush();
            out.println(runner.run(SweepCase.of(seed, i)).line());
            out.flush();
        }
        // Threads of the native library need not be waited for.
        Runtime.getRuntime().halt(0);
    }

    private SweepOutcome run(SweepCase item) {
        SweepOutcome outcome = outcome(item);
        long held = engine.liveTensors();
        return held == 0 ? outcome : new SweepOutcome(SweepOutcome.Kind.BROKEN, held + " tensors are not closed");
    }

    // Whatever is thrown is what is looked for.
    @SuppressWarnings("CatchAndPrintStackTrace")
    private SweepOutcome outcome(SweepCase item) {
        try {
            return compute(item);
        } catch (GraphException e) {
            boolean named = e.node() != null || e.reason() == Reason.UNKNOWN_VALUE;
            SweepOutcome.Kind kind = named ? SweepOutcome.Kind.REFUSED : SweepOutcome.Kind.UNNAMED;
            return new SweepOutcome(kind, e.reason() + " " + e.getMessage());
        } catch (StepException e) {
            return new SweepOutcome(SweepOutcome.Kind.FAILED, e.node() + ": " + e.getMessage());
        } catch (RuntimeException | Error e) {
            return new SweepOutcome(SweepOutcome.Kind.BROKEN, e.toString());
        }
    }

    private SweepOutcome compute(SweepCase item) {
        Recording recording = TextForm.parse(item.text(), Operators.all());
        Graph graph = recording.graph();
        for (Node node : graph.nodes()) {
            for (Value result : node.results()) {
                if (result.type().shape().elements() > MAX_BYTES) {
                    return new SweepOutcome(SweepOutcome.Kind.LARGE, "");
                }
            }
        }
        Program program = new Program(recording, graph.outputs().size(), List.of(), List.of());
        Compiled compiled = engine.compile(program, Engine.DEFAULT_DEVICE);
        if (compiled.plan().price().peakBytes() > MAX_BYTES
                || compiled.plan().price().flops() > MAX_FLOPS) {
            return new SweepOutcome(SweepOutcome.Kind.LARGE, "");
        }
        List<ResidentTensor> tensors = new ArrayList<>();
        try {
            for (Graph.Input input : graph.inputs()) {
                Tensor tensor = item.inputs().get(input.name());
                if (tensor == null) {
                    throw new IllegalStateException("no input " + input.name());
                }
                tensors.add(engine.upload(Engine.DEFAULT_DEVICE, tensor));
            }
            try (RunResult result = engine.run(compiled, tensors, RunOptions.DEFAULT)) {
                result.outputs().forEach(ResidentTensor::read);
            }
            return new SweepOutcome(SweepOutcome.Kind.RESULT, "");
        } finally {
            tensors.forEach(ResidentTensor::close);
        }
    }
}
