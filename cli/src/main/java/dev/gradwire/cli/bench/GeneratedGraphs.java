package dev.gradwire.cli.bench;

import dev.gradwire.engine.Program;
import dev.gradwire.engine.ProgramBuilder;
import dev.gradwire.graph.Argument;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** Graphs of any size, to measure how planning grows with it. */
final class GeneratedGraphs {
    private static final String[] CHAIN = {"mul", "tanh", "add", "sigmoid"};

    private GeneratedGraphs() {}

    /** Records a graph anew. */
    @FunctionalInterface
    interface Source {
        Program record();
    }

    /** A chain and a wide graph of about {@code nodes} nodes, each without and with a backward pass. */
    static SequencedMap<String, Source> all(int nodes) {
        SequencedMap<String, Source> sources = new LinkedHashMap<>();
        sources.put("chain", () -> chain(nodes).build());
        sources.put("chain, backward", () -> chain(nodes).build(List.of(), List.of(), List.of()));
        sources.put("wide", () -> wide(nodes).build());
        sources.put("wide, backward", () -> wide(nodes).build(List.of(), List.of(), List.of()));
        return sources;
    }

    /** Each node reads the one before it; every second one a parameter too. */
    private static ProgramBuilder chain(int nodes) {
        ProgramBuilder program = new ProgramBuilder();
        GraphBuilder graph = program.graph();
        Value parameter = graph.input("w", TensorType.of(DType.FLOAT32, 4), true);
        Value last = graph.input("x", TensorType.of(DType.FLOAT32, 3, 4), true);
        for (int i = 0; i < nodes - 1; i++) {
            String op = CHAIN[i % CHAIN.length];
            List<Argument> args = i % 2 == 0 ? List.of(last, parameter) : List.of(last);
            last = graph.record("n" + i, op, args, Map.of()).getFirst();
        }
        return sum(program, last);
    }

    /** Columns that start from one input, four nodes each, added up. */
    private static ProgramBuilder wide(int nodes) {
        ProgramBuilder program = new ProgramBuilder();
        GraphBuilder graph = program.graph();
        Value input = graph.input("x", TensorType.of(DType.FLOAT32, 3, 4), true);
        Value sum = input;
        for (int i = 0; i < (nodes - 1) / 4; i++) {
            Value scaled = graph.record("a" + i, "mul", List.of(input, new Argument.Float(i + 0.5)), Map.of())
                    .getFirst();
            Value bent = graph.record("b" + i, "sin", List.of(scaled), Map.of()).getFirst();
            Value flat = graph.record("c" + i, "exp", List.of(bent), Map.of()).getFirst();
            sum = graph.record("d" + i, "add", List.of(sum, flat), Map.of()).getFirst();
        }
        return sum(program, sum);
    }

    private static ProgramBuilder sum(ProgramBuilder program, Value last) {
        program.graph().record("loss", "sum", List.of(last), Map.of());
        program.output("loss");
        return program;
    }
}
