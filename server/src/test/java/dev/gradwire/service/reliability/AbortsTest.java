package dev.gradwire.service.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.service.SessionClient;
import dev.gradwire.service.TestServer;
import dev.gradwire.service.Wire;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.RunResponse;
import dev.gradwire.v1.Tensor;
import dev.gradwire.v1.TensorChunk;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** R7: clients that go away at any point leave no error in the log, and those after them get what they should. */
final class AbortsTest {
    private static final int ABORTS = 1_000;
    private static final int CALLS = 1_000;
    private static final long SEED = 7;
    private static final int MOST_MICROSECONDS = 3_000;
    private static final long ELEMENTS = 1 << 16;
    private static final long SIDE = 128;
    private static final int STEPS = 20;

    /** What is logged as an error, by whomever. */
    private static final class Errors extends Handler implements AutoCloseable {
        private final Logger root = Logger.getLogger("");
        private final Queue<String> lines = new ConcurrentLinkedQueue<>();

        private Errors() {
            root.addHandler(this);
        }

        @Override
        public void publish(LogRecord record) {
            if (record.getLevel().intValue() >= Level.SEVERE.intValue()) {
                lines.add(record.getLoggerName() + ": " + record.getMessage() + ": " + record.getThrown());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {
            root.removeHandler(this);
        }
    }

    private static final StreamObserver<RunResponse> NOBODY = new StreamObserver<>() {
        @Override
        public void onNext(RunResponse response) {}

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
    };

    private final Random random = new Random(SEED);
    private final RunRequest slow = slow();
    private final Tensor tensor = Wire.floats(List.of(ELEMENTS), new float[(int) ELEMENTS]);

    private void pause() {
        LockSupport.parkNanos(random.nextInt(MOST_MICROSECONDS) * 1_000L);
    }

    /** Of some milliseconds. */
    private RunRequest slow() {
        Graph.Builder graph = Graph.newBuilder().addInputs(Wire.leaf("n0", SIDE, SIDE));
        for (int i = 1; i <= STEPS; i++) {
            graph.addNodes(Wire.node("n" + i, "matmul", Wire.value("n" + (i - 1)), Wire.value("n0")));
        }
        graph.addNodes(Wire.node("y", "sum", Wire.value("n" + STEPS))).addOutputs("y");
        return RunRequest.newBuilder()
                .setProgram(Wire.program(graph))
                .setBackward(Backward.newBuilder().addRoots("y"))
                .addInputs(Wire.named("n0", Wire.floats(List.of(SIDE, SIDE), new float[(int) (SIDE * SIDE)])))
                .build();
    }

    private RunRequest request(Tensor x) {
        return RunRequest.newBuilder()
                .setProgram(Wire.program(Wire.squares(x.getDims(0))))
                .setBackward(Backward.newBuilder().addRoots("y"))
                .addInputs(Wire.named("x", x))
                .build();
    }

    private void abortRun(TestServer server) {
        try (CancellableContext context = Context.current().withCancellation()) {
            context.run(() -> server.async().run(slow, NOBODY));
            pause();
        }
    }

    /** A session whose results are large, aborted after any of its messages. */
    private void abortSession(TestServer server) {
        SessionClient session = new SessionClient(server.async(), random.nextBoolean());
        int messages = random.nextInt(5);
        for (int i = 0; i < messages; i++) {
            switch (i) {
                case 0 -> session.open(Open.newBuilder().setProgram(Wire.program(doubled())));
                case 1 ->
                    session.chunk(TensorChunk.newBuilder()
                            .setInput("x")
                            .setType(dev.gradwire.v1.TensorType.newBuilder()
                                    .setDtype(tensor.getDtype())
                                    .addAllDims(tensor.getDimsList()))
                            .setData(tensor.getData().substring(0, 1000)));
                case 2 ->
                    session.chunk(TensorChunk.newBuilder()
                            .setInput("x")
                            .setOffset(1000)
                            .setData(tensor.getData().substring(1000)));
                default -> session.execute(Execute.newBuilder().setRunId(i));
            }
            pause();
        }
        session.call.cancel("the client goes away", null);
    }

    private static Graph.Builder doubled() {
        return Graph.newBuilder()
                .addInputs(Wire.leaf("x", ELEMENTS))
                .addNodes(Wire.node("y", "add", Wire.value("x"), Wire.value("x")))
                .addOutputs("y");
    }

    @Test
    void leaveNothingBehind() throws IOException {
        try (Errors errors = new Errors();
                TestServer server = TestServer.start()) {
            for (int i = 0; i < ABORTS; i++) {
                if (random.nextBoolean()) {
                    abortRun(server);
                } else {
                    abortSession(server);
                }
            }
            int right = 0;
            for (int i = 0; i < CALLS; i++) {
                float a = random.nextInt(100);
                RunResponse response = server.stub().run(request(Wire.vector(a, 1)));
                if (Wire.floats(response.getOutputs(0).getTensor())[0] == a * a + 1
                        && Wire.floats(response.getGradients(0).getValue())[0] == 2 * a) {
                    right++;
                }
            }
            server.assertNothingHeld();
            Figures.add(
                    "R7",
                    errors.lines.size() + " errors logged after " + ABORTS + " aborts, " + right + " of " + CALLS
                            + " calls right",
                    "0 errors, all right",
                    SEED);
            assertThat(errors.lines).isEmpty();
            assertThat(right).isEqualTo(CALLS);
        }
    }
}
