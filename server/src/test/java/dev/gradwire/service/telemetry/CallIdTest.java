package dev.gradwire.service.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.gradwire.service.TestServer;
import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.AutogradServiceGrpc.AutogradServiceBlockingStub;
import dev.gradwire.v1.GetServerInfoRequest;
import dev.gradwire.v1.RunRequest;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of calls: in requests, in trailers, in logs. */
final class CallIdTest {
    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** The id in the trailers of a call that goes well, or of one that is refused. */
    private static String id(String given, boolean well) {
        AtomicReference<Metadata> trailers = new AtomicReference<>();
        AutogradServiceBlockingStub stub = AutogradServiceGrpc.newBlockingStub(server.channel)
                .withInterceptors(MetadataUtils.newCaptureMetadataInterceptor(new AtomicReference<>(), trailers));
        if (given != null) {
            Metadata headers = new Metadata();
            headers.put(Call.ID, given);
            stub = stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
        }
        if (well) {
            assertThat(stub.getServerInfo(GetServerInfoRequest.getDefaultInstance()))
                    .isNotNull();
        } else {
            AutogradServiceBlockingStub refused = stub;
            assertThat(catchThrowable(() -> refused.run(RunRequest.newBuilder().build())))
                    .isInstanceOf(StatusRuntimeException.class);
        }
        return trailers.get().get(Call.ID);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "7f3c-01", "trace:1/2+3=", "A.b_c"})
    void aGoodIdComesBack(String given) {
        assertThat(id(given, true)).isEqualTo(given);
        assertThat(id(given, false)).isEqualTo(given);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "two words", "quote\"", "back\\slash", "<script>", "{json}"})
    void aBadIdIsReplaced(String given) {
        assertThat(id(given, true)).isNotEqualTo(given).matches("[0-9a-f]{8}-[0-9a-f]+");
    }

    @Test
    void aLongIdIsReplaced() {
        assertThat(id("x".repeat(128), true)).hasSize(128);
        assertThat(id("x".repeat(129), true)).doesNotContain("x");
    }

    @Test
    void idsAreUnique() {
        assertThat(id(null, true)).isNotEqualTo(id(null, true));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "keys | plain          | time=1970-01-01T00:00:00Z level=warn logger=dev.gradwire.x message=plain call=c-1 method=a/B",
                "keys | two words      | time=1970-01-01T00:00:00Z level=warn logger=dev.gradwire.x message=\"two words\" call=c-1 method=a/B",
                "keys | a=b            | time=1970-01-01T00:00:00Z level=warn logger=dev.gradwire.x message=\"a=b\" call=c-1 method=a/B",
                "json | say \"hi\" \\n | {\"time\":\"1970-01-01T00:00:00Z\",\"level\":\"warn\",\"logger\":\"dev.gradwire.x\",\"message\":\"say \\\"hi\\\" \\\\n\",\"call\":\"c-1\",\"method\":\"a/B\"}"
            })
    void linesNameTheCall(Logs.Format format, String message, String line) {
        assertThat(log(format, message, null)).isEqualTo(line + "\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "a\rb", "a\u2028b", "a\u001b[2Kb", "a\u0085b", "\ud800"})
    void nothingEndsALineEarly(String message) {
        for (Logs.Format format : Logs.Format.values()) {
            String line = log(format, message, new IllegalStateException(message));
            assertThat(line).matches("[\\x20-\\x7e]+\n");
        }
    }

    private static String log(Logs.Format format, String message, Throwable thrown) {
        LogRecord record = new LogRecord(Level.WARNING, message);
        record.setLoggerName("dev.gradwire.x");
        record.setInstant(Instant.EPOCH);
        record.setThrown(thrown);
        Metadata headers = new Metadata();
        headers.put(Call.ID, "c-1");
        AtomicReference<String> line = new AtomicReference<>();
        Call.factory(Metrics.NONE)
                .newServerStreamTracer("a/B", headers)
                .filterContext(Context.ROOT)
                .run(() -> line.set(new Logs(format).format(record)));
        return line.get();
    }
}
