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

    private GraphException(
            Reason reason, String detail, @Nullable String node, @Nullable String op, @Nullable String argument) {
        super(text(detail, node, op, argument), null, false, false); // a client's mistake: no stack trace of ours
        this.reason = reason;
        this.detail = detail;
        this.node = node;
        this.op = op;
        this.argument = argument;
    }

    public GraphException(Reason reason, String detail) {
        this(reason, detail, null, null, null);
    }

    /** An error in the argument for parameter {@code argument}. */
    public static GraphException argument(Reason reason, String argument, String detail) {
        return new GraphException(reason, detail, null, null, argument);
    }

    /** The same error with the node and operator it happened at, unless they are known already. */
    public GraphException at(String atNode, String atOp) {
        return node != null ? this : new GraphException(reason, detail, atNode, atOp, argument);
    }

    /** The same error with more to say about it. */
    GraphException with(String more) {
        return new GraphException(reason, detail + more, node, op, argument);
    }

    private static String text(String detail, @Nullable String node, @Nullable String op, @Nullable String argument) {
        StringBuilder text = new StringBuilder();
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
}
