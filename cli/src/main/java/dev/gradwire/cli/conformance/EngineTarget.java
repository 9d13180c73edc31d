package dev.gradwire.cli.conformance;

import dev.gradwire.engine.Compiled;
import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.engine.ResidentTensor;
import dev.gradwire.engine.RunResult;
import dev.gradwire.graph.GraphException;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.runtime.StepException;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.transform.GradFn;
import java.util.ArrayList;
import java.util.HashMap;
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
            Compiled compiled = engine.compile(Programs.of(request), Engine.DEFAULT_DEVICE);
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
