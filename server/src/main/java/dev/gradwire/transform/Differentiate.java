package dev.gradwire.transform;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Batching.Whole;
import dev.gradwire.op.Expr;
import dev.gradwire.op.Mapping;
import dev.gradwire.op.Transforms;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Replaces each node of an operator of {@link Transforms} by the nodes that compute it. The nodes are taken in order, so what
 * an inner {@code grad} became is ordinary graph when an outer one differentiates it.
 */
public final class Differentiate {
    /**
     * @param graph without operators of {@link Transforms}
     * @param unused values that stand for a gradient of something the outputs do not depend on: zeros, but known not
     *     to be computed
     * @param saved by the index of a node of the original graph, what the last {@code grad} reads of it
     */
    public record Result(Graph graph, Set<Value> unused, Map<Integer, List<GradFn.Saved>> saved) {
        public Result {
            unused = Set.copyOf(unused);
            saved = Collections.unmodifiableMap(saved);
        }
    }

    private final GraphBuilder builder;
    private final BodyCalculus calculus;
    private final Directions directions;
    private final @Nullable Value[] map;
    private final Set<Value> unused = new HashSet<>();
    /** For each copied node its index in the original graph, by its index in the new one. */
    private final Map<Integer, Integer> originals = new HashMap<>();

    private Map<Integer, List<GradFn.Saved>> saved = Map.of();

    private Differentiate(Graph graph, OperatorTable operators, int maxValues, BodyCalculus calculus) {
        this.calculus = calculus;
        builder = GraphBuilder.rewriting(graph, operators);
        builder.limitValues(maxValues);
        directions = new Directions(builder, calculus);
        map = new @Nullable Value[graph.valueCount()];
    }

    /**
     * @param maxValues of the graph and what it becomes together
     * @throws dev.gradwire.graph.GraphException when something cannot be differentiated, or there are more values
     */
    public static Result apply(Graph graph, OperatorTable operators, int maxValues) {
        return apply(graph, operators, maxValues, new BodyCalculus(operators, maxValues));
    }

    static Result apply(Graph graph, OperatorTable operators, int maxValues, BodyCalculus calculus) {
        return new Differentiate(graph, operators, maxValues, calculus).run(graph);
    }

    private Result run(Graph graph) {
        for (Graph.Input input : graph.inputs()) {
            map[input.value().id()] = input.value();
        }
        for (int i = 0; i < graph.nodes().size(); i++) {
            Node node = graph.nodes().get(i);
            switch (node.op().schema().name()) {
                case Transforms.GRAD -> define(node, grad(node));
                case Transforms.JVP -> define(node, jvp(node));
                case Mapping.VMAP -> define(node, vmap(node));
                case Transforms.JACOBIAN, Transforms.HESSIAN, Transforms.HVP -> define(node, whole(node));
                default -> {
                    originals.put(builder.nodes().size(), i);
                    keep(node);
                }
            }
        }
        for (Graph.Output output : graph.outputs()) {
            builder.output(output.name(), GraphBuilder.mapped(output.value(), map));
        }
        return new Result(builder.build(), unused, saved);
    }

    private void keep(Node node) {
        builder.setOrigin(node);
        builder.keep(node.withArgs(GraphBuilder.remap(calculus.derived(node.args()), map)));
        node.results().forEach(result -> map[result.id()] = result);
    }

    private void define(Node node, List<@Nullable Expr> results) {
        for (int i = 0; i < results.size(); i++) {
            Expr result = results.get(i);
            Value value = result != null
                    ? result.value()
                    : unusedZeros(node.results().get(i).type());
            map[node.results().get(i).id()] = value;
        }
    }

    /** A fresh value each time, so that it is no other zero's name too. */
    private Value unusedZeros(TensorType type) {
        Value zero = builder.constant(Tensor.scalar(type.dtype(), 0));
        Value zeros = builder.call("expand", List.of(zero, Expr.argument(type.shape())))
                .getFirst();
        unused.add(zeros);
        return zeros;
    }

