package dev.gradwire.service.reliability;

import static dev.gradwire.service.Wire.node;
import static dev.gradwire.service.Wire.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.service.TestServer;
import dev.gradwire.service.Wire;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.RunRequest;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** L5, F5: work whose deadline passes stops, and what it held is free. */
final class DeadlineTest {
    private static final int CALLS = 20;
    private static final long SIZE = 256;

    /** Many seconds of products in three matrices: small in memory, large in time. */
    private static RunRequest timeBomb() {
        Graph.Builder graph = Graph.newBuilder().addInputs(Wire.leaf("n0", SIZE, SIZE));
        for (int i = 1; i <= 40_000; i++) {
            graph.addNodes(node("n" + i, "matmul", value("n" + (i - 1)), value("n0")));
        }
        graph.addNodes(node("end", "sum", value("n40000"))).addOutputs("end");
        return RunRequest.newBuilder()
                .setProgram(Wire.program(graph))
                .addInputs(Wire.named("n0", Wire.floats(List.of(SIZE, SIZE), new float[(int) (SIZE * SIZE)])))
                .build();
    }

    @Test
    void f5l5ATimeBombStopsAtItsDeadline() throws IOException {
        try (TestServer server = TestServer.start()) {
            RunRequest bomb = timeBomb();
            double worstMillis = 0;
            for (int i = 0; i < CALLS; i++) {
                Code code = Code.OK;
                try {
                    server.stub()
                            .withDeadlineAfter(i == 0 ? 2_000 : 200, TimeUnit.MILLISECONDS)
                            .run(bomb);
                } catch (StatusRuntimeException e) {
                    code = Status.fromThrowable(e).getCode();
                }
                long ended = System.nanoTime();
                server.assertNothingHeld();
                assertThat(code).isEqualTo(Code.DEADLINE_EXCEEDED);
                worstMillis = i == 0 ? 0 : Math.max(worstMillis, (System.nanoTime() - ended) / 1e6);
            }
            Figures.add(
                    "L5", "all free %.0f ms after the deadline (worst of %d)".formatted(worstMillis, CALLS), "1 s", 0);
            assertThat(worstMillis).isLessThan(3_000); // a loaded machine
        }
    }
}
