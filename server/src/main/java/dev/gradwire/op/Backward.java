package dev.gradwire.op;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What a derivative rule sees: the node's arguments and results, and the cotangents of its results. */
public final class Backward extends Args {
    private final Node node;
    private final @Nullable Expr[] cotangents;
    private final Set<String> wanted;
    private final Predicate<Argument> reached;
    private final Calculus calculus;

    /**
     * @param cotangents one for each result, null where it is zero; at least one is not null
     * @param wanted the parameters whose cotangents are used
     * @param reached whether the cotangent of an operand is used
     */
    public Backward(
            GraphBuilder builder,
            Node node,
            @Nullable Expr[] cotangents,
            Set<String> wanted,
            Predicate<Argument> reached,
            Calculus calculus) {
        super(builder, node.call());
        this.node = node;
        this.cotangents = cotangents;
        this.wanted = wanted;
        this.reached = reached;
        this.calculus = calculus;
    }

    /** Cotangent of the first result. */
    public Expr grad() {
        return grad(0);
    }

    /** Cotangent of a result, zeros where nothing depends on it. */
    public Expr grad(int result) {
        Expr cotangent = cotangents[result];
        return cotangent != null ? cotangent : full(node.results().get(result).type(), 0);
    }

    /** The results whose cotangent is more than a symbolic zero. */
    public BitSet seeded() {
        BitSet seeded = new BitSet();
        IntStream.range(0, resultCount()).filter(this::hasGrad).forEach(seeded::set);
        return seeded;
    }

    /** Cotangents of all results. */
    public List<Expr> grads() {
        return IntStream.range(0, resultCount()).mapToObj(this::grad).toList();
    }

    /** Whether the cotangent of a result is more than a symbolic zero. */
    public boolean hasGrad(int result) {
        return cotangents[result] != null;
    }

    public Expr result() {
        return result(0);
    }

    public Expr result(int result) {
        return new Expr(builder(), node.results().get(result));
    }

    public int resultCount() {
        return node.results().size();
    }

    /** The entries of a list of tensors whose cotangents are used. */
    public BitSet wantedItems(String parameter) {
        BitSet items = new BitSet();
        List<Argument> list = call().items(parameter);
        IntStream.range(0, list.size()).filter(i -> reached.test(list.get(i))).forEach(items::set);
        return items;
    }

    /** What the derivatives of functions are. */
    public Calculus calculus() {
        return calculus;
    }

    /** Whether the cotangent of this parameter is used, for rules that share work between parameters. */
    public boolean wants(String parameter) {
        return wanted.contains(parameter);
    }
}
