package dev.gradwire.transform;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Args;
import dev.gradwire.op.BatchRule;
import dev.gradwire.op.Batching;
import dev.gradwire.op.Batching.Whole;
import dev.gradwire.op.Declaration;
import dev.gradwire.op.Declaration.Expansion;
import dev.gradwire.op.Loops;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Repeats nodes for all elements of a batch at once: {@code y = f(x)} for one element becomes {@code ys = F(xs)}, where
 * whole tensors have the batch as their first dimension. A node that reads nothing of the batch is the same for all
 * elements and stays as it is. The number of nodes does not depend on the size of the batch.
 */
final class Vectorize {
    private final GraphBuilder builder;
    private final long size;
    private final UnaryOperator<String> names;
    /** Whether nodes that read nothing of the batch must be repeated too, as they stand in another graph. */
    private final boolean copies;

    /** Operators whose parts are being repeated: some kernels' decompositions call the kernel again. */
    private final Set<Declaration> open;

    private final Map<Value, Whole> wholes = new HashMap<>();

    private Vectorize(
            GraphBuilder builder, long size, UnaryOperator<String> names, boolean copies, Set<Declaration> open) {
        this.builder = builder;
        this.size = size;
        this.names = names;
        this.copies = copies;
        this.open = open;
    }

    /**
     * Repeats a function for a batch.
     *
     * @param body without {@code grad} and its like
     * @param inputs what its inputs are
     * @param names of the new nodes, from those of the function's
     * @return what its outputs have become
     */
    static List<Whole> function(
            GraphBuilder builder, long size, Graph body, List<Whole> inputs, UnaryOperator<String> names) {
        return new Vectorize(builder, size, names, true, new HashSet<>()).function(body, inputs);
    }

    private List<Whole> function(Graph body, List<Whole> inputs) {
        for (int i = 0; i < inputs.size(); i++) {
            wholes.put(body.inputs().get(i).value(), inputs.get(i));
        }
        body.nodes().forEach(this::run);
        return body.outputs().stream().map(output -> whole(output.value())).toList();
    }

    /**
     * Repeats nodes of the graph that is being built.
     *
     * @param batched what stands for some of their operands; all others are the same for each element
     * @param results values that they define
     * @return what the results have become
     */
    static List<Whole> nodes(
            GraphBuilder builder, long size, List<Node> nodes, Map<Value, Value> batched, List<Value> results) {
        Vectorize vectorize = new Vectorize(builder, size, UnaryOperator.identity(), false, new HashSet<>());
        batched.forEach((one, whole) -> vectorize.wholes.put(one, new Whole(whole, true)));
        List.copyOf(nodes).forEach(vectorize::run);
        return results.stream().map(vectorize::whole).toList();
    }

    private Whole whole(Value value) {
        Whole whole = wholes.get(value);
        if (whole == null) {
            if (copies) {
                throw new IllegalStateException("value " + value.id() + " is used before it is defined");
            }
            return new Whole(value, false);
        }
        return whole;
    }

    private void run(Node node) {
        boolean[] batched = new boolean[1];
        node.forEachOperand(operand -> batched[0] |= whole(operand).batched());
        if (!batched[0]) {
            if (copies) {
                define(node, copy(node));
            }
            return;
        }
        builder.setOrigin(names.apply(node.name()), node.backward());
        try {
            define(node, batch(node));
        } catch (GraphException e) {
            throw e.at(names.apply(node.name()), node.op().schema().key());
        }
    }

    private List<Whole> copy(Node node) {
        List<Argument> args = node.args().stream().map(this::wholeArgument).toList();
        Node moved = new Node(names.apply(node.name()), node.backward(), node.op(), args, node.results());
        return builder.repeat(moved).stream()
                .map(value -> new Whole(value, false))
                .toList();
    }

    private Argument wholeArgument(Argument argument) {
        return switch (argument) {
            case Value value -> whole(value).value();
            case Argument.Items list ->
                new Argument.Items(
                        list.items().stream().map(this::wholeArgument).toList());
            default -> argument;
        };
    }

