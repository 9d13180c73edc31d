package dev.gradwire.service;

import dev.gradwire.engine.Compiled;
import dev.gradwire.engine.Engine;
import dev.gradwire.engine.Program;
import dev.gradwire.engine.ProgramBuilder;
import dev.gradwire.engine.ResidentTensor;
import dev.gradwire.engine.RunResult;
import dev.gradwire.graph.Argument;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells whether the engine computes: runs (x²).sum() for x = 3 forward and backward, down to the native kernels. */
final class Readiness {
    private static final Logger LOG = LoggerFactory.getLogger(Readiness.class);

    private final Engine engine;
    private final Program program;

    Readiness(Engine engine) {
        this.engine = engine;
        ProgramBuilder builder = new ProgramBuilder();
        Argument x = builder.graph().input("x", TensorType.of(DType.FLOAT32, 1), true);
        Argument square =
                builder.graph().record("square", "mul", List.of(x, x), Map.of()).getFirst();
        builder.graph().record("sum", "sum", List.of(square), Map.of());
        builder.output("sum");
        program = builder.build(List.of(), List.of(), List.of());
    }

    boolean isReady() {
        try {
            Compiled compiled = engine.compile(program, Engine.DEFAULT_DEVICE);
            Tensor three = Tensor.of(DType.FLOAT32, Shape.of(1), 3);
            try (ResidentTensor x = engine.upload(Engine.DEFAULT_DEVICE, three);
                    RunResult result = engine.run(compiled, List.of(x), RunOptions.DEFAULT)) {
                ResidentTensor gradient = result.gradients().getFirst();
                return gradient != null
                        && result.outputs().getFirst().read().getDouble(0) == 9
                        && gradient.read().getDouble(0) == 6;
            }
        } catch (RuntimeException | LinkageError e) {
            LOG.error("the self-test failed", e);
            return false;
        }
    }
}
