package dev.gradwire.graph;

import static java.util.stream.Collectors.joining;

import dev.gradwire.graph.Argument.Body;
import dev.gradwire.graph.Argument.Bool;
import dev.gradwire.graph.Argument.Complex;
import dev.gradwire.graph.Argument.Constant;
import dev.gradwire.graph.Argument.Dtype;
import dev.gradwire.graph.Argument.Float;
import dev.gradwire.graph.Argument.Function;
import dev.gradwire.graph.Argument.Int;
import dev.gradwire.graph.Argument.Items;
import dev.gradwire.graph.Argument.None;
import dev.gradwire.graph.Argument.Text;
import dev.gradwire.graph.Graph.Input;
import dev.gradwire.graph.Graph.Output;
import dev.gradwire.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.LongStream;

/** Writes the text form, see {@link TextForm}: functions first, each once, then the graph. */
final class TextPrinter {
    private final StringBuilder text = new StringBuilder();
    private final Map<Body, String> functions = new HashMap<>();
    private final Map<String, Integer> functionUses = new HashMap<>();

    String print(Graph graph) {
        Map<Integer, String> names = new HashMap<>();
        Map<String, Integer> uses = new HashMap<>();
        printFunctions(graph);
        for (Input input : graph.inputs()) {
            text.append(define(input, names, uses));
            text.append(input.requiresGrad() ? " requires_grad\n" : "\n");
        }
        printNodes(graph, "", names, uses);
        return text.toString();
    }

    private void printFunctions(Graph graph) {
        graph.nodes().forEach(node -> node.forEachBody(this::printFunction));
    }

    private void printFunction(Body body) {
        if (functions.containsKey(body)) {
            return;
        }
        printFunctions(body.graph());
        String function = unique(body.name(), functionUses);
        functions.put(body, function);
        Map<Integer, String> names = new HashMap<>();
        Map<String, Integer> uses = new HashMap<>();
        String inputs = body.graph().inputs().stream()
                .map(input -> define(input, names, uses))
                .collect(joining(", "));
        text.append("def ").append(function).append('(').append(inputs).append("):\n");
        printNodes(body.graph(), "  ", names, uses);
    }

    private static String define(Input input, Map<Integer, String> names, Map<String, Integer> uses) {
        String name = unique(input.name(), uses);
        names.put(input.value().id(), name);
        return name + ": " + input.value().type();
    }

    private void printNodes(Graph graph, String indent, Map<Integer, String> names, Map<String, Integer> uses) {
        for (Node node : graph.nodes()) {
            String name = unique(node.name(), uses);
            for (int i = 0; i < node.results().size(); i++) {
                names.put(node.results().get(i).id(), i == 0 ? name : name + ":" + i);
            }
            text.append(indent)
                    .append(name)
                    .append(" = ")
                    .append(call(node, names))
                    .append('\n');
        }
        String outputs = graph.outputs().stream()
                .map(Output::value)
                .map(value -> names.getOrDefault(value.id(), "?"))
                .collect(joining(", "));
        text.append(indent).append("return ").append(outputs).append('\n');
    }

    /** Nodes that rewrites added share their client's name; a number tells them apart. */
    private static String unique(String name, Map<String, Integer> uses) {
        int use = uses.merge(name, 1, Integer::sum);
        return use == 1 ? name : name + "~" + use;
    }

    private String call(Node node, Map<Integer, String> names) {
        Schema schema = node.op().canonical();
        StringBuilder call = new StringBuilder(node.op().schema().key()).append('(');
        String separator = "";
        for (int i = 0; i < node.args().size(); i++) {
            Parameter parameter = schema.parameters().get(i);
            Argument argument = node.args().get(i);
            if (argument.equals(parameter.defaultValue())
                    || argument instanceof None && node.op().schema().indexOf(parameter.name()) < 0) {
                continue;
            }
            boolean named = parameter.defaultValue() != null || parameter.keywordOnly();
            call.append(separator).append(named ? parameter.name() + "=" : "").append(print(argument, names));
            separator = ", ";
        }
        return call.append(')').toString();
    }

    String print(Argument argument, Map<Integer, String> names) {
        return switch (argument) {
            case Value value -> names.getOrDefault(value.id(), "%" + value.id());
            case Int(long value) -> Long.toString(value);
            case Float(double value) -> number(value);
            case Bool(boolean value) -> value ? "True" : "False";
            case Complex(double real, double imaginary) -> complex(real, imaginary);
            case Text(String value) -> '"' + value + '"';
            case Dtype(var value) -> "torch." + value.label();
            case None _ -> "None";
            case Items list ->
                list.items().stream().map(item -> print(item, names)).collect(joining(", ", "[", "]"));
            case Constant(Tensor tensor) -> print(tensor);
            case Function(String name) -> "@" + name;
            case Body body -> "@" + functions.getOrDefault(body, body.name());
        };
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "nan" : Double.isInfinite(value) ? value > 0 ? "inf" : "-inf" : "" + value;
    }

    private static String complex(double real, double imaginary) {
        return "complex(" + number(real) + ", " + number(imaginary) + ")";
    }

    private static String element(Tensor tensor, long index) {
        return switch (tensor.type().dtype().category()) {
            case COMPLEX -> complex(tensor.getReal(index), tensor.getImaginary(index));
            case FLOATING -> number(tensor.getDouble(index));
            case INTEGRAL, BOOL -> Long.toString(tensor.getLong(index));
        };
    }

    private static String print(Tensor tensor) {
        String elements = LongStream.range(0, tensor.type().shape().elements())
                .mapToObj(i -> element(tensor, i))
                .collect(joining(", ", "[", "]"));
        return "tensor(" + tensor.type() + ", " + elements + ")";
    }
}
