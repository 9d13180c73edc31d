package dev.gradwire.graph;

import static java.util.stream.Collectors.joining;

import dev.gradwire.graph.Argument.Bool;
import dev.gradwire.graph.Argument.Complex;
import dev.gradwire.graph.Argument.Constant;
import dev.gradwire.graph.Argument.Dtype;
import dev.gradwire.graph.Argument.Float;
import dev.gradwire.graph.Argument.Int;
import dev.gradwire.graph.Argument.Items;
import dev.gradwire.graph.Argument.None;
import dev.gradwire.graph.Argument.Text;
import dev.gradwire.graph.Graph.Input;
import dev.gradwire.graph.Graph.Output;
import dev.gradwire.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The text form of a graph, which prints and parses back:
 *
 * <pre>{@code
 * a: float32[2, 2] requires_grad
 * b = add.Tensor(a, 2)
 * c = pow(b, exponent=2)
 * out = sum(c)
 * g = grad([out], [a])
 * return out, g
 * }</pre>
 *
 * A statement a line, {@code #} begins a comment. The results of a node are {@code m}, {@code m:1}, …; tensor data
 * reads {@code tensor(int64[3], [0, 1, 2])}. Overloads may be left open as on the wire.
 */
public final class TextForm {
    private TextForm() {}

    /** @throws GraphException when the text or the graph is wrong */
    public static Recording parse(String text, OperatorTable operators) {
        return new TextParser(text).recording(operators);
    }

    /** One argument without references, e.g. {@code [1, 2]}. */
    public static Argument parseArgument(String text) {
        return new TextParser(text).argument(name -> {
            throw new GraphException(Reason.UNKNOWN_VALUE, "there is no value '" + name + "'");
        });
    }

    public static String print(Graph graph) {
        Map<Integer, String> names = new HashMap<>();
        Map<String, Integer> uses = new HashMap<>();
        StringBuilder text = new StringBuilder();
        for (Input input : graph.inputs()) {
            names.put(input.value().id(), unique(input.name(), uses));
            text.append(input.name()).append(": ").append(input.value().type());
            text.append(input.requiresGrad() ? " requires_grad\n" : "\n");
        }
        for (Node node : graph.nodes()) {
            String name = unique(node.name(), uses);
            for (int i = 0; i < node.results().size(); i++) {
                names.put(node.results().get(i).id(), i == 0 ? name : name + ":" + i);
            }
            text.append(name).append(" = ").append(printCall(node, names)).append('\n');
        }
        Function<Output, String> output =
                each -> names.getOrDefault(each.value().id(), "?");
        return text.append(graph.outputs().stream().map(output).collect(joining(", ", "return ", "\n")))
                .toString();
    }

    /** Nodes that rewrites added share their client's name; a number tells them apart. */
    private static String unique(String name, Map<String, Integer> uses) {
        int use = uses.merge(name, 1, Integer::sum);
        return use == 1 ? name : name + "~" + use;
    }

    private static String printCall(Node node, Map<Integer, String> names) {
        Schema schema = node.op().canonical();
        StringBuilder text = new StringBuilder(node.op().schema().key()).append('(');
        String separator = "";
        for (int i = 0; i < node.args().size(); i++) {
            Parameter parameter = schema.parameters().get(i);
            Argument argument = node.args().get(i);
            if (argument.equals(parameter.defaultValue())
                    || argument instanceof None && node.op().schema().indexOf(parameter.name()) < 0) {
                continue;
            }
            boolean named = parameter.defaultValue() != null || parameter.keywordOnly();
            text.append(separator).append(named ? parameter.name() + "=" : "").append(print(argument, names));
            separator = ", ";
        }
        return text.append(')').toString();
    }

    /** An argument without references. */
    public static String print(Argument argument) {
        return print(argument, Map.of());
    }

    private static String print(Argument argument, Map<Integer, String> names) {
        return switch (argument) {
            case Value value -> names.getOrDefault(value.id(), "%" + value.id());
            case Int(long value) -> Long.toString(value);
            case Float(double value) -> printFloat(value);
            case Bool(boolean value) -> value ? "True" : "False";
            case Complex(double real, double imaginary) -> printComplex(real, imaginary);
            case Text(String value) -> '"' + value + '"';
            case Dtype(var value) -> "torch." + value.label();
            case None _ -> "None";
            case Items list ->
                list.items().stream().map(item -> print(item, names)).collect(joining(", ", "[", "]"));
            case Constant(Tensor tensor) -> printTensor(tensor);
        };
    }

    private static String printFloat(double value) {
        return Double.isNaN(value) ? "nan" : Double.isInfinite(value) ? value > 0 ? "inf" : "-inf" : "" + value;
    }

    private static String printComplex(double real, double imaginary) {
        return "complex(" + printFloat(real) + ", " + printFloat(imaginary) + ")";
    }

    private static String printElement(Tensor tensor, long index) {
        return switch (tensor.type().dtype().category()) {
            case COMPLEX -> printComplex(tensor.getReal(index), tensor.getImaginary(index));
            case FLOATING -> printFloat(tensor.getDouble(index));
            case INTEGRAL, BOOL -> Long.toString(tensor.getLong(index));
        };
    }

    private static String printTensor(Tensor tensor) {
        String elements = LongStream.range(0, tensor.type().shape().elements())
                .mapToObj(i -> printElement(tensor, i))
                .collect(Collectors.joining(", ", "[", "]"));
        return "tensor(" + tensor.type() + ", " + elements + ")";
    }
}
