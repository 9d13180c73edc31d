package dev.gradwire;

import dev.gradwire.engine.Compiled;
import dev.gradwire.engine.Engine;
import dev.gradwire.engine.Program;
import dev.gradwire.engine.ResidentTensor;
import dev.gradwire.engine.RunResult;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Recording;
import dev.gradwire.graph.TextForm;
import dev.gradwire.op.Operators;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** A graph in the text form, ready to be run with named inputs; outputs come back by name. */
public record TextProgram(Engine engine, Compiled compiled) {
    public static TextProgram of(Engine engine, String text) {
        return of(engine, TextForm.parse(text, Operators.all()));
    }

    public static TextProgram of(Engine engine, Recording recording) {
        Program program = new Program(recording, recording.graph().outputs().size(), List.of(), List.of());
        return new TextProgram(engine, engine.compile(program, Engine.DEFAULT_DEVICE));
    }

    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return run(inputs, RunOptions.DEFAULT);
    }

    public Map<String, Tensor> run(Map<String, Tensor> inputs, RunOptions options) {
        Graph graph = compiled.program().recording().graph();
        List<ResidentTensor> resident = new ArrayList<>();
        try {
            for (Graph.Input input : graph.inputs()) {
                resident.add(engine.upload(Engine.DEFAULT_DEVICE, inputs.get(input.name())));
            }
            try (RunResult result = engine.run(compiled, resident, options)) {
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

    /** Seeded numbers from [−1, 1) in float64. */
    public static Tensor random(int seed, long... dims) {
        Shape shape = Shape.of(dims);
        double[] elements =
                new SplittableRandom(seed).doubles(shape.elements(), -1, 1).toArray();
        return Tensor.of(DType.FLOAT64, shape, elements);
    }

    /** All elements; of complex ones real and imaginary part in turn. */
    public static double[] doubles(Tensor tensor) {
        boolean complex = tensor.type().dtype().isComplex();
        double[] parts = new double[Math.toIntExact(tensor.type().shape().elements() * (complex ? 2 : 1))];
        Arrays.setAll(
                parts,
                complex ? i -> i % 2 == 0 ? tensor.getReal(i / 2) : tensor.getImaginary(i / 2) : tensor::getDouble);
        return parts;
    }
}
