package dev.gradwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.Open.SourceCase;
import dev.gradwire.v1.SessionRequest;
import io.grpc.Status.Code;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Programs that a server of the channel has seen are not sent to it again. */
final class DigestTest {
    private final FakeServer server = new FakeServer();
    private final Gradwire client = server.client();
    private final Tensor x = client.input(DType.FLOAT32, 2).named("x");
    private final TensorData batch = TensorData.of(new float[] {3, 4}, 2);
    private final Program program =
            Program.builder().output("y", x.exp().named("y")).build();
    private final Program other =
            Program.builder().output("z", x.sin().named("z")).build();

    @AfterEach
    void close() {
        server.close();
    }

    private void session(Gradwire from, Program... turns) {
        try (Session session = from.session()) {
            for (Program each : turns) {
                String key = each.outputs().keySet().iterator().next();
                session.run(each, Map.of(x, batch)).get(key);
            }
        }
    }

    private List<SourceCase> opens() {
        return server.streamed.stream()
                .filter(SessionRequest::hasOpen)
                .map(SessionRequest::getOpen)
                .map(Open::getSourceCase)
                .toList();
    }

    @Test
    void aProgramIsSentOnce() {
        session(client, program, other, program);
        session(client.withOptions(RunOptions.defaults().seed(7)), other);
        session(client.withDeadline(Duration.ofSeconds(5)), program);

        assertThat(opens())
                .containsExactly(
                        SourceCase.PROGRAM,
                        SourceCase.PROGRAM,
                        SourceCase.DIGEST,
                        SourceCase.DIGEST,
                        SourceCase.DIGEST);
        Open last = server.streamed.stream()
                .filter(SessionRequest::hasOpen)
                .map(SessionRequest::getOpen)
                .reduce((_, next) -> next)
                .orElseThrow();
        assertThat(last.getSerializedSize()).isLessThan(100);
        assertThat(last.hasOptions()).isTrue();
    }

    @Test
    void largeRequestsNameTheirProgramToo() {
        for (int i = 0; i < 2; i++) {
            Tensor large = client.tensor(new float[400_000]).named("large").requiresGrad(true);
            large.exp().named("e").sum().named("s").backward();
            assertThat(large.grad()).isNotNull();
        }

        assertThat(opens()).containsExactly(SourceCase.PROGRAM, SourceCase.DIGEST);
        assertThat(server.streamed.stream().filter(SessionRequest::hasOpen))
                .allMatch(each -> each.getOpen().hasBackward());
    }

    @Test
    void aServerThatDoesNotKnowItIsSentTheProgram() {
        session(client, program);
        server.programs.clear();
        session(client, program);
        session(client, program);

        assertThat(opens())
                .containsExactly(SourceCase.PROGRAM, SourceCase.DIGEST, SourceCase.PROGRAM, SourceCase.DIGEST);
    }

    @Test
    void aServerThatForgetsWhileTheSessionLastsIsSentTheProgram() {
        try (Session session = client.session()) {
            session.run(program, Map.of(x, batch)).get("y");
            session.run(other, Map.of()).get("z");
            server.programs.clear();
            session.run(program, Map.of()).get("y");
        }

        assertThat(opens())
                .containsExactly(SourceCase.PROGRAM, SourceCase.PROGRAM, SourceCase.DIGEST, SourceCase.PROGRAM);
        assertThat(server.chunks("x")).hasSize(1);
    }

    @Test
    void aServerThatNamesAnotherProgramIsNotBelieved() {
        session(client, program);
        server.digests = digest -> ByteString.copyFromUtf8("another");

        assertThatExceptionOfType(GradwireException.class)
                .isThrownBy(() -> session(client, program))
                .withMessageContaining("another program")
                .satisfies(e -> assertThat(e.code()).isEqualTo(Code.INTERNAL));
        server.digests = digest -> digest;
        session(client, program);

        assertThat(opens()).containsExactly(SourceCase.PROGRAM, SourceCase.DIGEST, SourceCase.PROGRAM);
    }

    @Test
    void digestsThatAreNoneAreNotUsed() {
        for (ByteString answer : List.of(ByteString.EMPTY, ByteString.copyFrom(new byte[1 << 20]))) {
            server.digests = digest -> answer;
            session(client, program);
            session(client, program);
        }

        assertThat(opens()).containsOnly(SourceCase.PROGRAM);
    }

    @Test
    void aRefusalOfTheDigestThatEndsTheStreamIsTypedAndNotRepeated() {
        session(client, program);
        server.failures.add(
                StatusProto.toStatusRuntimeException(FakeServer.status(Code.FAILED_PRECONDITION, "GRAPH_UNKNOWN")));

        assertThatExceptionOfType(GradwireException.class)
                .isThrownBy(() -> session(client, program))
                .satisfies(e -> assertThat(e.reason()).isEqualTo("GRAPH_UNKNOWN"));
        session(client, program);

        assertThat(opens()).containsExactly(SourceCase.PROGRAM, SourceCase.DIGEST, SourceCase.PROGRAM);
    }

    @Test
    void whatIsRememberedIsBounded() {
        ProgramDigests digests = new ProgramDigests();
        ByteString first = ByteString.copyFromUtf8("0");
        for (int i = 0; i < 5000; i++) {
            digests.learn(ByteString.copyFromUtf8("" + i), ByteString.copyFromUtf8("d"));
        }

        assertThat(digests.find(first)).isNull();
        assertThat(digests.find(ByteString.copyFromUtf8("4999"))).isNotNull();
    }
}
