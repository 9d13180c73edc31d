package dev.gradwire.service;

import static dev.gradwire.service.Wire.integer;
import static dev.gradwire.service.Wire.leaf;
import static dev.gradwire.service.Wire.node;
import static dev.gradwire.service.Wire.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.GraphPart;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.SessionRequest;
import io.grpc.Status.Code;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Small requests that would become large: each is refused by a limit, by name, before anything is allocated. */
final class BombTest {
    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = new TestServer(TestServer.CONFIG.withLimits(new Limits(Map.of(
                Limit.MAX_GRAPH_NODES, 50_000L, Limit.MAX_GRAPH_OUTPUTS, 1_000L, Limit.MAX_GRAPH_VALUES, 200_000L))));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Details refused(Graph.Builder graph) {
        RunRequest request =
                RunRequest.newBuilder().setProgram(Wire.program(graph)).build();
        long begun = System.nanoTime();
        Details details = Details.of(() -> server.stub().run(request));
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(10));
        assertThat(details.code()).as(details.text()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(details.reason()).as(details.text()).isEqualTo("LIMIT_EXCEEDED");
        server.assertNothingHeld();
        return details;
    }

    private static Graph.Builder chain(int nodes) {
        Graph.Builder graph = Graph.newBuilder().addInputs(leaf("n0", 1));
        for (int i = 1; i <= nodes; i++) {
            graph.addNodes(node("n" + i, "neg", value("n" + (i - 1))));
        }
        return graph.addOutputs("n" + nodes);
    }

    @Test
    void concatenationsThatDouble() {
        Graph.Builder graph = Graph.newBuilder().addInputs(leaf("n0", 4));
        for (int i = 1; i <= 64; i++) {
            String last = "n" + (i - 1);
            graph.addNodes(node("n" + i, "cat", Wire.values(last, last)));
        }
        Details details = refused(graph.addOutputs("n64"));
        assertThat(details.metadata())
                .containsEntry("limit", "max_tensor_bytes")
                .containsEntry("node", "n33");
        assertThat(details.field()).isEqualTo("graph.nodes[32]");
    }

    @Test
    void tooManyNodes() {
        Details details = refused(chain(50_001));
        assertThat(details.metadata()).containsEntry("limit", "max_graph_nodes").containsEntry("value", "50001");
        assertThat(details.field()).isEqualTo("graph.nodes");
    }

    @Test
    void tooManyOutputs() {
        Graph.Builder graph = Graph.newBuilder().addInputs(leaf("x", 1));
        for (int i = 0; i <= 1_000; i++) {
            graph.addOutputs("x");
        }
        assertThat(refused(graph).metadata()).containsEntry("limit", "max_graph_outputs");
    }

    @Test
    void nodesOfManyResults() {
        Graph.Builder graph = Graph.newBuilder().addInputs(leaf("x", 60_000));
        for (int i = 0; i < 100; i++) {
            graph.addNodes(node("n" + i, "unbind", value("x"), integer(0)));
        }
        assertThat(refused(graph.addOutputs("n0")).metadata()).containsEntry("limit", "max_graph_values");
    }

    @Test
    void derivativesThatDouble() {
        Graph.Builder graph = Graph.newBuilder().addInputs(leaf("x")).addNodes(node("g0", "tanh", value("x")));
        for (int i = 1; i <= 40; i++) {
            graph.addNodes(node("g" + i, "grad", Wire.values("g" + (i - 1)), Wire.values("x")));
        }
        assertThat(refused(graph.addOutputs("g40")).metadata()).containsEntry("limit", "max_graph_values");
    }

    @Test
    void partsWithoutEnd() {
        Graph.Builder part = Graph.newBuilder();
        for (int i = 0; i < 30_000; i++) {
            part.addNodes(node("a_rather_long_name_for_a_node_" + i, "neg", value("x")));
        }
        SessionClient session = new SessionClient(server.async());
        session.open(Open.newBuilder().setProgram(Wire.program(Wire.squares(1))).setGraphContinues(true));
        for (int i = 0; i < 80; i++) {
            session.send(SessionRequest.newBuilder()
                    .setGraphPart(GraphPart.newBuilder().setGraph(part)));
        }
        Details details = session.failure();
        assertThat(details.metadata()).containsEntry("limit", "max_graph_bytes");
        server.assertNothingHeld();
    }

    @Test
    void deepGraphsWithinTheLimitRun() {
        RunRequest request = RunRequest.newBuilder()
                .setProgram(Wire.program(chain(49_999)))
                .addInputs(Wire.named("n0", Wire.vector(2)))
                .setBackward(Backward.getDefaultInstance())
                .setOptions(dev.gradwire.v1.Options.newBuilder()
                        .setGradFns(dev.gradwire.v1.GradFnSelection.newBuilder()
                                .setMode(dev.gradwire.v1.GradFnMode.GRAD_FN_MODE_NONE)))
                .build();
        var response = server.stub().run(request);
        assertThat(Wire.floats(response.getGradients(0).getValue())).containsExactly(-1);
    }
}
