package dev.gradwire.service.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.service.Details;
import dev.gradwire.service.SessionClient;
import dev.gradwire.service.TestServer;
import dev.gradwire.service.Wire;
import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.SessionResponse;
import dev.gradwire.v1.Tensor;
import dev.gradwire.v1.TensorChunk;
import dev.gradwire.v1.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * L2, the small form: far more clients than the budget has memory for, each with a large tensor. They are refused and
 * come back until all are served; the server's memory stays within the budget. The long form is a row of {@code gradwire
 * soak}.
 */
final class MemoryTest {
    private static final int CLIENTS = 16;
    private static final int TENSOR_BYTES = 32 << 20;
    private static final long ELEMENTS = TENSOR_BYTES / Float.BYTES;
    private static final long BUDGET_BYTES = 192 << 20;
    private static final int CHUNK_BYTES = 1 << 20;
    /** 15% of the row's budget of 1 GiB is more; code and buffers take as much beside a small one as beside that. */
    private static final long SLACK_BYTES = 64 << 20;

    private static final int WARM_UP = 10;
    private static final int SECONDS = 100;

    private final Tensor tensor = Wire.floats(List.of(ELEMENTS), new float[(int) ELEMENTS]);
    private final AtomicInteger refusals = new AtomicInteger();

    private static Open.Builder program() {
        return Open.newBuilder()
                .setProgram(Wire.program(Graph.newBuilder()
                        .addInputs(Wire.leaf("x", ELEMENTS))
                        .addNodes(Wire.node("y", "sum", Wire.value("x")))
                        .addOutputs("y")));
    }

    /** Sends the tensor until it is taken. */
    private void call(int port) throws InterruptedException {
        try (Sockets sockets = new Sockets();
                Sockets.Client client = sockets.connect(port)) {
            while (true) {
                SessionClient session =
                        new SessionClient(AutogradServiceGrpc.newStub(client.channel())).open(program());
                session.opened();
                if (upload(session)) {
                    session.execute(Execute.newBuilder().setRunId(1));
                    session.call.onCompleted();
                }
                Optional<Throwable> end = session.end();
                if (end.isEmpty()) {
                    SessionResponse answer = session.next();
                    if (!answer.hasRunError()) {
                        return;
                    }
                    assertRefused(new Details(answer.getRunError().getStatus()));
                } else {
                    assertRefused(Details.of(end.get()));
                }
                refusals.incrementAndGet();
                Thread.sleep(50);
            }
        }
    }

    private static void assertRefused(Details details) {
        assertThat(details.reason()).as(details.text()).isEqualTo("MEMORY_EXHAUSTED");
    }

    /** No faster than the server takes it; false when it takes no more. */
    private boolean upload(SessionClient session) throws InterruptedException {
        for (int at = 0; at < TENSOR_BYTES; at += CHUNK_BYTES) {
            while (!session.call.isReady()) {
                if (session.hasEnded()) {
                    return false;
                }
                Thread.sleep(1);
            }
            TensorChunk.Builder chunk = TensorChunk.newBuilder()
                    .setInput("x")
                    .setOffset(at)
                    .setData(tensor.getData().substring(at, at + CHUNK_BYTES));
            if (at == 0) {
                chunk.setType(
                        TensorType.newBuilder().setDtype(tensor.getDtype()).addDims(ELEMENTS));
            }
            session.chunk(chunk);
        }
        return true;
    }

    @Test
    void l2MemoryStaysWithinTheBudget() throws Exception {
        // A heap whose pages are all there at the start, so that what is added are tensors and buffers.
        List<String> options = List.of("-Xms192m", "-Xmx192m", "-XX:+AlwaysPreTouch", "-XX:+ExitOnOutOfMemoryError");
        try (ServerProcess server = ServerProcess.start(options, "--max-peak-bytes=" + BUDGET_BYTES);
                ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            for (int i = 0; i < WARM_UP; i++) {
                call(server.port());
            }
            long before = server.residentBytes();
            List<Future<?>> calls = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                calls.add(clients.submit(() -> {
                    call(server.port());
                    return null;
                }));
            }
            for (Future<?> call : calls) {
                call.get(SECONDS, TimeUnit.SECONDS);
            }
            long grown = server.peakBytes() - before;

            Figures.add(
                    "L2",
                    (grown >> 20) + " MiB grown, " + refusals + " refusals",
                    "≤ " + ((BUDGET_BYTES + SLACK_BYTES) >> 20) + " MiB (budget of 192 MiB, and 64)",
                    0);
            assertThat(server.isAlive()).isTrue();
            assertThat(refusals).hasPositiveValue();
            assertThat(grown).isLessThanOrEqualTo(BUDGET_BYTES + SLACK_BYTES);
            TestServer.eventually("leases", () -> server.leases() == 0);
        }
    }
}
