package dev.gradwire.service.reliability;

import static dev.gradwire.service.Wire.integers;
import static dev.gradwire.service.Wire.leaf;
import static dev.gradwire.service.Wire.node;
import static dev.gradwire.service.Wire.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.service.Details;
import dev.gradwire.service.Direct;
import dev.gradwire.service.SessionClient;
import dev.gradwire.service.TestServer;
import dev.gradwire.service.Wire;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Node;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.PlanRequest;
import dev.gradwire.v1.Program;
import io.grpc.Status.Code;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Row F4: graphs that are small to send and large to run, or no graphs at all, under the limits that servers start with. */
final class GraphBombsTest {
    /** The row's figure; in processor time and of the best of a few tries, as the machine does other things too. */
    private static final long MAX_MILLIS = 50;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int TRIES = 5;
    private static final int MILLION = 1_000_000;

    private static TestServer server;
    private static Direct direct;
    private static double slowest;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start();
        direct = new Direct(server);
    }

    @AfterAll
    static void stop() {
        server.close();
        Figures.add("F4", "refused after %.1f ms of CPU at the most".formatted(slowest), MAX_MILLIS + " ms", 0);
    }

    /**
     * A graph and what it is told.
     *
     * @param key an entry of the error's metadata
     * @param told by that entry
     */
    record Bomb(String name, PlanRequest request, String reason, String key, String told) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Bomb limit(String name, Graph.Builder graph, String limit) {
        return bomb(name, graph, "LIMIT_EXCEEDED", "limit", limit);
    }

    private static Bomb bomb(String name, Graph.Builder graph, String reason, String key, String told) {
        return new Bomb(
                name, PlanRequest.newBuilder().setProgram(Wire.program(graph)).build(), reason, key, told);
    }

    private static Graph.Builder x() {
        return Graph.newBuilder().addInputs(leaf("x", 4));
    }

    private static Graph.Builder doubling() {
        Graph.Builder graph = Graph.newBuilder().addInputs(leaf("n0", 4));
        for (int i = 1; i <= 64; i++) {
            graph.addNodes(node("n" + i, "cat", Wire.values("n" + (i - 1), "n" + (i - 1))));
        }
        return graph.addOutputs("n64");
    }

    private static Graph.Builder many(int nodes, int outputs) {
        Graph.Builder graph = x();
        Node node = node("n", "neg", value("x"));
        for (int i = 0; i < nodes; i++) {
            graph.addNodes(node);
        }
        for (int i = 0; i < outputs; i++) {
            graph.addOutputs("x");
        }
        return graph;
    }

    private static PlanRequest callsThatDouble(int functions) {
        return doubling(functions, "call", node("c", "neg", value("a")));
    }

    /** Functions that use the next one twice each, the last of which has only this node c. */
    private static PlanRequest doubling(int functions, String op, Node last) {
        Program.Builder program = Program.newBuilder()
                .setGraph(x().addNodes(node("y", op, Wire.function("f0"), Wire.values("x")))
                        .addOutputs("y"));
        for (int i = 0; i < functions; i++) {
            Graph.Builder body = Graph.newBuilder().addInputs(Wire.open("a"));
            if (i + 1 < functions) {
                body.addNodes(node("b", op, Wire.function("f" + (i + 1)), Wire.values("a")))
                        .addNodes(node("c", op, Wire.function("f" + (i + 1)), Wire.values("b")));
            } else {
                body.addNodes(last);
            }
            program.putFunctions("f" + i, body.addOutputs("c").build());
        }
        return PlanRequest.newBuilder().setProgram(program).build();
    }

    private static Bomb doublingBomb(String op, Node last) {
        String name = "60 functions that double by " + op + " of " + last.getOp();
        return new Bomb(name, doubling(60, op, last), "LIMIT_EXCEEDED", "limit", "max_graph_values");
    }

    /** Branches are shared unless they draw. */
    private static Bomb conditionsThatDraw() {
        Program.Builder program = Program.newBuilder()
                .setGraph(Graph.newBuilder().addInputs(leaf("x")).addNodes(branches(0)));
        for (int i = 0; i < 60; i++) {
            program.putFunctions(
                    "f" + i,
                    Graph.newBuilder()
                            .addInputs(Wire.open("x"))
                            .addNodes(i == 59 ? node("c", "rand_like", value("x")) : branches(i + 1))
                            .addOutputs("c")
                            .build());
        }
        PlanRequest request = PlanRequest.newBuilder().setProgram(program).build();
        return new Bomb("branches that draw", request, "LIMIT_EXCEEDED", "limit", "max_graph_values");
    }

    private static Node branches(int next) {
        return node("c", "cond", value("x"), Wire.function("f" + next), Wire.function("f" + next), Wire.values("x"));
    }

    static Stream<Bomb> bombs() {
        return Stream.of(
                limit(
                        "broadcast to 1e12 elements",
                        Graph.newBuilder()
                                .addInputs(leaf("x", 1))
                                .addNodes(node("b", "expand", value("x"), integers(MILLION, MILLION))),
                        "max_tensor_elements"),
                limit("concatenations that double", doubling(), "max_tensor_bytes"),
                limit("1e6 + 1 nodes", many(MILLION + 1, 0), "max_graph_nodes"),
                limit("1e6 outputs", many(0, MILLION), "max_graph_outputs"),
                new Bomb("functions too deep", callsThatDouble(70), "LIMIT_EXCEEDED", "limit", "max_function_depth"),
                doublingBomb("call", node("c", "neg", value("a"))),
                doublingBomb("call", node("c", "linear", value("a"), value("a"))),
                doublingBomb("call", node("c", "rand_like", value("a"))),
                doublingBomb("checkpoint", node("c", "neg", value("a"))),
                doublingBomb("vmap", node("c", "neg", value("a"))),
                conditionsThatDraw(),
                bomb(
                        "cycle",
                        x().addNodes(node("a", "add", value("x"), value("b"))).addNodes(node("b", "neg", value("a"))),
                        "CYCLE",
                        "node",
                        "a"),
                bomb(
                        "duplicate",
                        x().addNodes(node("a", "neg", value("x"))).addNodes(node("a", "neg", value("x"))),
                        "DUPLICATE_NAME",
                        "node",
                        "a"),
                bomb("dangling", x().addNodes(node("a", "neg", value("z"))), "UNKNOWN_VALUE", "node", "a"),
                bomb(
                        "unknown operator",
                        x().addNodes(node("a", "frobnicate")),
                        "UNKNOWN_OPERATOR",
                        "op",
                        "frobnicate"));
    }

    @ParameterizedTest
    @MethodSource("bombs")
    void f4IsRefusedAtOnce(Bomb bomb) {
        long best = Long.MAX_VALUE;
        Details details = null;
        for (int i = 0; i < TRIES; i++) {
            long begun = THREADS.getCurrentThreadCpuTime();
            details = direct.price(bomb.request()).orElseThrow();
            best = Math.min(best, THREADS.getCurrentThreadCpuTime() - begun);
        }
        assertThat(details.code()).as(details.text()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(details.reason()).as(details.text()).isEqualTo(bomb.reason());
        assertThat(details.metadata()).containsEntry(bomb.key(), bomb.told());
        assertThat(details.field()).isNotEmpty();
        assertThat(best / 1e6).as("milliseconds").isLessThan((double) MAX_MILLIS);
        slowest = Math.max(slowest, best / 1e6);
        Telltale.check(details, bomb.request().toByteArray());
        server.assertNothingHeld();
    }

    /** The server asks for no message after the one that holds the bomb: what a client sends on stays in the network. */
    @Test
    void f4NoChunkIsAskedFor() {
        SessionClient session = new SessionClient(server.async());
        session.open(Open.newBuilder().setProgram(Wire.program(doubling())));
        for (int i = 0; i < 100; i++) {
            session.chunk(
                    dev.gradwire.v1.TensorChunk.newBuilder().setInput("n0").setOffset(1L << 40));
        }
        Details details = session.failure();
        // Were a chunk read, it would be refused for its order.
        assertThat(details.metadata())
                .containsEntry("limit", "max_tensor_bytes")
                .containsEntry("node", "n33");
        server.assertNothingHeld();
    }
}