    private List<@Nullable Expr> grad(Node node) {
        if (node.call().bool("is_grads_batched")) {
            return batchedGrad(node);
        }
        List<Value> outputs = values(node, "outputs");
        List<Expr> cotangents = new ArrayList<>();
        List<Argument> given = node.call().has("grad_outputs") ? node.call().items("grad_outputs") : List.of();
        for (int i = 0; i < outputs.size(); i++) {
            Argument cotangent = given.isEmpty() ? Argument.NONE : GraphBuilder.remap(given.get(i), map);
            Expr output = Expr.of(builder, outputs.get(i));
            cotangents.add(cotangent instanceof Value ? Expr.of(builder, cotangent) : output.onesLike());
        }
        builder.setOrigin(node.name(), true);
        ReversePass pass = new ReversePass(builder, values(node, "inputs"), calculus);
        List<@Nullable Expr> gradients = pass.run(outputs, cotangents);
        saved = named(pass.saved());
        return gradients;
    }

    private List<@Nullable Expr> batchedGrad(Node node) {
        builder.setOrigin(node.name(), true);
        List<Value> cotangents = values(node, "grad_outputs");
        long count = cotangents.getFirst().type().shape().dim(0);
        return directions.vjps(values(node, "outputs"), values(node, "inputs"), cotangents, count);
    }

    private Map<Integer, List<GradFn.Saved>> named(Map<Integer, List<Value>> values) {
        Map<Integer, List<GradFn.Saved>> result = new HashMap<>();
        values.forEach((index, used) -> {
            Integer original = originals.get(index);
            if (original != null) {
                Node node = builder.nodes().get(index);
                result.put(
                        original, used.stream().map(value -> saved(node, value)).toList());
            }
        });
        return result;
    }

    private static GradFn.Saved saved(Node node, Value value) {
        int result = node.results().indexOf(value);
        if (result >= 0) {
            return new GradFn.Saved(
                    result == 0 ? "result" : "result" + result, value.type().lengthInBytes());
        }
        for (int i = 0; i < node.args().size(); i++) {
            String parameter = node.op().canonical().parameters().get(i).name();
            if (Edges.operands(node, parameter).contains(value)) {
                return new GradFn.Saved(parameter, value.type().lengthInBytes());
            }
        }
        throw new IllegalStateException("not a value of " + node.name());
    }

    private List<@Nullable Expr> jvp(Node node) {
        builder.setOrigin(node.name(), true);
        List<Value> outputs = values(node, "outputs");
        List<Value> inputs = values(node, "inputs");
        List<Value> tangents = values(node, "tangents");
        if (!node.call().bool("is_tangents_batched")) {
            return directions.jvp(outputs, inputs, tangents);
        }
        return directions.jvps(
                outputs, inputs, tangents, tangents.getFirst().type().shape().dim(0));
    }

    /** {@code jacobian}, {@code hessian} and {@code hvp}. */
    private List<@Nullable Expr> whole(Node node) {
        builder.setOrigin(node.name(), true);
        Value output = GraphBuilder.mapped((Value) node.call().arg("output"), map);
        List<Value> inputs = values(node, "inputs");
        return switch (node.op().schema().name()) {
            case Transforms.JACOBIAN -> directions.jacobian(output, inputs);
            case Transforms.HESSIAN -> directions.hessian(output, inputs);
            default -> directions.hvp(output, inputs, values(node, "v"));
        };
    }

    /** The function without derivatives in it, repeated for all elements, in the node's place. */
    private List<@Nullable Expr> vmap(Node node) {
        Call call = node.call();
        long size = Mapping.size(call);
        int[] inDims = Mapping.inDims(call);
        List<Whole> inputs = new ArrayList<>();
        builder.setOrigin(node);
        List<Value> operands = values(node, "operands");
        for (int i = 0; i < operands.size(); i++) {
            Expr operand = Expr.of(builder, operands.get(i));
            inputs.add(new Whole(operand.moved(inDims[i], 0).value(), true));
        }
        values(node, "additional_inputs").forEach(value -> inputs.add(new Whole(value, false)));
        Graph body = calculus.derived(call.body("func")).graph();
        List<Whole> results =
                Vectorize.function(builder, size, body, inputs, inner -> GraphBuilder.qualified(node.name(), inner));
        builder.setOrigin(node);
        int[] outDims = Mapping.outDims(call);
        List<@Nullable Expr> mapped = new ArrayList<>();
        for (int i = 0; i < results.size(); i++) {
            Expr result = Expr.of(builder, results.get(i).value());
            Expr each = results.get(i).batched()
                    ? result
                    : result.expand(result.shape().insertDim(0, size));
            mapped.add(each.moved(0, outDims[i]));
        }
        return mapped;
    }

    private List<Value> values(Node node, String parameter) {
        return node.call().items(parameter).stream()
                .map(item -> GraphBuilder.mapped((Value) item, map))
                .toList();
    }
}
