package dev.gradwire.service;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.Map;
import org.assertj.core.api.Assertions;

/** What a failed call tells, taken apart. */
public record Details(Status status) {
    public static Details of(Throwable failure) {
        Status status = StatusProto.fromThrowable(failure);
        if (status == null) {
            throw new AssertionError("no status", failure);
        }
        return new Details(status);
    }

    /** The failure that a call must end with. */
    public static Details of(Runnable call) {
        return of(Assertions.catchThrowableOfType(StatusRuntimeException.class, call::run));
    }

    public Code code() {
        return io.grpc.Status.fromCodeValue(status.getCode()).getCode();
    }

    public String text() {
        return status.getMessage();
    }

    public String reason() {
        return find(ErrorInfo.class).getReason();
    }

    public String domain() {
        return find(ErrorInfo.class).getDomain();
    }

    public Map<String, String> metadata() {
        return find(ErrorInfo.class).getMetadataMap();
    }

    /** The path of the field at fault, empty where none is named. */
    public String field() {
        return has(BadRequest.class)
                ? find(BadRequest.class).getFieldViolations(0).getField()
                : "";
    }

    public boolean hasRetryDelay() {
        return has(RetryInfo.class) && find(RetryInfo.class).hasRetryDelay();
    }

    public <T extends Message> boolean has(Class<T> type) {
        return status.getDetailsList().stream().anyMatch(detail -> detail.is(type));
    }

    public <T extends Message> T find(Class<T> type) {
        for (Any detail : status.getDetailsList()) {
            if (detail.is(type)) {
                try {
                    return detail.unpack(type);
                } catch (InvalidProtocolBufferException e) {
                    throw new AssertionError(e);
                }
            }
        }
        throw new AssertionError("no " + type.getSimpleName() + " in " + status);
    }
}
