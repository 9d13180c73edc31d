package dev.gradwire.client;

import com.google.rpc.BadRequest.FieldViolation;
import dev.gradwire.v1.Anomaly;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A call that failed, with what the server says about it. The subclass tells what can be done about it; {@link #reason}
 * says it exactly.
 */
public class GradwireException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Failure failure;

    GradwireException(Failure failure) {
        super(failure.text(), failure.cause());
        this.failure = failure;
    }

    /** gRPC's code. */
    public Code code() {
        return failure.code();
    }

    /** The server's name of the cause, e.g. {@code SHAPE_MISMATCH}; empty where the call did not reach one. */
    public String reason() {
        return failure.reason();
    }

    /** The node that the error is about, by its name in the request ({@link Tensor#named}). */
    public Optional<String> node() {
        return metadata("node");
    }

    /** The operator of that node. */
    public Optional<String> op() {
        return metadata("op");
    }

    /** The argument of that node, by PyTorch's name. */
    public Optional<String> argument() {
        return metadata("argument");
    }

    /** Where in the request the error is, e.g. {@code graph.nodes[12].args[1]}. */
    public Optional<String> field() {
        return failure.violations().stream().map(FieldViolation::getField).findFirst();
    }

    /** All that the server says, by key: {@code node}, {@code limit}, {@code value}, …. */
    public Map<String, String> metadata() {
        return failure.metadata();
    }

    /** After which time another try may succeed; absent where none would, or where the server does not know. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(failure.retryAfter());
    }

    private Optional<String> metadata(String key) {
        return Optional.ofNullable(failure.metadata().get(key)).filter(text -> !text.isEmpty());
    }

    /** What is known of a failed call. */
    record Failure(
            Code code,
            String reason,
            String text,
            Map<String, String> metadata,
            List<FieldViolation> violations,
            @Nullable Duration retryAfter,
            @Nullable Anomaly anomaly,
            @Nullable Throwable cause) {}
}
