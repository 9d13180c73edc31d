package dev.gradwire.service.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.service.Limit;
import dev.gradwire.service.Limits;
import dev.gradwire.service.SessionClient;
import dev.gradwire.service.TestServer;
import dev.gradwire.service.Wire;
import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.AutogradServiceGrpc.AutogradServiceStub;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.Tensor;
import dev.gradwire.v1.TensorChunk;
import dev.gradwire.v1.TensorType;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * M1, the short form: clients that cancel in the middle of a tensor, up or down, or are killed there, leave nothing in
 * memory. The long form is a row of {@code gradwire soak}.
 */
final class CancelTest {
    private static final int CANCELS = 1_000;
    private static final int KILLS = 20;
    private static final int WARM_UP = 200;
    private static final long SEED = 1;
    private static final int CHUNK_BYTES = 64 << 10;
    private static final int CHUNKS = 16;
    private static final long ELEMENTS = (long) CHUNK_BYTES * CHUNKS / Float.BYTES;
    /** Netty takes memory in pieces of 2 MiB; one may be left that was not there before. */
    private static final long PIECE_BYTES = 2 << 20;

    private static final long SLACK_BYTES = 1 << 20;

    private final Random random = new Random(SEED);
    private final Tensor tensor = Wire.floats(List.of(ELEMENTS), new float[(int) ELEMENTS]);

    /** Up: the tensor; down: as many elements from the first one. */
    private static Open.Builder program(boolean up) {
        Graph.Builder graph = up
                ? Graph.newBuilder()
                        .addInputs(Wire.leaf("x", ELEMENTS))
                        .addNodes(Wire.node("y", "sum", Wire.value("x")))
                : Graph.newBuilder()
                        .addInputs(Wire.leaf("x", 1))
                        .addNodes(Wire.node("wide", "expand", Wire.value("x"), Wire.integers(ELEMENTS)))
                        .addNodes(Wire.node("y", "neg", Wire.value("wide")));
        return Open.newBuilder().setProgram(Wire.program(graph.addOutputs("y")));
    }

    /** A session that has sent some chunks of its input. */
    private SessionClient uploading(AutogradServiceStub stub) {
        SessionClient session = new SessionClient(stub).open(program(true));
        session.opened();
        int chunks = random.nextInt(CHUNKS);
        for (int i = 0; i < chunks; i++) {
            TensorChunk.Builder chunk = TensorChunk.newBuilder()
                    .setInput("x")
                    .setOffset((long) i * CHUNK_BYTES)
                    .setData(tensor.getData().substring(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES));
            if (i == 0) {
                chunk.setType(
                        TensorType.newBuilder().setDtype(tensor.getDtype()).addDims(ELEMENTS));
            }
            session.chunk(chunk);
        }
        return session;
    }

    /** A session whose result is on its way, and not read to its end. */
    private SessionClient downloading(AutogradServiceStub stub) {
        SessionClient session = new SessionClient(stub, false).open(program(false));
        session.call.request(1);
        session.opened();
        session.tensor("x", Wire.vector(1)).execute(Execute.newBuilder().setRunId(1));
        if (random.nextBoolean()) {
            session.call.request(1);
            session.next();
        }
        return session;
    }

    private void cancel(TestServer server, int count) {
        for (int i = 0; i < count; i++) {
            uploading(server.async()).call.cancel("enough", null);
            downloading(server.async()).call.cancel("enough", null);
        }
    }

    private void kill(TestServer server, int count) {
        try (Sockets sockets = new Sockets()) {
            for (int i = 0; i < count; i++) {
                Sockets.Client client = sockets.connect(server.server.port());
                AutogradServiceStub stub = AutogradServiceGrpc.newStub(client.channel());
                uploading(stub);
                downloading(stub);
                client.kill();
            }
        }
    }

    /** Waits for what was cancelled to be freed; gives the time that it took, in milliseconds. */
    private static long settle(TestServer server) {
        long start = System.nanoTime();
        server.assertNothingHeld();
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }

    @Test
    void m1CancelledAndKilledClientsLeaveNothing() throws IOException, InterruptedException {
        try (Leaks leaks = new Leaks();
                TestServer server = new TestServer(TestServer.CONFIG.withLimits(
                        new Limits(Map.of(Limit.MAX_RESETS_PER_WINDOW, 1_000_000L))))) { // one client is all of them
            cancel(server, WARM_UP);
            kill(server, 2);
            settle(server);
            long before = PlatformDependent.usedDirectMemory();

            cancel(server, CANCELS);
            kill(server, KILLS);
            long millis = settle(server);
            long grown = PlatformDependent.usedDirectMemory() - before;
            List<String> reports = leaks.reports();

            Figures.add("M1", reports.size() + " leak reports", "0", SEED);
            Figures.add("M1", server.leases() + " leases after " + millis + " ms", "0", SEED);
            Figures.add("M1", "direct memory grown by " + (grown >> 10) + " KiB", "≤ 3 MiB (1 and a piece of 2)", SEED);
            assertThat(reports).isEmpty();
            assertThat(grown).isLessThanOrEqualTo(SLACK_BYTES + PIECE_BYTES);
            SessionClient after = new SessionClient(server.async()).open(program(true));
            after.opened();
            after.tensor("x", tensor).execute(Execute.newBuilder().setRunId(1));
            assertThat(after.done(1).output("y")).containsExactly(0);
            after.completeWell();
        }
    }
}
