package dev.gradwire.cli.conformance;

import dev.gradwire.engine.Compiled;
import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.engine.Program;
import dev.gradwire.engine.ProgramBuilder;
import dev.gradwire.engine.ResidentTensor;
import dev.gradwire.engine.RunResult;
import dev.gradwire.graph.Argument;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.Value;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.runtime.StepException;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.transform.GradFn;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The engine in this process. */
public final class EngineTarget implements Target {
    private final Engine engine;

    private EngineTarget(Engine engine) {
        this.engine = engine;
    }

    public static EngineTarget open(int threads) {
        return new EngineTarget(Engine.open(new EngineSettings(threads, EngineSettings.DEFAULT.maxCachedSteps())));
    }

    @Override
    public Answer run(Request request) throws Refusal {
        try {
            Compiled compiled = engine.compile(program(request), Engine.DEFAULT_DEVICE);
            return run(compiled, request);
        } catch (GraphException e) {
            throw new Refusal(e.reason().name(), String.valueOf(e.getMessage()));
        } catch (StepException e) {
            throw new Refusal("EXECUTION_FAILED", String.valueOf(e.getMessage()));
        } catch (RuntimeException | StackOverflowError e) {
            throw new Refusal("DEFECT", e + " at " + place(e));
        }
    }

    /** Where in our code a defect showed. */
    private static String place(Throwable defect) {
        for (StackTraceElement frame : defect.getStackTrace()) {
            if (frame.getClassName().startsWith("dev.gradwire.")
                    && !frame.getClassName().contains(".graph.")) {
                return frame.toString();
            }
        }
        return "an unknown place";
    }

    private static Program program(Request request) {
        ProgramBuilder program = new ProgramBuilder();
        GraphBuilder graph = program.graph();
        for (Request.Input input : request.inputs()) {
            graph.input(input.name(), input.tensor().type(), input.requiresGrad());
        }
        for (Request.Call node : request.nodes()) {
            Map<String, Argument> keywords = new LinkedHashMap<>();
            node.kwargs().forEach((name, arg) -> keywords.put(name, argument(graph, arg)));
            List<Argument> positional =
                    node.args().stream().map(arg -> argument(graph, arg)).toList();
            graph.record(node.name(), node.op(), positional, keywords);
        }
        request.outputs().forEach(program::output);
        Request.Backward backward = request.backward();
        if (backward == null) {
            return program.build();
        }
        List<ProgramBuilder.Cotangent> cotangents = backward.cotangents().stream()
                .<ProgramBuilder.Cotangent>map(ProgramBuilder.Cotangent.Inline::new)
                .toList();
        return program.build(backward.roots(), cotangents, backward.inputs());
    }

    private static Argument argument(GraphBuilder graph, Arg arg) {
        return switch (arg) {
            case Arg.Ref(String name) -> {
                Value value = graph.lookup(name);
                if (value == null) {
                    throw new GraphException(Reason.UNKNOWN_VALUE, "there is no value '" + name + "'");
                }
                yield value;
            }
            case Arg.Int(long value) -> new Argument.Int(value);
            case Arg.Float(double value) -> new Argument.Float(value);
            case Arg.Bool(boolean value) -> new Argument.Bool(value);
            case Arg.Complex(double real, double imaginary) -> new Argument.Complex(real, imaginary);
            case Arg.Text(String value) -> new Argument.Text(value);
            case Arg.Dtype(String label) ->
                new Argument.Dtype(DType.named(label)
                        .orElseThrow(() -> new GraphException(Reason.DTYPE_UNSUPPORTED, "there is no dtype " + label)));
            case Arg.Data(Tensor tensor) -> new Argument.Constant(tensor);
            case Arg.Items(List<Arg> items) ->
                new Argument.Items(
                        items.stream().map(item -> argument(graph, item)).toList());
            case Arg.None _ -> Argument.NONE;
            case Arg.Other(String form) ->
                throw new GraphException(Reason.INVALID_ARGUMENT, "no operator takes a " + form);
        };
    }

    private Answer run(Compiled compiled, Request request) {
        List<ResidentTensor> inputs = new ArrayList<>();
        try {
            for (Request.Input input : request.inputs()) {
                inputs.add(engine.upload(Engine.DEFAULT_DEVICE, input.tensor()));
            }
            try (RunResult result = engine.run(compiled, inputs, RunOptions.DEFAULT)) {
                List<Tensor> outputs =
                        result.outputs().stream().map(ResidentTensor::read).toList();
                List<@Nullable Tensor> gradients = new ArrayList<>();
                for (ResidentTensor gradient : result.gradients()) {
                    gradients.add(gradient == null ? null : gradient.read());
                }
                return new Answer(outputs, gradients, gradFns(compiled));
            }
        } finally {
            inputs.forEach(ResidentTensor::close);
        }
    }

    private static Map<String, Answer.GradFn> gradFns(Compiled compiled) {
        List<GradFn> all = compiled.gradFns().all();
        Map<String, String> names = new HashMap<>();
        all.forEach(gradFn -> names.putIfAbsent(gradFn.node(), gradFn.name()));
        Map<String, Answer.GradFn> gradFns = new HashMap<>();
        for (GradFn gradFn : all) {
            List<@Nullable String> next = new ArrayList<>();
            gradFn.nextFunctions().forEach(edge -> next.add(names.get(edge.node())));
            String value = gradFn.output() == 0 ? gradFn.node() : gradFn.node() + ":" + gradFn.output();
            gradFns.put(value, new Answer.GradFn(gradFn.name(), next));
        }
        return gradFns;
    }

    @Override
    public void close() {
        engine.close();
    }
}
