package dev.gradwire.service;

import static dev.gradwire.service.ErrorRow.bad;
import static dev.gradwire.service.ErrorRow.run;
import static dev.gradwire.service.ErrorRow.withFunction;
import static dev.gradwire.service.ErrorRow.x;
import static dev.gradwire.service.Wire.integer;
import static dev.gradwire.service.Wire.leaf;
import static dev.gradwire.service.Wire.node;
import static dev.gradwire.service.Wire.value;

import dev.gradwire.v1.Argument;
import dev.gradwire.v1.Dtype;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.RunRequest;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is told of a wrong graph, row by row: code, reason, field and what is at fault. */
final class GraphErrorsTest {
    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    static Stream<ErrorRow> graphs() {
        return Stream.of(
                bad("no graph", "MISSING_FIELD", "graph", "", RunRequest.newBuilder()),
                bad(
                        "unknown operator",
                        "UNKNOWN_OPERATOR",
                        "graph.nodes[0].op",
                        "node=a,op=frobnicate",
                        run(x().addNodes(node("a", "frobnicate", value("x"))))),
                bad(
                        "shapes that do not fit",
                        "SHAPE_MISMATCH",
                        "graph.nodes[0].args[1]",
                        "node=a,op=add,argument=other",
                        run(x().addInputs(leaf("y", 2)).addNodes(node("a", "add", value("x"), value("y"))))),
                bad(
                        "wrong kind of argument",
                        "INVALID_ARGUMENT",
                        "graph.nodes[0].args[1]",
                        "node=a,op=transpose.int,argument=dim0",
                        run(x().addNodes(node("a", "transpose.int", value("x"), value("x"), integer(0))))),
                bad(
                        "dangling name",
                        "UNKNOWN_VALUE",
                        "graph.nodes[0].args[1]",
                        "node=a,op=add,value=z",
                        run(x().addNodes(node("a", "add", value("x"), value("z"))))),
                bad(
                        "dangling name in a list",
                        "UNKNOWN_VALUE",
                        "graph.nodes[0].args[0].values[1]",
                        "node=a,value=z",
                        run(x().addNodes(node("a", "cat", Wire.values("x", "z"))))),
                bad(
                        "cycle",
                        "CYCLE",
                        "graph.nodes[0].args[1]",
                        "node=a,value=b",
                        run(x().addNodes(node("a", "add", value("x"), value("b")))
                                .addNodes(node("b", "neg", value("a"))))),
                bad(
                        "cycle of one",
                        "CYCLE",
                        "graph.nodes[0].args[0]",
                        "node=a,value=a",
                        run(x().addNodes(node("a", "neg", value("a"))))),
                bad(
                        "name twice",
                        "DUPLICATE_NAME",
                        "graph.nodes[0].name",
                        "node=x",
                        run(x().addNodes(node("x", "neg", value("x"))))),
                bad(
                        "input twice",
                        "DUPLICATE_NAME",
                        "graph.inputs[1].name",
                        "node=x",
                        run(x().addInputs(leaf("x", 3)))),
                bad(
                        "name with a colon",
                        "INVALID_NAME",
                        "graph.nodes[0].name",
                        "node=a:1",
                        run(x().addNodes(node("a:1", "neg", value("x"))))),
                bad(
                        "no such result",
                        "UNKNOWN_VALUE",
                        "graph.outputs[0]",
                        "value=a:7",
                        run(x().addNodes(node("a", "neg", value("x"))).addOutputs("a:7"))),
                bad(
                        "argument without a value",
                        "MISSING_FIELD",
                        "graph.nodes[0].args[0]",
                        "node=a",
                        run(x().addNodes(node("a", "neg", Argument.getDefaultInstance())))),
                bad(
                        "dtype that is not known",
                        "UNKNOWN_DTYPE",
                        "graph.inputs[0].dtype",
                        "node=x",
                        run(Graph.newBuilder()
                                .addInputs(leaf("x", 3).toBuilder().setDtypeValue(77)))),
                bad(
                        "dtype argument that is not given",
                        "UNKNOWN_DTYPE",
                        "graph.nodes[0].args[0]",
                        "node=a",
                        run(x().addNodes(node(
                                "a",
                                "sum",
                                Argument.newBuilder()
                                        .setDtype(Dtype.DTYPE_UNSPECIFIED)
                                        .build())))),
                bad(
                        "negative size",
                        "NEGATIVE_SIZE",
                        "graph.inputs[0].dims",
                        "node=x",
                        run(Graph.newBuilder().addInputs(leaf("x", 3, -1)))),
                bad(
                        "size overflow",
                        "SIZE_OVERFLOW",
                        "graph.inputs[0].dims",
                        "node=x",
                        run(Graph.newBuilder().addInputs(leaf("x", Long.MAX_VALUE, 3)))),
                bad(
                        "rank 1000",
                        "LIMIT_EXCEEDED",
                        "graph.inputs[0].dims",
                        "node=x,limit=max_rank,value=1000",
                        run(Graph.newBuilder().addInputs(leaf("x", new long[1000])))),
                bad(
                        "input of 2^50 elements",
                        "LIMIT_EXCEEDED",
                        "graph.inputs[0].dims",
                        "limit=max_tensor_elements",
                        run(Graph.newBuilder().addInputs(leaf("x", 1L << 50)))),
                bad(
                        "broadcast to 1e12 elements",
                        "LIMIT_EXCEEDED",
                        "graph.nodes[0]",
                        "node=a,op=add,limit=max_tensor_elements,value=1000000000000",
                        run(Graph.newBuilder()
                                .addInputs(leaf("x", 1_000_000, 1))
                                .addInputs(leaf("y", 1, 1_000_000))
                                .addNodes(node("a", "add", value("x"), value("y"))))),
                bad(
                        "function for a tensor",
                        "INVALID_ARGUMENT",
                        "graph.nodes[0].args[0]",
                        "node=a,op=neg,argument=self",
                        withFunction(x().addNodes(node("a", "neg", Wire.function("f"))), "f", Graph.newBuilder())),
                bad(
                        "function that does not fit its arguments",
                        "SHAPE_MISMATCH",
                        "functions[\"f\"].nodes[1].args[1]",
                        "function=f,node=s,op=mm,argument=mat2",
                        withFunction(
                                x().addNodes(node("a", "call", Wire.function("f"), Wire.values("x", "x"))),
                                "f",
                                Graph.newBuilder()
                                        .addInputs(Wire.open("p"))
                                        .addInputs(Wire.open("q"))
                                        .addNodes(node("n", "reshape", value("p"), Wire.integers(3, 1)))
                                        .addNodes(node("s", "mm", value("n"), value("n"))))),
                bad(
                        "function that is not there",
                        "UNKNOWN_FUNCTION",
                        "graph.nodes[0].args[0]",
                        "node=a,value=f",
                        run(x().addNodes(node("a", "neg", Wire.function("f"))))),
                bad(
                        "grad of an integer",
                        "NOT_DIFFERENTIABLE",
                        "graph.inputs[0].requires_grad",
                        "node=x",
                        run(Graph.newBuilder().addInputs(Wire.input("x", Dtype.DTYPE_INT64, true, 3)))),
                bad(
                        "inline tensor of the wrong size",
                        "DATA_SIZE",
                        "graph.nodes[0].args[1]",
                        "node=a,value=12",
                        run(x().addNodes(node(
                                "a",
                                "add",
                                value("x"),
                                Argument.newBuilder()
                                        .setTensor(Wire.vector(1, 2, 3).toBuilder()
                                                .clearDims()
                                                .addDims(4))
                                        .build())))));
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void isToldWhatIsWrong(ErrorRow row) {
        row.check(server);
    }
}