    private List<Whole> batch(Node node) {
        Declaration declaration = Edges.overload(node).declaration();
        Optional<BatchRule> rule = declaration.batchRule();
        if (rule.isPresent()) {
            return rule.get().apply(new Batching(builder, node, size, this::whole)).stream()
                    .map(result -> new Whole(result.value(), true))
                    .toList();
        }
        Optional<Expansion> parts = declaration.decomposition();
        if (parts.isEmpty() || open.contains(declaration)) {
            return loop(node);
        }
        open.add(declaration);
        try {
            return parts(node, parts.get());
        } finally {
            open.remove(declaration);
        }
    }

    /** The simpler operators that an operator stands for, as a function of its operands. */
    private List<Whole> parts(Node node, Expansion expansion) {
        GraphBuilder inner = builder.another();
        Map<Value, Value> inputs = new HashMap<>();
        List<Whole> operands = new ArrayList<>();
        node.forEachOperand(operand -> {
            if (!inputs.containsKey(operand)) {
                inputs.put(operand, inner.copyInput(new Graph.Input(node.name(), operand, false)));
                operands.add(whole(operand));
            }
        });
        inner.setOrigin(node);
        List<Argument> args =
                node.args().stream().map(arg -> remap(arg, inputs)).toList();
        expansion
                .apply(new Args(inner, new Call(node.op(), args)))
                .forEach(result -> inner.output(node.name(), result.value()));
        Vectorize vectorize = new Vectorize(builder, size, names, true, open);
        return vectorize.function(inner.build(), operands);
    }

    private static Argument remap(Argument argument, Map<Value, Value> map) {
        return switch (argument) {
            case Value value -> map.getOrDefault(value, value);
            case Argument.Items list ->
                new Argument.Items(
                        list.items().stream().map(item -> remap(item, map)).toList());
            default -> argument;
        };
    }

    /** The node for one element after another: a scan over those of its operands that are batched. */
    private List<Whole> loop(Node node) {
        GraphBuilder inner = builder.another();
        Map<Value, Value> inputs = new HashMap<>();
        List<Argument> slices = new ArrayList<>();
        List<Argument> others = new ArrayList<>();
        for (boolean batched : new boolean[] {true, false}) {
            node.forEachOperand(operand -> {
                if (whole(operand).batched() == batched && !inputs.containsKey(operand)) {
                    inputs.put(operand, inner.copyInput(new Graph.Input(node.name(), operand, false)));
                    (batched ? slices : others).add(whole(operand).value());
                }
            });
        }
        List<Argument> args =
                node.args().stream().map(arg -> remap(arg, inputs)).toList();
        Node one = new Node("", node.backward(), node.op(), args, node.results());
        inner.repeat(one).forEach(result -> inner.output(node.name(), result));
        Argument body = new Argument.Body(node.op().schema().name(), inner.build());
        Argument none = new Argument.Items(List.of());
        List<Value> results =
                builder.call(Loops.SCAN, List.of(body, none, new Argument.Items(slices), new Argument.Items(others)));
        return results.stream().map(result -> new Whole(result, true)).toList();
    }

    private void define(Node node, List<Whole> results) {
        if (results.size() != node.results().size()) {
            throw new IllegalStateException("the batching of " + node.op().schema() + " gives " + results.size()
                    + " results for " + node.results().size());
        }
        for (int i = 0; i < results.size(); i++) {
            Value one = node.results().get(i);
            Whole whole = results.get(i);
            TensorType expected =
                    whole.batched() ? one.type().withShape(one.type().shape().insertDim(0, size)) : one.type();
            if (!whole.value().type().equals(expected)) {
                throw new IllegalStateException("the batching of " + node.op().schema() + " gives "
                        + whole.value().type() + " in place of " + expected);
            }
            wholes.put(one, whole);
        }
    }
}
