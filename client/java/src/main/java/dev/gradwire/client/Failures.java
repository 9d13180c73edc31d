package dev.gradwire.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.BadRequest.FieldViolation;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.gradwire.client.GradwireException.Failure;
import dev.gradwire.v1.Anomaly;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes exceptions of what calls fail with. */
final class Failures {
    private static final String NOT_DIFFERENTIABLE = "NOT_DIFFERENTIABLE";
    private static final String DEVICE_UNAVAILABLE = "DEVICE_UNAVAILABLE";

    private Failures() {}

    static GradwireException of(StatusRuntimeException error) {
        com.google.rpc.Status status = StatusProto.fromThrowable(error);
        if (status == null) {
            String text = error.getStatus().getDescription();
            status = com.google.rpc.Status.newBuilder()
                    .setCode(error.getStatus().getCode().value())
                    .setMessage(text == null ? error.getStatus().getCode().name() : text)
                    .build();
        }
        return of(status, error);
    }

    static GradwireException of(Throwable error) {
        return of(Status.fromThrowable(error).asRuntimeException(Status.trailersFromThrowable(error)));
    }

    static GradwireException of(com.google.rpc.Status status, @Nullable Throwable cause) {
        String reason = "";
        Map<String, String> metadata = Map.of();
        List<FieldViolation> violations = new ArrayList<>();
        Duration retryAfter = null;
        Anomaly anomaly = null;
        for (Any detail : status.getDetailsList()) {
            try {
                if (detail.is(ErrorInfo.class)) {
                    ErrorInfo info = detail.unpack(ErrorInfo.class);
                    reason = info.getReason();
                    metadata = Map.copyOf(info.getMetadataMap());
                } else if (detail.is(BadRequest.class)) {
                    violations.addAll(detail.unpack(BadRequest.class).getFieldViolationsList());
                } else if (detail.is(RetryInfo.class)) {
                    com.google.protobuf.Duration delay =
                            detail.unpack(RetryInfo.class).getRetryDelay();
                    retryAfter = Duration.ofSeconds(delay.getSeconds(), delay.getNanos());
                } else if (detail.is(Anomaly.class)) {
                    anomaly = detail.unpack(Anomaly.class);
                }
            } catch (InvalidProtocolBufferException e) {
                // A detail that cannot be read says nothing; code and text remain.
                metadata = Map.copyOf(metadata);
            }
        }
        Code code = Status.fromCodeValue(status.getCode()).getCode();
        return exception(new Failure(
                code, reason, status.getMessage(), metadata, List.copyOf(violations), retryAfter, anomaly, cause));
    }

    private static GradwireException exception(Failure failure) {
        if (failure.anomaly() != null) {
            return new AnomalyException(failure, failure.anomaly());
        }
        return switch (failure.reason()) {
            case NOT_DIFFERENTIABLE -> new NotDifferentiableException(failure);
            case DEVICE_UNAVAILABLE -> new DeviceUnavailableException(failure);
            default ->
                switch (failure.code()) {
                    case INVALID_ARGUMENT -> new InvalidGraphException(failure);
                    case RESOURCE_EXHAUSTED -> new ExhaustedException(failure);
                    case DEADLINE_EXCEEDED -> new DeadlineException(failure);
                    case UNAVAILABLE -> new UnavailableException(failure);
                    case CANCELLED -> new CancelledException(failure);
                    default -> new GradwireException(failure);
                };
        };
    }

    /** What this side finds out without a server. */
    static NotDifferentiableException notDifferentiable(String text) {
        return new NotDifferentiableException(
                new Failure(Code.INVALID_ARGUMENT, NOT_DIFFERENTIABLE, text, Map.of(), List.of(), null, null, null));
    }

    static CancelledException interrupted(@Nullable InterruptedException cause) {
        return new CancelledException(new Failure(
                Code.CANCELLED, "", "the calling thread was interrupted", Map.of(), List.of(), null, null, cause));
    }
}
