package dev.gradwire.service;

import static dev.gradwire.service.Wire.leaf;
import static dev.gradwire.service.Wire.node;
import static dev.gradwire.service.Wire.value;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Carry;
import dev.gradwire.v1.Dtype;
import dev.gradwire.v1.Encoding;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.Fetch;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.GraphPart;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.Options;
import dev.gradwire.v1.ResultRef;
import dev.gradwire.v1.SessionRequest;
import dev.gradwire.v1.TensorChunk;
import dev.gradwire.v1.TensorType;
import io.grpc.Status.Code;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What ends a session, or one of its runs, and that nothing is left behind. */
final class SessionFailuresTest {
    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = new TestServer(TestServer.CONFIG.withLimits(
                new Limits(Map.of(Limit.MAX_STALL_SECONDS, 1L, Limit.MAX_SESSION_BYTES, 80L << 20))));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @AfterEach
    void holdsNothing() {
        server.assertNothingHeld();
    }

    private static SessionClient session() {
        return new SessionClient(server.async());
    }

    private static SessionClient opened(long n) {
        SessionClient session = session();
        session.open(
                Open.newBuilder().setProgram(Wire.program(Wire.squares(n))).setBackward(Backward.getDefaultInstance()));
        session.opened();
        return session;
    }

    private static TensorChunk.Builder chunk(long offset, int length) {
        return TensorChunk.newBuilder().setInput("x").setOffset(offset).setData(ByteString.copyFrom(new byte[length]));
    }

    private static TensorChunk.Builder first(int length) {
        return chunk(0, length)
                .setType(TensorType.newBuilder().setDtype(Dtype.DTYPE_FLOAT32).addDims(3));
    }

    record Wrong(String reason, String field, Consumer<SessionClient> what) {
        @Override
        public String toString() {
            return reason + " " + field;
        }
    }

