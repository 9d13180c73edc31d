package dev.gradwire.service.telemetry;

import static dev.gradwire.service.TestServer.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.service.SessionClient;
import dev.gradwire.service.TestServer;
import dev.gradwire.service.Wire;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.RunRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.channelz.v1.ChannelzGrpc;
import io.grpc.channelz.v1.GetServersRequest;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the admin port and the channelz port answer, and what the main port does not. */
final class AdminPortTest {
    private static final int ADMIN_PORT = Admin.freePort();
    private static final int CHANNELZ_PORT = Admin.freePort();
    private static final Admin ADMIN = new Admin(ADMIN_PORT);

    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = Admin.server(TelemetrySettings.OFF.withAdminPort(ADMIN_PORT).withChannelzPort(CHANNELZ_PORT));
        RunRequest good = RunRequest.newBuilder()
                .setProgram(Wire.program(Wire.squares(2)))
                .addInputs(Wire.named("x", Wire.vector(1, 2)))
                .build();
        server.stub().run(good);
        server.stub().run(good);
        assertThatThrownBy(
                        () -> server.stub().run(good.toBuilder().clearInputs().build()))
                .isInstanceOf(StatusRuntimeException.class);
        var tooManyDims = Wire.vector(1, 2).toBuilder()
                .addAllDims(Collections.nCopies(64, 1L))
                .build();
        assertThatThrownBy(() -> server.stub()
                        .run(good.toBuilder()
                                .setInputs(0, Wire.named("x", tooManyDims))
                                .build()))
                .isInstanceOf(StatusRuntimeException.class);
        SessionClient session = new SessionClient(server.async());
        session.open(Open.newBuilder().setProgram(Wire.program(Wire.squares(2))))
                .opened();
        session.tensor("x", Wire.vector(1, 2)).execute(Execute.newBuilder().setRunId(1));
        assertThat(session.done(1).output("y")).containsExactly(5);
        session.completeWell();
        server.assertNothingHeld();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /, 200, /metrics",
        "GET, /livez, 200, ok",
        "GET, /readyz, 200, ok",
        "GET, /metrics, 200, gradwire_lanes_busy",
        "GET, /elsewhere, 404, not found",
        "HEAD, /metrics, 200, ''",
        "POST, /metrics, 405, ''",
        "DELETE, /readyz, 405, ''"
    })
    void answers(String method, String path, int status, String part) {
        var answer = ADMIN.ask(method, path, "*/*");
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.body()).contains(part);
    }

    @ParameterizedTest
    @CsvSource({
        "*/*, text/plain; version=0.0.4",
        "text/plain, text/plain; version=0.0.4",
        "application/openmetrics-text; version=1.0.0, application/openmetrics-text"
    })
    void speaksTheFormThatIsAskedFor(String accept, String type) {
        assertThat(ADMIN.ask("GET", "/metrics", accept).headers().firstValue("Content-Type"))
                .hasValueSatisfying(value -> assertThat(value).startsWith(type));
    }

    @Test
    void isNotReadyWhenTheServerIsNot() throws IOException {
        int port = Admin.freePort();
        AtomicBoolean ready = new AtomicBoolean();
        try (AdminServer _ = AdminServer.start("127.0.0.1", port, new PrometheusReader(), ready::get)) {
            assertThat(new Admin(port).ask("GET", "/readyz", "*/*").statusCode())
                    .isEqualTo(503);
            ready.set(true);
            assertThat(new Admin(port).ask("GET", "/readyz", "*/*").statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void aPortThatIsTakenIsNamed() {
        assertThatThrownBy(() -> Admin.server(TelemetrySettings.OFF.withAdminPort(ADMIN_PORT)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("admin port 127.0.0.1:" + ADMIN_PORT);
    }

    @Test
    void everyMetricIsThereAndNoOther() {
        Set<String> own =
                Arrays.stream(Metric.values()).map(Metric::prometheusName).collect(Collectors.toSet());
        assertThat(ADMIN.metricNames().stream().filter(name -> !name.startsWith("grpc_")))
                .containsExactlyInAnyOrderElementsOf(own);
    }

    @Test
    void grpcCountsUnderItsOwnNames() {
        eventually(
                "calls",
                () -> ADMIN.value("grpc_server_call_started_total{grpc_method=\"gradwire.v1.AutogradService/Run\"}")
                        == 4);
        assertThat(ADMIN.metricNames())
                .contains(
                        "grpc_server_call_duration_seconds",
                        "grpc_server_call_rcvd_total_compressed_message_size_bytes",
                        "grpc_server_call_sent_total_compressed_message_size_bytes");
    }

    /** Two runs and one in a session, two refusals; the last call needs no lane for more than its Open and its run. */
    @ParameterizedTest
    @CsvSource({
        "gradwire_run_duration_seconds_count{phase='queue'}, 5",
        "gradwire_run_duration_seconds_count{phase='compile'}, 5",
        "gradwire_run_duration_seconds_count{phase='compute'}, 3",
        "gradwire_run_duration_seconds_count{phase='copy'}, 3",
        "gradwire_refusals_total{reason='MISSING_INPUT'}, 1",
        "gradwire_limit_hits_total{limit='max_rank'}, 1",
        "gradwire_sessions_open, 0",
        "gradwire_budget_leases, 0",
        "gradwire_budget_used_bytes, 0",
        "gradwire_tensors_live, 0",
        "gradwire_queue_length, 0",
        "gradwire_lanes_busy, 0",
        "gradwire_self_test_passed, 1"
    })
    void counts(String sample, double value) {
        assertThat(ADMIN.value(sample.replace('\'', '"'))).isEqualTo(value);
    }

    @Test
    void bytesAreCounted() {
        Map<String, Double> bytes = new TreeMap<>();
        for (String direction : List.of("receive", "transmit")) {
            bytes.put(direction, ADMIN.value("gradwire_network_io_bytes_total{direction=\"%s\"}".formatted(direction)));
        }
        assertThat(bytes.values()).allMatch(count -> count > 100 && count < 1e5);
    }

    @Test
    void channelzIsOnItsOwnPortOnly() {
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", CHANNELZ_PORT)
                .usePlaintext()
                .build();
        try {
            assertThat(ChannelzGrpc.newBlockingStub(channel)
                            .getServers(GetServersRequest.getDefaultInstance())
                            .getServerList())
                    .anyMatch(each -> each.getData().getCallsStarted() >= 3);
        } finally {
            channel.shutdownNow();
        }
        assertThatThrownBy(() ->
                        ChannelzGrpc.newBlockingStub(server.channel).getServers(GetServersRequest.getDefaultInstance()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Code.UNIMPLEMENTED));
    }
}
