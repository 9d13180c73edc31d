package dev.gradwire.transform;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Parameter;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Backward;
import dev.gradwire.op.Declaration;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.op.Declaration.Vjp;
import dev.gradwire.op.Expr;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One reverse sweep over the nodes recorded so far: cotangents flow from outputs to inputs by each operator's rule.
 * What is symbolically zero stays unwritten, sums over broadcast dimensions and casts back to an operand's dtype are
 * done here for all rules. Work is linear in the number of nodes.
 */
final class ReversePass {
    private final GraphBuilder builder;
    private final List<Value> inputs;
    /** The values that depend differentiably on an input. */
    private final BitSet reached = new BitSet();

    private final int nodeCount;
    private @Nullable Expr[] cotangents;

    ReversePass(GraphBuilder builder, List<Value> inputs) {
        this.builder = builder;
        this.inputs = inputs;
        this.nodeCount = builder.nodes().size();
        this.cotangents = new @Nullable Expr[builder.valueCount()];
        markReached();
    }

    private void markReached() {
        inputs.forEach(input -> reached.set(input.id()));
        for (int i = 0; i < nodeCount; i++) {
            Node node = builder.nodes().get(i);
            if (Edges.of(node).stream().anyMatch(edge -> reached.get(edge.id()))) {
                node.results().stream()
                        .filter(result -> result.type().dtype().isDifferentiable())
                        .forEach(result -> reached.set(result.id()));
            }
        }
    }

    /** The cotangent of each input, null where no output depends on it. */
    List<@Nullable Expr> run(List<Value> outputs, List<Expr> seeds) {
        BitSet needed = needed(outputs);
        for (int i = 0; i < outputs.size(); i++) {
            if (reached.get(outputs.get(i).id())) {
                accumulate(outputs.get(i), seeds.get(i));
            }
        }
        String origin = builder.origin();
        for (int i = nodeCount - 1; i >= 0; i--) {
            Node node = builder.nodes().get(i);
            if (hasCotangent(node) && Edges.of(node).stream().anyMatch(edge -> reached.get(edge.id()))) {
                builder.setOrigin(node.name());
                propagate(node);
            }
        }
        builder.setOrigin(origin);
        List<@Nullable Expr> gradients = new ArrayList<>();
        for (Value input : inputs) {
            gradients.add(gradient(input, needed));
        }
        return gradients;
    }

    /** A connected input whose cotangent is symbolically zero has the gradient zero; a disconnected one has none. */
    private @Nullable Expr gradient(Value input, BitSet needed) {
        Expr cotangent = cotangents[input.id()];
        if (cotangent == null && needed.get(input.id())) {
            return Expr.of(builder, input).zerosLike();
        }
        return cotangent;
    }

    /** The values on which an output depends differentiably. */
    private BitSet needed(List<Value> outputs) {
        BitSet needed = new BitSet();
        outputs.forEach(output -> needed.set(output.id()));
        for (int i = nodeCount - 1; i >= 0; i--) {
            Node node = builder.nodes().get(i);
            if (node.results().stream()
                    .anyMatch(result ->
                            needed.get(result.id()) && result.type().dtype().isDifferentiable())) {
                Edges.of(node).forEach(edge -> needed.set(edge.id()));
            }
        }
        return needed;
    }

    private boolean hasCotangent(Node node) {
        return node.results().stream().anyMatch(result -> cotangents[result.id()] != null);
    }

    private void propagate(Node node) {
        Overload op = (Overload) node.op();
        Declaration declaration = op.declaration();
        if (declaration.vjps().isEmpty()) {
            throw new GraphException(Reason.NOT_DIFFERENTIABLE, "the operator has no derivative")
                    .at(node.name(), op.schema().key());
        }
        @Nullable Expr[] ofResults = new @Nullable Expr[node.results().size()];
        for (int i = 0; i < ofResults.length; i++) {
            ofResults[i] = cotangents[node.results().get(i).id()];
        }
        for (Vjp vjp : declaration.vjps()) {
            Set<String> wanted = new HashSet<>(vjp.parameters());
            wanted.removeIf(parameter -> operands(node, parameter).stream().noneMatch(this::isReached));
            if (!wanted.isEmpty()) {
                apply(vjp, node, new Backward(builder, node, ofResults, wanted));
            }
        }
    }

    private void apply(Vjp vjp, Node node, Backward backward) {
        List<@Nullable Expr> results = vjp.rule().apply(backward);
        int next = 0;
        for (String parameter : vjp.parameters()) {
            for (Argument operand : operands(node, parameter)) {
                Expr cotangent = results.get(next++);
                if (cotangent != null && isReached(operand)) {
                    accumulate((Value) operand, cotangent);
                }
            }
        }
        if (next != results.size()) {
            throw new IllegalStateException("the derivative rule of " + node.op().schema() + " gives " + results.size()
                    + " cotangents for " + next + " operands");
        }
    }

    private boolean isReached(Argument operand) {
        return operand instanceof Value value && reached.get(value.id());
    }

    private static List<Argument> operands(Node node, String parameter) {
        Argument arg = node.call().arg(parameter);
        return arg instanceof Argument.Items list ? list.items() : List.of(arg);
    }

    private void accumulate(Value value, Expr contribution) {
        Expr fitted = contribution.sumTo(value.type().shape()).to(value.type().dtype());
        if (!fitted.type().equals(value.type())) {
            throw new IllegalStateException(
                    "a cotangent of type " + contribution.type() + " does not fit a value of type " + value.type());
        }
        Expr sum = cotangents[value.id()];
        cotangents[value.id()] = sum == null ? fitted : sum.add(fitted);
    }

    /** The operands through which derivatives flow. */
    static final class Edges {
        private Edges() {}

        static List<Value> of(Node node) {
            Overload op = (Overload) node.op();
            if (op.gradFn().isEmpty()) {
                return List.of();
            }
            List<Value> edges = new ArrayList<>();
            Declaration declaration = op.declaration();
            for (Parameter parameter : declaration.canonical().parameters()) {
                boolean flows = parameter.isTensor()
                        && (declaration.vjps().isEmpty() || declaration.isDifferentiable(parameter.name()));
                if (flows) {
                    for (Argument operand : operands(node, parameter.name())) {
                        if (operand instanceof Value value && value.type().dtype().isDifferentiable()) {
                            edges.add(value);
                        }
                    }
                }
            }
            return edges;
        }
    }
}