    static Stream<Wrong> wrong() {
        return Stream.of(
                new Wrong("CHUNK_ORDER", "chunk.offset", s -> s.chunk(first(4)).chunk(chunk(8, 4))),
                new Wrong("CHUNK_ORDER", "chunk.offset", s -> s.chunk(first(4)).chunk(first(4))),
                new Wrong("CHUNK_SIZE", "chunk.data", s -> s.chunk(first(16))),
                new Wrong("MISSING_FIELD", "chunk.type", s -> s.chunk(chunk(0, 12))),
                new Wrong("MISSING_FIELD", "chunk.input", s -> s.chunk(TensorChunk.newBuilder())),
                new Wrong(
                        "TYPE_MISMATCH",
                        "chunk.type",
                        s -> s.chunk(first(12)
                                .setType(TensorType.newBuilder()
                                        .setDtype(Dtype.DTYPE_FLOAT32)
                                        .addDims(4)))),
                new Wrong(
                        "UNKNOWN_DTYPE",
                        "chunk.type",
                        s -> s.chunk(
                                chunk(0, 12).setType(TensorType.newBuilder().setDtypeValue(99)))),
                new Wrong("UNKNOWN_INPUT", "chunk.input", s -> s.chunk(first(12).setInput("z"))),
                new Wrong(
                        "UNKNOWN_ENCODING",
                        "chunk.encoding",
                        s -> s.chunk(first(12).setEncoding(Encoding.ENCODING_LZ4))),
                new Wrong(
                        "PROTOCOL_ORDER", "chunk.run_id", s -> s.chunk(first(12).setRunId(3))),
                new Wrong("LIMIT_EXCEEDED", "chunk.data", s -> s.chunk(first((1 << 20) + 1))),
                new Wrong("RUN_ID_ORDER", "execute.run_id", s -> s.execute(Execute.newBuilder())),
                new Wrong(
                        "PROTOCOL_ORDER",
                        "",
                        s -> s.send(SessionRequest.newBuilder().setGraphPart(GraphPart.getDefaultInstance()))),
                new Wrong("MISSING_FIELD", "", s -> s.send(SessionRequest.newBuilder())),
                new Wrong("MISSING_FIELD", "open", s -> s.open(Open.newBuilder())),
                new Wrong(
                        "UNKNOWN_OPERATOR",
                        "graph.nodes[0].op",
                        s -> s.open(Open.newBuilder()
                                .setProgram(Wire.program(Graph.newBuilder().addNodes(node("a", "nothing")))))),
                new Wrong(
                        "PROTOCOL_ORDER",
                        "",
                        s -> s.open(Open.newBuilder()
                                        .setProgram(Wire.program(Wire.squares(1)))
                                        .setGraphContinues(true))
                                .execute(Execute.newBuilder().setRunId(1))));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void endsTheStream(Wrong wrong) {
        SessionClient session = opened(3);
        wrong.what.accept(session);
        Details details = session.failure();
        assertThat(details.reason()).as(details.text()).isEqualTo(wrong.reason);
        assertThat(details.code()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(details.field()).isEqualTo(wrong.field);
    }

    @Test
    void chunksBeforeOpenEndTheStream() {
        assertThat(session().chunk(first(12)).failure().reason()).isEqualTo("PROTOCOL_ORDER");
    }

    @Test
    void anIncompleteProgramEndsTheStream() {
        SessionClient session = session()
                .open(Open.newBuilder()
                        .setProgram(Wire.program(Wire.squares(1)))
                        .setGraphContinues(true));
        session.call.onCompleted();
        assertThat(session.failure().reason()).isEqualTo("PROTOCOL_ORDER");
    }

    @Test
    void runsBeforeAFailureAreAnswered() {
        SessionClient session = opened(3);
        session.tensor("x", Wire.vector(1, 2, 3)).execute(Execute.newBuilder().setRunId(1));
        session.chunk(chunk(4, 4));
        assertThat(session.done(1).output("y")).containsExactly(14);
        assertThat(session.failure().reason()).isEqualTo("MISSING_FIELD");
    }

    static Stream<Wrong> wrongRuns() {
        ResultRef z = ResultRef.newBuilder().setOutput("z").build();
        ResultRef y = ResultRef.newBuilder().setOutput("y").build();
        Execute.Builder run = Execute.newBuilder().setRunId(1);
        return Stream.of(
                new Wrong("MISSING_INPUT", "", s -> s.execute(run.clone())),
                new Wrong("INCOMPLETE_INPUT", "", s -> s.chunk(first(4)).execute(run.clone())),
                new Wrong(
                        "UNKNOWN_KEPT",
                        "execute.bind[\"x\"]",
                        s -> s.execute(run.clone().putBind("x", "k"))),
                new Wrong(
                        "UNKNOWN_RESULT",
                        "execute.fetch.results[0]",
                        s -> s.tensor("x", Wire.vector(1, 2, 3))
                                .execute(run.clone().setFetch(Fetch.newBuilder().addResults(z)))),
                new Wrong(
                        "UNKNOWN_INPUT",
                        "execute.carry[0].input",
                        s -> s.tensor("x", Wire.vector(1, 2, 3))
                                .execute(run.clone()
                                        .addCarry(
                                                Carry.newBuilder().setResult(y).setInput("z")))),
                new Wrong(
                        "TYPE_MISMATCH",
                        "execute.carry[0]",
                        s -> s.tensor("x", Wire.vector(1, 2, 3))
                                .execute(run.clone()
                                        .addCarry(
                                                Carry.newBuilder().setResult(y).setInput("x")))));
    }

    @ParameterizedTest
    @MethodSource("wrongRuns")
    void leavesTheStreamOpen(Wrong wrong) {
        SessionClient session = opened(3);
        wrong.what.accept(session);
        Details details = new Details(session.runError().getStatus());
        assertThat(details.reason()).as(details.text()).isEqualTo(wrong.reason);
        assertThat(details.field()).isEqualTo(wrong.field);
        if (!wrong.reason.equals("INCOMPLETE_INPUT")) {
            session.tensor("x", Wire.vector(1, 2, 3))
                    .execute(Execute.newBuilder().setRunId(2));
            assertThat(session.done(2).output("y")).containsExactly(14);
        }
        session.completeWell();
    }

    @Test
    void anAnomalyEndsItsRunOnly() {
        Graph.Builder log = Graph.newBuilder()
                .addInputs(leaf("x", 2))
                .addNodes(node("l", "log", value("x")))
                .addOutputs("l");
        SessionClient session = session()
                .open(Open.newBuilder()
                        .setProgram(Wire.program(log))
                        .setOptions(Options.newBuilder().setDetectAnomaly(true)));
        session.opened();
        session.tensor("x", Wire.vector(1, 0)).execute(Execute.newBuilder().setRunId(1));
        Details details = new Details(session.runError().getStatus());
        assertThat(details.reason()).isEqualTo("NON_FINITE");
        assertThat(details.find(dev.gradwire.v1.Anomaly.class).getInputs(0).getName())
                .isEqualTo("x");
        session.tensor("x", Wire.vector(1, 1)).execute(Execute.newBuilder().setRunId(2));
        assertThat(session.done(2).output("l")).containsExactly(0, 0);
        session.completeWell();
    }

    @Test
    void refusesMoreThanASessionMayKeep() {
        int n = 30 << 18; // 30 MiB; two inputs would be kept, and 80 MiB are allowed
        SessionClient session = session()
                .open(Open.newBuilder()
                        .setProgram(Wire.program(Graph.newBuilder()
                                .addInputs(leaf("a", n))
                                .addInputs(leaf("b", n))
                                .addInputs(leaf("c", n)))));
        session.opened();
        for (String input : List.of("a", "b", "c")) {
            session.chunk(TensorChunk.newBuilder()
                    .setInput(input)
                    .setType(TensorType.newBuilder()
                            .setDtype(Dtype.DTYPE_FLOAT32)
                            .addDims(n))
                    .setData(ByteString.copyFrom(new byte[8])));
        }
        Details details = session.failure();
        assertThat(details.reason()).isEqualTo("LIMIT_EXCEEDED");
        assertThat(details.metadata()).containsEntry("limit", "max_session_bytes");
    }

    @Test
    void aCancelledUploadIsFreed() {
        for (int i = 0; i < 50; i++) {
            SessionClient session = opened(1 << 20);
            session.chunk(chunk(0, 1 << 20)
                    .setType(TensorType.newBuilder()
                            .setDtype(Dtype.DTYPE_FLOAT32)
                            .addDims(1 << 20)));
            session.call.cancel("enough", null);
        }
    }

    @Test
    void aDeadlineEndsASession() {
        SessionClient session = new SessionClient(server.async().withDeadlineAfter(300, TimeUnit.MILLISECONDS));
        session.open(Open.newBuilder().setProgram(Wire.program(Wire.squares(3))));
        session.opened();
        session.chunk(first(4));
        assertThat(session.end()).isPresent();
    }

    @Test
    void cutsAClientThatDoesNotRead() {
        int n = 12 << 18; // 12 MiB
        SessionClient session = new SessionClient(server.async(), false);
        session.open(Open.newBuilder()
                .setProgram(Wire.program(Graph.newBuilder()
                        .addInputs(leaf("x", n))
                        .addNodes(node("out", "neg", value("x")))
                        .addOutputs("out"))));
        session.call.request(1);
        session.opened();
        session.tensor("x", Wire.vector(new float[n]))
                .execute(Execute.newBuilder().setRunId(1));
        TestServer.eventually("results wait", () -> server.resources().budget().leases() == 2);
        TestServer.eventually("cut", () -> server.server.sessions().count() == 0);
        session.call.request(1000);
        assertThat(session.failure().reason()).isEqualTo("STALLED");
    }
}
