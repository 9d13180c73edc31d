package dev.gradwire.service;

import static dev.gradwire.service.ErrorRow.bad;
import static dev.gradwire.service.ErrorRow.withFunction;
import static dev.gradwire.service.ErrorRow.x;
import static dev.gradwire.service.Wire.leaf;
import static dev.gradwire.service.Wire.node;
import static dev.gradwire.service.Wire.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.v1.Backward;
import dev.gradwire.v1.GradFn;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.RunResponse;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Programs with functions over the wire. */
final class FunctionRunTest {
    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** c · x, twice: the carry and what is stacked. */
    private static Graph.Builder product() {
        return Graph.newBuilder()
                .addInputs(Wire.open("c"))
                .addInputs(Wire.open("x"))
                .addNodes(node("d", "mul", value("c"), value("x")))
                .addOutputs("d")
                .addOutputs("d");
    }

    @Test
    void aLoopHasValuesGradientsAndAGradFn() {
        Graph.Builder graph = Graph.newBuilder()
                .addInputs(leaf("a", 1))
                .addInputs(leaf("xs", 3, 1))
                .addInputs(leaf("free", 1))
                .addNodes(node("s", "scan", Wire.function("f"), Wire.values("a"), Wire.values("xs")))
                .addNodes(node("t", "sum", value("s")))
                .addOutputs("t")
                .addOutputs("s:1");
        RunResponse response = server.stub()
                .run(withFunction(graph, "f", product())
                        .addInputs(Wire.named("a", Wire.vector(2)))
                        .addInputs(Wire.named("xs", Wire.floats(List.of(3L, 1L), 3, 4, 5)))
                        .addInputs(Wire.named("free", Wire.vector(1)))
                        .setBackward(Backward.newBuilder().addRoots("t"))
                        .build());
        assertThat(Wire.floats(response.getOutputs(0).getTensor())).containsExactly(120);
        assertThat(Wire.floats(response.getOutputs(1).getTensor())).containsExactly(6, 24, 120);
        assertThat(Wire.floats(response.getGradients(0).getValue())).containsExactly(60);
        assertThat(Wire.floats(response.getGradients(1).getValue())).containsExactly(40, 30, 24);
        assertThat(response.getGradients(2).hasUnused()).isTrue();
        assertThat(response.getGradFnsList())
                .extracting(GradFn::getName)
                .containsExactly("AccumulateGrad", "AccumulateGrad", "ScanBackward0", "SumBackward0");
        server.assertNothingHeld();
    }

    @Test
    void aLoopThatGoesOnTooLongIsRefused() {
        RunRequest.Builder request = withFunction(
                x().addNodes(
                                node("w", "while_loop", Wire.function("go"), Wire.function("same"), Wire.values("x"))
                                        .toBuilder()
                                        .putKwargs("max_iterations", Wire.integer(3))
                                        .build())
                        .addOutputs("w"),
                "same",
                Graph.newBuilder().addInputs(Wire.open("a")).addOutputs("a"));
        request.getProgramBuilder()
                .putFunctions(
                        "go",
                        Graph.newBuilder()
                                .addInputs(Wire.open("a"))
                                .addNodes(node("s", "sum", value("a")))
                                .addNodes(node("p", "gt", value("s"), Wire.integer(0)))
                                .addOutputs("p")
                                .build());
        request.addInputs(Wire.named("x", Wire.vector(1, 2, 3)));
        bad("over max_iterations", "VALUE_ERROR", "", "node=w", request).check(server);
    }
}
