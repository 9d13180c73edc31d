package dev.gradwire.cli.conformance;

import dev.gradwire.engine.Program;
import dev.gradwire.engine.ProgramBuilder;
import dev.gradwire.graph.Argument;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Requests as programs of the engine. */
public final class Programs {
    private Programs() {}

    /** @throws GraphException when the engine refuses the graph */
    public static Program of(Request request) {
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
            case Arg.Ref(String name) -> value(graph, name);
            case Arg.Int(long value) -> new Argument.Int(value);
            case Arg.Float(double value) -> new Argument.Float(value);
            case Arg.Bool(boolean value) -> new Argument.Bool(value);
            case Arg.Complex(double real, double imaginary) -> new Argument.Complex(real, imaginary);
            case Arg.Text(String value) -> new Argument.Text(value);
            case Arg.Dtype(String label) -> dtype(label);
            case Arg.Data(Tensor tensor) -> new Argument.Constant(tensor);
            case Arg.Items(List<Arg> items) ->
                new Argument.Items(
                        items.stream().map(item -> argument(graph, item)).toList());
            case Arg.None _ -> Argument.NONE;
            case Arg.Other(String form) ->
                throw new GraphException(Reason.INVALID_ARGUMENT, "no operator takes a " + form);
        };
    }

    private static Value value(GraphBuilder graph, String name) {
        Value value = graph.lookup(name);
        if (value == null) {
            throw new GraphException(Reason.UNKNOWN_VALUE, "there is no value '" + name + "'");
        }
        return value;
    }

    private static Argument dtype(String label) {
        return DType.named(label)
                .map(Argument.Dtype::new)
                .orElseThrow(() -> new GraphException(Reason.DTYPE_UNSUPPORTED, "there is no dtype " + label));
    }
}
