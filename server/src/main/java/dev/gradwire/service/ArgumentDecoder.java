package dev.gradwire.service;

import static dev.gradwire.graph.Argument.NONE;

import dev.gradwire.graph.Argument.Bool;
import dev.gradwire.graph.Argument.Complex;
import dev.gradwire.graph.Argument.Constant;
import dev.gradwire.graph.Argument.Float;
import dev.gradwire.graph.Argument.Function;
import dev.gradwire.graph.Argument.Int;
import dev.gradwire.graph.Argument.Items;
import dev.gradwire.graph.Argument.Text;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.v1.Argument;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Node;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes a graph's arguments of a message's. Tensor data becomes a {@code constant} before the node. */
final class ArgumentDecoder {
    private final GraphBuilder builder;
    private final Graph wire;
    private final Limits limits;

    ArgumentDecoder(GraphBuilder builder, Graph wire, Limits limits) {
        this.builder = builder;
        this.wire = wire;
        this.limits = limits;
    }

    /**
     * @param index of the node in the graph
     * @param path of the argument's field, for errors
     */
    dev.gradwire.graph.Argument decode(Node node, int index, Argument argument, String path) {
        try {
            return switch (argument.getKindCase()) {
                case VALUE -> value(argument.getValue(), index);
                case VALUES -> values(argument.getValues().getValuesList(), index, path);
                case INT -> new Int(argument.getInt());
                case FLOAT -> new Float(argument.getFloat());
                case BOOL -> new Bool(argument.getBool());
                case STRING -> new Text(argument.getString());
                case INTS -> items(argument.getInts().getValuesList().stream().map(Int::new));
                case FLOATS ->
                    items(argument.getFloats().getValuesList().stream().map(Float::new));
                case BOOLS -> items(argument.getBools().getValuesList().stream().map(Bool::new));
                case DTYPE ->
                    new dev.gradwire.graph.Argument.Dtype(WireTypes.dtype(argument.getDtype(), "the argument"));
                case COMPLEX ->
                    new Complex(
                            argument.getComplex().getReal(),
                            argument.getComplex().getImag());
                case TENSOR -> tensor(node, argument);
                case NONE -> NONE;
                case FUNCTION -> function(argument.getFunction());
                case KIND_NOT_SET -> throw new Refusal(Problem.MISSING_FIELD, "an argument's value");
            };
        } catch (Refusal e) {
            throw e.at(path);
        }
    }

    private static Items items(java.util.stream.Stream<? extends dev.gradwire.graph.Argument> items) {
        return new Items(items.<dev.gradwire.graph.Argument>map(item -> item).toList());
    }

    private Items values(List<String> names, int index, String path) {
        List<dev.gradwire.graph.Argument> items = new ArrayList<>(names.size());
        for (int i = 0; i < names.size(); i++) {
            try {
                items.add(names.get(i).isEmpty() ? NONE : value(names.get(i), index));
            } catch (Refusal e) {
                throw e.at(path + ".values[" + i + "]");
            }
        }
        return new Items(items);
    }

    private dev.gradwire.graph.Argument value(String name, int index) {
        dev.gradwire.graph.@Nullable Value value = builder.lookup(name);
        if (value != null) {
            return value;
        }
        GraphException problem = isDefinedLater(name, index)
                ? new GraphException(
                        Reason.CYCLE, "the value '" + name + "' is used by a node that stands before its own, or is it")
                : new GraphException(Reason.UNKNOWN_VALUE, "there is no value '" + name + "'");
        throw Refusal.of(problem).with("value", name);
    }

    private boolean isDefinedLater(String name, int index) {
        int colon = name.indexOf(':');
        String node = colon < 0 ? name : name.substring(0, colon);
        for (int i = index; i < wire.getNodesCount(); i++) {
            if (wire.getNodes(i).getName().equals(node)) {
                return true;
            }
        }
        return false;
    }

    private dev.gradwire.graph.Argument tensor(Node node, Argument argument) {
        dev.gradwire.tensor.Tensor tensor =
                TensorCodec.decode(argument.getTensor(), "the tensor of node '" + node.getName() + "'", limits);
        return node.getOp().equals(GraphBuilder.CONSTANT) ? new Constant(tensor) : builder.constant(tensor);
    }

    private dev.gradwire.graph.Argument function(String name) {
        if (!builder.functions().contains(name)) {
            GraphException problem = new GraphException(Reason.UNKNOWN_FUNCTION, "there is no function '" + name + "'");
            throw Refusal.of(problem).with("value", name);
        }
        return new Function(name);
    }
}
