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
record Details(Status status) {
    static Details of(Throwable failure) {
        Status status = StatusProto.fromThrowable(failure);
        if (status == null) {
            throw new AssertionError("no status", failure);
        }
        return new Details(status);
    }

    /** The failure that a call must end with. */
    static Details of(Runnable call) {
        return of(Assertions.catchThrowableOfType(StatusRuntimeException.class, call::run));
    }

    Code code() {
        return io.grpc.Status.fromCodeValue(status.getCode()).getCode();
    }

    String text() {
        return status.getMessage();
    }

    String reason() {
        return find(ErrorInfo.class).getReason();
    }

    String domain() {
        return find(ErrorInfo.class).getDomain();
    }

    Map<String, String> metadata() {
        return find(ErrorInfo.class).getMetadataMap();
    }

    /** The path of the field at fault, empty where none is named. */
    String field() {
        return has(BadRequest.class)
                ? find(BadRequest.class).getFieldViolations(0).getField()
                : "";
    }

    boolean hasRetryDelay() {
        return has(RetryInfo.class) && find(RetryInfo.class).hasRetryDelay();
    }

    <T extends Message> boolean has(Class<T> type) {
        return status.getDetailsList().stream().anyMatch(detail -> detail.is(type));
    }

    <T extends Message> T find(Class<T> type) {
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
