package dev.gradwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.BadRequest.FieldViolation;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.gradwire.v1.Anomaly;
import io.grpc.Status.Code;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FailuresTest {
    private final FakeServer server = new FakeServer();

    @AfterEach
    void close() {
        server.close();
    }

    private static com.google.rpc.Status status(Code code, Message... details) {
        com.google.rpc.Status.Builder status =
                com.google.rpc.Status.newBuilder().setCode(code.value()).setMessage("what is wrong");
        for (Message detail : details) {
            status.addDetails(Any.pack(detail));
        }
        return status.build();
    }

    private GradwireException failure(com.google.rpc.Status status) {
        server.failures.add(StatusProto.toStatusRuntimeException(status));
        return catchThrowableOfType(
                GradwireException.class,
                () -> server.client().tensor(1.0f).exp().data());
    }

    @ParameterizedTest
    @CsvSource({
        "INVALID_ARGUMENT, SHAPE_MISMATCH, InvalidGraphException",
        "INVALID_ARGUMENT, NOT_DIFFERENTIABLE, NotDifferentiableException",
        "FAILED_PRECONDITION, DEVICE_UNAVAILABLE, DeviceUnavailableException",
        "FAILED_PRECONDITION, GRAPH_UNKNOWN, GradwireException",
        "RESOURCE_EXHAUSTED, BUDGET, ExhaustedException",
        "DEADLINE_EXCEEDED, '', DeadlineException",
        "CANCELLED, '', CancelledException",
        "INTERNAL, '', GradwireException",
    })
    void theClassSaysWhatCanBeDone(Code code, String reason, String type) {
        GradwireException e =
                failure(status(code, ErrorInfo.newBuilder().setReason(reason).build()));

        assertThat(e.getClass().getSimpleName()).isEqualTo(type);
        assertThat(e.code()).isEqualTo(code);
        assertThat(e.reason()).isEqualTo(reason);
        assertThat(e).hasMessage("what is wrong");
    }

    @Test
    void detailsAreFields() {
        GradwireException e = failure(status(
                Code.INVALID_ARGUMENT,
                ErrorInfo.newBuilder()
                        .setReason("SHAPE_MISMATCH")
                        .putMetadata("node", "mm_3")
                        .putMetadata("op", "mm")
                        .putMetadata("argument", "mat2")
                        .build(),
                BadRequest.newBuilder()
                        .addFieldViolations(FieldViolation.newBuilder().setField("graph.nodes[12].args[1]"))
                        .build()));

        assertThat(e.node()).hasValue("mm_3");
        assertThat(e.op()).hasValue("mm");
        assertThat(e.argument()).hasValue("mat2");
        assertThat(e.field()).hasValue("graph.nodes[12].args[1]");
        assertThat(e.metadata()).containsEntry("op", "mm");
        assertThat(e.retryAfter()).isEmpty();
    }

    @Test
    void retriesAndAnomaliesAreTyped() {
        RetryInfo retry = RetryInfo.newBuilder()
                .setRetryDelay(
                        com.google.protobuf.Duration.newBuilder().setSeconds(1).setNanos(500))
                .build();
        assertThat(failure(status(
                                Code.RESOURCE_EXHAUSTED,
                                ErrorInfo.newBuilder().setReason("BUDGET").build(),
                                retry))
                        .retryAfter())
                .hasValue(Duration.ofSeconds(1, 500));

        Anomaly anomaly = Anomaly.newBuilder().setNode("log").build();
        assertThat(failure(status(Code.FAILED_PRECONDITION, anomaly)))
                .isInstanceOfSatisfying(
                        AnomalyException.class, e -> assertThat(e.anomaly()).isEqualTo(anomaly));
    }

    @Test
    void errorsWithoutDetailsKeepTheirText() {
        server.failures.add(
                io.grpc.Status.UNIMPLEMENTED.withDescription("no such method").asRuntimeException());

        GradwireException e = catchThrowableOfType(
                GradwireException.class,
                () -> server.client().tensor(1.0f).exp().data());
        assertThat(e.code()).isEqualTo(Code.UNIMPLEMENTED);
        assertThat(e).hasMessage("no such method");
        assertThat(e.reason()).isEmpty();
        assertThat(e.node()).isEmpty();
    }
}
