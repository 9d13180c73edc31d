package dev.gradwire.service;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import dev.gradwire.graph.GraphException;
import dev.gradwire.kernel.DeviceUnavailableException;
import dev.gradwire.runtime.AnomalyException;
import dev.gradwire.runtime.CancelledException;
import dev.gradwire.runtime.StepException;
import dev.gradwire.service.telemetry.Call;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one place where failures become what clients see: code, text and google.rpc details. */
final class Errors {
    static final String DOMAIN = "gradwire.dev";

    private static final Logger LOG = LoggerFactory.getLogger(Errors.class);
    private static final Duration RETRY_SOON = Duration.ofMillis(100);

    /** So that those who are refused together do not come back together. */
    private static final int RETRY_SPREAD_MILLIS = 200;

    /** Text and details travel in trailers, of which many clients take 8 KiB at the most. */
    private static final int MAX_TEXT_BYTES = 1_200;

    private static final int MAX_VALUE_BYTES = 300;

    /** What the native library might say of itself: files, addresses, its classes. */
    private static final Pattern INNARDS = Pattern.compile("\\S*(/|\\\\|0x|::|\\.cpp|\\.h:)\\S*");

    private static final Metadata.Key<String> PUSHBACK =
            Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

    private Errors() {}

    /** For {@code StreamObserver.onError}. */
    static StatusRuntimeException toException(Throwable failure, Context context) {
        Refusal refusal = counted(refusal(failure, context), context);
        Metadata trailers = new Metadata();
        Duration delay = refusal.retryAfter();
        if (delay != null) {
            trailers.put(PUSHBACK, Long.toString(delay.toMillis()));
        }
        return StatusProto.toStatusRuntimeException(status(refusal), trailers);
    }

    static Status toStatus(Throwable failure, Context context) {
        return status(counted(refusal(failure, context), context));
    }

    private static Refusal counted(Refusal refusal, Context context) {
        Call call = Call.of(context);
        if (call != null) {
            call.refused(refusal.reason(), refusal.metadata().get("limit"));
        }
        return refusal;
    }

    /** @param context of the call: tells whether a cancelled run was cancelled or late */
    static Refusal refusal(Throwable failure, Context context) {
        return switch (failure) {
            case Refusal refusal -> refusal;
            case GraphException e -> Refusal.of(e);
            case DeviceUnavailableException _ -> new Refusal(Problem.DEVICE_UNAVAILABLE, "");
            case StepException e -> ofStep(e);
            case AnomalyException e ->
                new Refusal(
                                Problem.NON_FINITE,
                                pass(e.anomaly().backward()),
                                e.anomaly().node())
                        .with("node", e.anomaly().node())
                        .detail(Encoder.anomaly(e.anomaly()));
            case CancelledException _ ->
                context.isCancelled()
                        ? cancelled(context)
                        : new Refusal(Problem.RUN_TOO_LONG).with("limit", Limit.MAX_RUN_SECONDS.label());
            case ArithmeticException _ -> new Refusal(Problem.SIZE_OVERFLOW, "the request");
            case OutOfMemoryError e -> {
                LOG.error("out of memory", e);
                yield new Refusal(Problem.OUT_OF_MEMORY).retryAfter(RETRY_SOON);
            }
            default -> {
                if (context.isCancelled()) { // nobody is told, and what failed may be the sending alone
                    LOG.warn("a call failed after its client had gone", failure);
                    yield cancelled(context);
                }
                LOG.error("a call failed", failure);
                yield new Refusal(Problem.INTERNAL);
            }
        };
    }

    /** Not enough is free now; waiting may help. */
    static Refusal busy(Problem problem, Object... values) {
        return new Refusal(problem, values)
                .retryAfter(RETRY_SOON.plusMillis(ThreadLocalRandom.current().nextInt(RETRY_SPREAD_MILLIS)));
    }

    private static Refusal ofStep(StepException e) {
        String message = e.getMessage() == null ? "" : e.getMessage();
        String lower = message.toLowerCase(Locale.ROOT);
        if (lower.contains("out of memory") || lower.contains("allocate memory")) {
            return busy(Problem.OUT_OF_MEMORY).with("node", e.node());
        }
        return new Refusal(Problem.VALUE_ERROR, pass(e.backward()), e.node(), clean(message)).with("node", e.node());
    }

    private static String pass(boolean backward) {
        return backward ? "backward of " : "";
    }

    /** The first line of a kernel's text, without anything of the server's. */
    private static String clean(String text) {
        String line = text.lines().findFirst().orElse("").strip();
        return INNARDS.matcher(line).replaceAll("…");
    }

    static Refusal cancelled(Context context) {
        Deadline deadline = context.getDeadline();
        boolean late = deadline != null && deadline.isExpired();
        return new Refusal(late ? Problem.DEADLINE_EXCEEDED : Problem.CANCELLED);
    }

    private static Status status(Refusal refusal) {
        ErrorInfo.Builder info = ErrorInfo.newBuilder().setDomain(DOMAIN).setReason(refusal.reason());
        refusal.metadata().forEach((key, value) -> info.putMetadata(key, cut(value, MAX_VALUE_BYTES)));
        String text = cut(String.valueOf(refusal.getMessage()), MAX_TEXT_BYTES);
        Status.Builder status = Status.newBuilder()
                .setCode(refusal.code().value())
                .setMessage(text)
                .addDetails(Any.pack(info.build()));
        String field = refusal.field();
        if (field != null) {
            BadRequest.FieldViolation violation = BadRequest.FieldViolation.newBuilder()
                    .setField(cut(field, MAX_VALUE_BYTES))
                    .setDescription(cut(text, MAX_VALUE_BYTES))
                    .setReason(refusal.reason())
                    .build();
            status.addDetails(Any.pack(
                    BadRequest.newBuilder().addFieldViolations(violation).build()));
        }
        Duration delay = refusal.retryAfter();
        if (delay != null) {
            com.google.protobuf.Duration wire = com.google.protobuf.Duration.newBuilder()
                    .setSeconds(delay.toSeconds())
                    .setNanos(delay.toNanosPart())
                    .build();
            status.addDetails(
                    Any.pack(RetryInfo.newBuilder().setRetryDelay(wire).build()));
        }
        for (Message detail : refusal.details()) {
            status.addDetails(Any.pack(detail));
        }
        return status.build();
    }

    /** At most so many bytes of UTF-8, whole characters only. */
    private static String cut(@Nullable String text, int bytes) {
        String whole = text == null ? "" : text;
        if (whole.getBytes(StandardCharsets.UTF_8).length <= bytes) {
            return whole;
        }
        int length = 0;
        int end = 0;
        while (end < whole.length()) {
            int point = whole.codePointAt(end);
            length += new String(Character.toChars(point)).getBytes(StandardCharsets.UTF_8).length;
            if (length > bytes - 3) {
                break;
            }
            end += Character.charCount(point);
        }
        return whole.substring(0, end) + "…";
    }
}
