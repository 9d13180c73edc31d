package dev.gradwire.op;

import dev.gradwire.engine.Compiled;
import dev.gradwire.engine.Engine;
import dev.gradwire.engine.Program;
import dev.gradwire.engine.ResidentTensor;
import dev.gradwire.engine.RunResult;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Recording;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A recorded graph, ready to be run with named inputs; outputs come back by name. */
record SampleProgram(Engine engine, Compiled compiled) {
    static SampleProgram of(Engine engine, Recording recording) {
        Program program = new Program(recording, recording.graph().outputs().size(), List.of(), List.of());
        return new SampleProgram(engine, engine.compile(program, Engine.DEFAULT_DEVICE));
    }

    Map<String, Tensor> run(Map<String, Tensor> inputs) {
        Graph graph = compiled.program().recording().graph();
        List<ResidentTensor> resident = new ArrayList<>();
        try {
            graph.inputs()
                    .forEach(input -> resident.add(engine.upload(Engine.DEFAULT_DEVICE, inputs.get(input.name()))));
            try (RunResult result = engine.run(compiled, resident, RunOptions.DEFAULT)) {
                Map<String, Tensor> outputs = new HashMap<>();
                for (int i = 0; i < graph.outputs().size(); i++) {
                    outputs.put(
                            graph.outputs().get(i).name(),
                            result.outputs().get(i).read());
                }
                return outputs;
            }
        } finally {
            resident.forEach(ResidentTensor::close);
        }
    }
}
