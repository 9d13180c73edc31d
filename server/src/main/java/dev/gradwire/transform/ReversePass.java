package dev.gradwire.transform;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Backward;
import dev.gradwire.op.Calculus;
import dev.gradwire.op.Declaration;
import dev.gradwire.op.Declaration.Vjp;
import dev.gradwire.op.Expr;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One reverse sweep over the nodes recorded so far: cotangents flow from outputs to inputs by each operator's rule.
 * What is symbolically zero stays unwritten; sums over broadcast dimensions, casts back to an operand's dtype and the
 * real part that belongs to a real operand are made here for all rules. Work is linear in the number of nodes.
 */
final class ReversePass {
    private final GraphBuilder builder;
    private final List<Value> inputs;
    private final Calculus calculus;
    private final int nodeCount;
    /** The values that depend differentiably on an input. */
    private final BitSet reached = new BitSet();
    /** The values on which an output depends differentiably through reached ones. */
    private final BitSet needed = new BitSet();

    /** Operands and results of the node at hand. */
    private final BitSet own = new BitSet();

    private final @Nullable Expr[] cotangents;
    private final Map<Integer, List<Value>> saved = new HashMap<>();

    ReversePass(GraphBuilder builder, List<Value> inputs, Calculus calculus) {
        this.calculus = calculus;
        this.builder = builder;
        this.inputs = inputs;
        this.nodeCount = builder.nodes().size();
        this.cotangents = new @Nullable Expr[builder.valueCount()];
        inputs.forEach(input -> reached.set(input.id()));
        for (int i = 0; i < nodeCount; i++) {
            Edges.markResults(builder.nodes().get(i), reached, calculus);
        }
    }

    /** The cotangent of each input, null where no output depends on it. */
    List<@Nullable Expr> run(List<Value> outputs, List<Expr> seeds) {
        sweep(outputs, seeds);
        List<@Nullable Expr> gradients = new ArrayList<>();
        inputs.forEach(input -> gradients.add(gradient(input)));
        return gradients;
    }

    /** The cotangent of each input, null where it is zero. */
    List<@Nullable Expr> runSparsely(List<Value> outputs, List<Expr> seeds) {
        sweep(outputs, seeds);
        List<@Nullable Expr> gradients = new ArrayList<>();
        inputs.forEach(input -> gradients.add(cotangents[input.id()]));
        return gradients;
    }

    private void sweep(List<Value> outputs, List<Expr> seeds) {
        for (int i = 0; i < outputs.size(); i++) {
            if (reached.get(outputs.get(i).id())) {
                needed.set(outputs.get(i).id());
                accumulate(outputs.get(i), seeds.get(i));
            }
        }
        for (int i = nodeCount - 1; i >= 0; i--) {
            Node node = builder.nodes().get(i);
            if (isNeeded(node)) {
                builder.setOrigin(node.name(), true);
                int first = builder.nodes().size();
                propagate(node);
                saved.put(i, usedSince(first, node));
            }
        }
    }

    /** By the index of a node, those of its arguments and results that its derivative reads. */
    Map<Integer, List<Value>> saved() {
        return saved;
    }

    private boolean isNeeded(Node node) {
        for (Value result : node.results()) {
            if (needed.get(result.id())) {
                return true;
            }
        }
        return false;
    }

    private List<Value> usedSince(int first, Node node) {
        for (Value result : node.results()) {
            own.set(result.id());
        }
        node.forEachOperand(operand -> own.set(operand.id()));
        List<Value> used = new ArrayList<>(2);
        for (int i = first; i < builder.nodes().size(); i++) {
            builder.nodes().get(i).forEachOperand(operand -> {
                if (own.get(operand.id())) {
                    own.clear(operand.id());
                    used.add(operand);
                }
            });
        }
        for (Value result : node.results()) {
            own.clear(result.id());
        }
        node.forEachOperand(operand -> own.clear(operand.id()));
        return used;
    }

    /** A connected input whose cotangent is symbolically zero has the gradient zero; a disconnected one has none. */
    private @Nullable Expr gradient(Value input) {
        Expr cotangent = cotangents[input.id()];
        boolean zero = cotangent == null && needed.get(input.id());
        return zero ? Expr.of(builder, input).zerosLike() : cotangent;
    }

    private void propagate(Node node) {
        Edges.forEachBehind(node, needed, calculus, edge -> {
            if (isReached(edge)) {
                needed.set(edge.id());
            }
        });
        @Nullable Expr[] ofResults = new @Nullable Expr[node.results().size()];
        boolean zero = true;
        for (int i = 0; i < ofResults.length; i++) {
            ofResults[i] = cotangents[node.results().get(i).id()];
            zero &= ofResults[i] == null;
        }
        if (!zero) {
            applyRules(node, ofResults);
        }
    }

    private void applyRules(Node node, @Nullable Expr[] ofResults) {
        Declaration declaration = Edges.overload(node).declaration();
        if (declaration.vjps().isEmpty() && Edges.anyMarked(node, reached)) {
            throw new GraphException(Reason.NOT_DIFFERENTIABLE, "the operator has no derivative")
                    .at(node.name(), node.op().schema().key());
        }
        for (Vjp vjp : declaration.vjps()) {
            Set<String> wanted = HashSet.newHashSet(vjp.parameters().size());
            for (String parameter : vjp.parameters()) {
                if (isAnyReached(Edges.operands(node, parameter))) {
                    wanted.add(parameter);
                }
            }
            if (!wanted.isEmpty()) {
                apply(vjp, node, new Backward(builder, node, ofResults, wanted, this::isReached, calculus));
            }
        }
    }

    private void apply(Vjp vjp, Node node, Backward backward) {
        List<@Nullable Expr> results;
        try {
            results = vjp.rule().apply(backward);
        } catch (GraphException e) {
            throw e.at(node.name(), node.op().schema().key());
        } catch (ArithmeticException e) {
            throw new GraphException(Reason.SIZE_OVERFLOW, "a size does not fit 64 bits")
                    .at(node.name(), node.op().schema().key());
        }
        int next = 0;
        for (String parameter : vjp.parameters()) {
            for (Argument operand : Edges.operands(node, parameter)) {
                Expr cotangent = results.get(next++);
                if (cotangent != null && isReached(operand)) {
                    accumulate((Value) operand, cotangent);
                }
            }
        }
        if (next != results.size()) {
            throw new IllegalStateException("the derivative rule of "
                    + node.op().schema() + " gives " + results.size() + " cotangents for " + next + " operands");
        }
    }

    private boolean isAnyReached(List<Argument> operands) {
        for (Argument operand : operands) {
            if (isReached(operand)) {
                return true;
            }
        }
        return false;
    }

    private boolean isReached(Argument operand) {
        return operand instanceof Value value && reached.get(value.id());
    }

    private void accumulate(Value value, Expr contribution) {
        boolean realPart = !value.type().dtype().isComplex();
        Expr kept = realPart ? contribution.real() : contribution;
        Expr fitted = kept.sumTo(value.type().shape()).to(value.type().dtype());
        if (!fitted.type().equals(value.type())) {
            throw new IllegalStateException(
                    "a cotangent of type " + contribution.type() + " does not fit a value of type " + value.type());
        }
        Expr sum = cotangents[value.id()];
        cotangents[value.id()] = sum == null ? fitted : sum.add(fitted);
    }
}
