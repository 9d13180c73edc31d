package dev.gradwire.service;

import com.google.protobuf.Message;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A call, or a run of a session, ends without its result; holds all that the client is told. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Status.Code code;
    private final String reason;
    private final transient Map<String, String> metadata = new LinkedHashMap<>();
    private final transient List<Message> details = new ArrayList<>();
    private @Nullable String field;
    private @Nullable Duration retryAfter;

    Refusal(Problem problem, Object... values) {
        this(problem.code(), problem.name(), problem.text(values));
    }

    private Refusal(Status.Code code, String reason, String text) {
        super(text, null, false, false); // told to the client, not logged: no stack trace needed
        this.code = code;
        this.reason = reason;
    }

    /** A graph broke a rule. */
    static Refusal of(GraphException e) {
        Limit limit = limit(e.reason());
        String reason = limit == null ? e.reason().name() : Problem.LIMIT_EXCEEDED.name();
        return new Refusal(Status.Code.INVALID_ARGUMENT, reason, text(e))
                .with("limit", limit == null ? null : limit.label())
                .with("function", e.function())
                .with("node", e.node())
                .with("op", e.op())
                .with("argument", e.argument());
    }

    private static @Nullable Limit limit(Reason reason) {
        return switch (reason) {
            case TOO_MANY_VALUES -> Limit.MAX_GRAPH_VALUES;
            case FUNCTIONS_TOO_DEEP -> Limit.MAX_FUNCTION_DEPTH;
            default -> null;
        };
    }

    private static String text(GraphException e) {
        return String.valueOf(e.getMessage());
    }

    /** Adds to the metadata of the ErrorInfo; what is not known is left out. */
    Refusal with(String key, @Nullable String value) {
        if (value != null) {
            metadata.put(key, value);
        }
        return this;
    }

    /** Adds what an inner part has not told already. */
    Refusal withIfAbsent(String key, @Nullable String value) {
        return metadata.containsKey(key) ? this : with(key, value);
    }

    /** Names the field at fault: {@code graph.nodes[12].args[1]}; the first to name one knows best. */
    Refusal at(String path) {
        if (field == null) {
            field = path;
        }
        return this;
    }

    Refusal retryAfter(Duration delay) {
        retryAfter = delay;
        return this;
    }

    Refusal detail(Message message) {
        details.add(message);
        return this;
    }

    Status.Code code() {
        return code;
    }

    String reason() {
        return reason;
    }

    Map<String, String> metadata() {
        return metadata;
    }

    List<Message> details() {
        return details;
    }

    @Nullable
    String field() {
        return field;
    }

    @Nullable
    Duration retryAfter() {
        return retryAfter;
    }
}
