package dev.gradwire.graph;

import org.jspecify.annotations.Nullable;

/** A graph breaks a rule. Names the client's node, operator and argument where they are known. */
public final class GraphException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Reason reason;
    private final String detail;
    private final @Nullable String node;
    private final @Nullable String op;
    private final @Nullable String argument;
    private final @Nullable String function;

    private GraphException(
            Reason reason,
            String detail,
            @Nullable String node,
            @Nullable String op,
            @Nullable String argument,
            @Nullable String function) {
        super(text(detail, node, op, argument, function), null, false, false); // a client's mistake: no stack trace
        this.reason = reason;
        this.detail = detail;
        this.node = node;
        this.op = op;
        this.argument = argument;
        this.function = function;
    }

    public GraphException(Reason reason, String detail) {
        this(reason, detail, null, null, null, null);
    }

    /** An error in the argument for parameter {@code argument}. */
    public static GraphException argument(Reason reason, String argument, String detail) {
        return new GraphException(reason, detail, null, null, argument, null);
    }

    /** The same error with the node and operator it happened at, unless they are known already. */
    public GraphException at(String atNode, String atOp) {
        boolean known = node != null || function != null;
        return known ? this : new GraphException(reason, detail, atNode, atOp, argument, null);
    }

    /** The same error with the function that it happened in, unless that is known already. */
    public GraphException in(String inFunction) {
        return function != null ? this : new GraphException(reason, detail, node, op, argument, inFunction);
    }

    /** A size that went beyond 64 bits, as exact arithmetic found. */
    public static GraphException overflow() {
        return new GraphException(Reason.SIZE_OVERFLOW, "a size does not fit 64 bits");
    }

    /** The same error with more to say about it. */
    GraphException with(String more) {
        return new GraphException(reason, detail + more, node, op, argument, function);
    }

    private static String text(
            String detail,
            @Nullable String node,
            @Nullable String op,
            @Nullable String argument,
            @Nullable String function) {
        StringBuilder text = new StringBuilder();
        if (function != null) {
            text.append("function '").append(function).append("': ");
        }
        if (node != null) {
            text.append("node '").append(node).append("' (").append(op).append("): ");
        }
        if (argument != null) {
            text.append("argument '").append(argument).append("': ");
        }
        return text.append(detail).toString();
    }

    public Reason reason() {
        return reason;
    }

    public @Nullable String node() {
        return node;
    }

    public @Nullable String op() {
        return op;
    }

    public @Nullable String argument() {
        return argument;
    }

    /** The innermost function around the node. */
    public @Nullable String function() {
        return function;
    }
}
