package dev.gradwire.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.gradwire.v1.Dtype;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.Fetch;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Input;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.ResultRef;
import dev.gradwire.v1.Tensor;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Bytes come back as they went up while memory is given back all the time: results that share their input's memory are
 * still being sent when the input is replaced, and the memory allocator fills what it gets back with rubbish.
 */
final class SessionBytesTest {
    private static final int RUNS = 300;

    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** {@code same} is the input itself, {@code part} a view of it. */
    private static Open.Builder views(int bytes) {
        Graph.Builder graph = Graph.newBuilder()
                .addInputs(Input.newBuilder()
                        .setName("x")
                        .setDtype(Dtype.DTYPE_UINT8)
                        .addDims(bytes))
                .addNodes(Wire.node("same", "alias", Wire.value("x")))
                .addNodes(Wire.node(
                        "part", "narrow", Wire.value("x"), Wire.integer(0), Wire.integer(1), Wire.integer(bytes - 1)))
                .addOutputs("same")
                .addOutputs("part");
        return Open.newBuilder().setProgram(Wire.program(graph));
    }

    @Test
    void nothingIsReadFromMemoryThatWasGivenBack() {
        Random random = new Random(11);
        for (int bytes : new int[] {13, 4098, (64 << 10) + 1, (1 << 20) + 7, (5 << 20) + 3}) {
            SessionClient session = new SessionClient(server.async()).open(views(bytes));
            session.opened();
            Deque<ByteString> sent = new ArrayDeque<>();
            int runs = bytes > 1 << 20 ? RUNS / 10 : RUNS;
            for (int run = 1; run <= runs; run++) {
                byte[] data = new byte[bytes];
                random.nextBytes(data);
                ByteString content = ByteString.copyFrom(data);
                sent.add(content);
                session.tensor(
                                "x",
                                Tensor.newBuilder()
                                        .setDtype(Dtype.DTYPE_UINT8)
                                        .addDims(bytes)
                                        .setData(content)
                                        .build(),
                                1 << 18)
                        .execute(Execute.newBuilder()
                                .setRunId(run)
                                .setFetch(Fetch.newBuilder()
                                        .addResults(ResultRef.newBuilder().setOutput("same"))
                                        .addResults(ResultRef.newBuilder().setOutput("part"))));
                // Some are on their way, so that inputs are replaced while results wait.
                if (run > 3) {
                    check(session, run - 3, sent.remove());
                }
            }
            for (int run = runs - 2; run <= runs; run++) {
                check(session, run, sent.remove());
            }
            session.completeWell();
        }
        server.assertNothingHeld();
        assertThat(server.resources().copies().receivedShare()).isGreaterThanOrEqualTo(0.99);
        assertThat(server.resources().copies().sentShare()).isGreaterThanOrEqualTo(0.99);
    }

    private static void check(SessionClient session, int run, ByteString sent) {
        SessionClient.Done done = session.done(run);
        assertThat(done.results().get(ResultRef.newBuilder().setOutput("same").build()))
                .isEqualTo(sent);
        assertThat(done.results().get(ResultRef.newBuilder().setOutput("part").build()))
                .isEqualTo(sent.substring(1));
    }
}
