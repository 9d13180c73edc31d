package dev.gradwire.service.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import dev.gradwire.service.TestServer;
import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.GetServerInfoRequest;
import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/** Load reports, read as any protobuf library reads them. */
final class LoadReportsTest {
    /** Fields of OrcaLoadReport. */
    private static Map<String, Double> fields(byte[] report) throws IOException {
        UnknownFieldSet message = UnknownFieldSet.parseFrom(report);
        Map<String, Double> fields = new TreeMap<>();
        fields.put("cpu", number(message.getField(1)));
        fields.put("memory", number(message.getField(2)));
        fields.put("application", number(message.getField(9)));
        for (ByteString entry : message.getField(5).getLengthDelimitedList()) {
            UnknownFieldSet pair = UnknownFieldSet.parseFrom(entry);
            fields.put(pair.getField(1).getLengthDelimitedList().getFirst().toStringUtf8(), number(pair.getField(2)));
        }
        return fields;
    }

    private static double number(Field field) {
        return Double.longBitsToDouble(field.getFixed64List().getFirst());
    }

    @Test
    void reportsWhatIsObserved() throws IOException {
        LoadReports loads = new LoadReports();
        loads.observe(() -> 2.5, () -> 0.25);
        assertThat(fields(loads.report()))
                .containsEntry("memory", 0.25)
                .containsEntry("application", 2.5)
                .containsEntry("budget", 0.25)
                .containsEntry("lanes", 1.0)
                .hasEntrySatisfying("cpu", cpu -> assertThat(cpu).isBetween(0.0, 1.0));
    }

    @Test
    void callsEndWithAReportWhereThatIsWanted() throws IOException {
        for (TelemetrySettings settings :
                new TelemetrySettings[] {TelemetrySettings.OFF, TelemetrySettings.OFF.withLoadReports()}) {
            try (TestServer server = Admin.server(settings)) {
                AtomicReference<Metadata> trailers = new AtomicReference<>();
                AutogradServiceGrpc.newBlockingStub(server.channel)
                        .withInterceptors(
                                MetadataUtils.newCaptureMetadataInterceptor(new AtomicReference<>(), trailers))
                        .getServerInfo(GetServerInfoRequest.getDefaultInstance());
                byte[] report = trailers.get().get(LoadReports.TRAILER);
                if (settings.loadReports()) {
                    assertThat(fields(report)).containsKeys("cpu", "memory", "application", "budget", "lanes");
                } else {
                    assertThat(report).isNull();
                }
            }
        }
    }

    @Test
    void aStreamReportsUntilTheServerStops() throws Exception {
        // Field 1 of OrcaLoadReportRequest; less than a second counts as one.
        byte[] interval = UnknownFieldSet.newBuilder()
                .addField(
                        1,
                        Field.newBuilder()
                                .addLengthDelimited(Duration.newBuilder()
                                        .setNanos(1)
                                        .build()
                                        .toByteString())
                                .build())
                .build()
                .toByteArray();
        try (TestServer server = TestServer.start()) {
            Iterator<byte[]> reports = ClientCalls.blockingServerStreamingCall(
                    server.channel, LoadReportService.STREAM, CallOptions.DEFAULT, interval);
            assertThat(fields(reports.next())).containsKey("application");
            assertThat(fields(reports.next())).containsKey("application");
            Thread stop = Thread.ofPlatform().start(server.server::close);
            Assertions.assertThatThrownBy(() -> reports.forEachRemaining(_ -> {}))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e -> assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE));
            server.channel.shutdownNow();
            stop.join(10_000);
            assertThat(stop.isAlive()).isFalse();
        }
    }

    @Test
    void bytesThatAreNoRequestAreRefused() throws IOException {
        try (TestServer server = TestServer.start()) {
            Iterator<byte[]> reports = ClientCalls.blockingServerStreamingCall(
                    server.channel, LoadReportService.STREAM, CallOptions.DEFAULT, new byte[] {10, 99});
            Assertions.assertThatThrownBy(reports::next)
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e -> assertThat(e.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT));
        }
    }
}
