package dev.gradwire.op;

import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What a derivative rule sees: the node's arguments and results, and the cotangents of its results. */
public final class Backward extends Args {
    private final Node node;
    private final @Nullable Expr[] cotangents;
    private final Set<String> wanted;

    /**
     * @param cotangents one for each result, null where it is zero; at least one is not null
     * @param wanted the parameters whose cotangents are used
     */
    public Backward(GraphBuilder builder, Node node, @Nullable Expr[] cotangents, Set<String> wanted) {
        super(builder, node.call());
        this.node = node;
        this.cotangents = cotangents;
        this.wanted = wanted;
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

    /** Whether the cotangent of this parameter is used, for rules that share work between parameters. */
    public boolean wants(String parameter) {
        return wanted.contains(parameter);
    }
}
