package dev.gradwire.cli.bench;

import dev.gradwire.cli.conformance.Programs;
import dev.gradwire.cli.conformance.Refusal;
import dev.gradwire.cli.conformance.Request;
import dev.gradwire.engine.Compiled;
import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.engine.ResidentTensor;
import dev.gradwire.engine.RunResult;
import dev.gradwire.graph.GraphException;
import dev.gradwire.runtime.RunOptions;
import java.util.ArrayList;
import java.util.List;

/** The engine in this process. Tensors stay where they are between runs, as in a framework. */
final class EngineContender implements Contender {
    private final Engine engine;

    EngineContender(int threads) {
        engine = Engine.open(new EngineSettings(threads, EngineSettings.DEFAULT.maxCachedSteps()));
    }

    @Override
    public String name() {
        return "gradwire";
    }

    @Override
    public Prepared prepare(Request request) throws Refusal {
        List<ResidentTensor> inputs = new ArrayList<>();
        try {
            Compiled compiled = engine.compile(Programs.of(request), Engine.DEFAULT_DEVICE);
            for (Request.Input input : request.inputs()) {
                inputs.add(engine.upload(Engine.DEFAULT_DEVICE, input.tensor()));
            }
            try (RunResult result = engine.run(compiled, inputs, RunOptions.DEFAULT)) {
                result.outputs().forEach(ResidentTensor::read);
            }
            return new Resident(compiled, inputs);
        } catch (GraphException e) {
            inputs.forEach(ResidentTensor::close);
            throw new Refusal(e.reason().name(), String.valueOf(e.getMessage()));
        }
    }

    private final class Resident implements Prepared {
        private final Compiled compiled;
        private final List<ResidentTensor> inputs;

        Resident(Compiled compiled, List<ResidentTensor> inputs) {
            this.compiled = compiled;
            this.inputs = inputs;
        }

        @Override
        public void run() {
            engine.run(compiled, inputs, RunOptions.DEFAULT).close();
        }

        @Override
        public long peakBytes() {
            return compiled.plan().price().peakBytes();
        }

        @Override
        public void close() {
            inputs.forEach(ResidentTensor::close);
        }
    }

    @Override
    public void close() {
        engine.close();
    }
}
