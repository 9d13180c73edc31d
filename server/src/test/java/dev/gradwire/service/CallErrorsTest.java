package dev.gradwire.service;

import static dev.gradwire.service.ErrorRow.bad;
import static dev.gradwire.service.ErrorRow.run;
import static dev.gradwire.service.ErrorRow.x;
import static dev.gradwire.service.Wire.integer;
import static dev.gradwire.service.Wire.leaf;
import static dev.gradwire.service.Wire.node;
import static dev.gradwire.service.Wire.value;

import com.google.protobuf.ByteString;
import dev.gradwire.v1.Argument;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Cotangent;
import dev.gradwire.v1.Dtype;
import dev.gradwire.v1.Encoding;
import dev.gradwire.v1.GradFnMode;
import dev.gradwire.v1.GradFnSelection;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Options;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.Tensor;
import io.grpc.Status.Code;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is told of a right graph with wrong tensors, derivatives, options or values. */
final class CallErrorsTest {
    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** A run that is right. */
    private static RunRequest.Builder right() {
        return run(Wire.squares(3))
                .addInputs(Wire.named("x", Wire.vector(1, 2, 3)))
                .setBackward(Backward.getDefaultInstance());
    }

    private static RunRequest.Builder withInput(Tensor.Builder tensor) {
        return right().clearInputs().addInputs(Wire.named("x", tensor.build()));
    }

    private static RunRequest.Builder options(Options.Builder options) {
        return right().setOptions(options);
    }

    private static RunRequest.Builder backward(Backward.Builder backward) {
        return right().setBackward(backward);
    }

    private static Tensor.Builder vector() {
        return Wire.vector(1, 2, 3).toBuilder();
    }

    static Stream<ErrorRow> calls() {
        return Stream.of(
                bad("input not given", "MISSING_INPUT", "inputs", "node=x", right().clearInputs()),
                bad(
                        "input given twice",
                        "DUPLICATE_INPUT",
                        "inputs[1].name",
                        "node=x",
                        right().addInputs(Wire.named("x", Wire.vector(1, 2, 3)))),
                bad(
                        "input that is not there",
                        "UNKNOWN_INPUT",
                        "inputs[1].tensor",
                        "node=z",
                        right().addInputs(Wire.named("z", Wire.vector(1)))),
                bad(
                        "bytes that are no whole tensor",
                        "DATA_SIZE",
                        "inputs[0].tensor",
                        "node=x,value=11",
                        withInput(vector().setData(ByteString.copyFrom(new byte[11])))),
                bad(
                        "other shape",
                        "TYPE_MISMATCH",
                        "inputs[0].tensor",
                        "node=x",
                        withInput(Wire.vector(1, 2).toBuilder())),
                bad(
                        "other dtype",
                        "TYPE_MISMATCH",
                        "inputs[0].tensor",
                        "node=x",
                        withInput(vector().setDtype(Dtype.DTYPE_INT32))),
                bad(
                        "encoding that is not known",
                        "UNKNOWN_ENCODING",
                        "inputs[0].tensor",
                        "node=x",
                        withInput(vector().setEncoding(Encoding.ENCODING_LZ4))),
                bad(
                        "overflow in an input's dims",
                        "SIZE_OVERFLOW",
                        "inputs[0].tensor",
                        "node=x",
                        withInput(vector().addDims(Long.MAX_VALUE))),
                bad(
                        "bool of 2",
                        "INVALID_BOOL",
                        "inputs[0].tensor",
                        "node=b",
                        run(Graph.newBuilder().addInputs(Wire.input("b", Dtype.DTYPE_BOOL, false, 1)))
                                .addInputs(Wire.named(
                                        "b",
                                        Tensor.newBuilder()
                                                .setDtype(Dtype.DTYPE_BOOL)
                                                .addDims(1)
                                                .setData(ByteString.copyFrom(new byte[] {2}))
                                                .build()))),
                bad(
                        "root that needs no grad",
                        "NOT_DIFFERENTIABLE",
                        "backward.roots",
                        "",
                        run(Graph.newBuilder()
                                        .addInputs(Wire.input("x", Dtype.DTYPE_FLOAT32, false, 3))
                                        .addOutputs("x"))
                                .setBackward(Backward.getDefaultInstance())),
                bad(
                        "root that is not there",
                        "UNKNOWN_VALUE",
                        "backward.roots[0]",
                        "value=z",
                        backward(Backward.newBuilder().addRoots("z"))),
                bad(
                        "differentiated input that is not there",
                        "UNKNOWN_INPUT",
                        "backward.inputs[1]",
                        "value=z",
                        backward(Backward.newBuilder().addInputs("x").addInputs("z"))),
                bad(
                        "ones for a vector",
                        "SHAPE_MISMATCH",
                        "backward.cotangents",
                        "op=grad,argument=grad_outputs",
                        backward(Backward.newBuilder().addRoots("square"))),
                bad(
                        "cotangent of another shape",
                        "SHAPE_MISMATCH",
                        "backward.cotangents",
                        "op=grad",
                        backward(Backward.newBuilder()
                                .addRoots("square")
                                .addCotangents(Cotangent.newBuilder().setTensor(Wire.vector(1, 2))))),
                bad(
                        "more cotangents than roots",
                        "COTANGENT_COUNT",
                        "backward.cotangents",
                        "value=2",
                        backward(Backward.newBuilder()
                                .addRoots("y")
                                .addAllCotangents(
                                        List.of(Cotangent.getDefaultInstance(), Cotangent.getDefaultInstance())))),
                bad(
                        "cotangent without a source",
                        "MISSING_FIELD",
                        "backward.cotangents[0]",
                        "",
                        backward(Backward.newBuilder().addRoots("y").addCotangents(Cotangent.getDefaultInstance()))),
                bad(
                        "precision that is not known",
                        "UNKNOWN_ENUM",
                        "options.precision",
                        "",
                        options(Options.newBuilder().setPrecisionValue(9))),
                bad(
                        "grad_fn of a node that is not there",
                        "UNKNOWN_NODE",
                        "options.grad_fns.nodes[0]",
                        "node=z",
                        options(Options.newBuilder()
                                .setGradFns(GradFnSelection.newBuilder()
                                        .setMode(GradFnMode.GRAD_FN_MODE_NODES)
                                        .addNodes("z")))),
                bad(
                        "answer over the message limit",
                        "RESPONSE_TOO_LARGE",
                        "",
                        "limit=max_message_bytes",
                        run(Graph.newBuilder()
                                .addInputs(leaf("x", 1))
                                .addNodes(node(
                                        "big",
                                        "expand",
                                        value("x"),
                                        Argument.newBuilder()
                                                .setInts(dev.gradwire.v1.IntList.newBuilder()
                                                        .addValues(2_000_000))
                                                .build()))
                                .addOutputs("big"))),
                new ErrorRow(
                        "device that is not there",
                        Code.FAILED_PRECONDITION,
                        "DEVICE_UNAVAILABLE",
                        "options.device",
                        "value=tpu:0",
                        options(Options.newBuilder().setDevice("tpu:0")).build()),
                new ErrorRow(
                        "value that is not finite",
                        Code.FAILED_PRECONDITION,
                        "NON_FINITE",
                        "",
                        "node=l",
                        run(x().addNodes(node("l", "log", value("x"))).addOutputs("l"))
                                .addInputs(Wire.named("x", Wire.vector(1, 0, 2)))
                                .setOptions(Options.newBuilder().setDetectAnomaly(true))
                                .build()),
                bad(
                        "index out of range",
                        "VALUE_ERROR",
                        "",
                        "node=picked",
                        run(x().addInputs(Wire.input("i", Dtype.DTYPE_INT64, false, 1))
                                        .addNodes(node("picked", "index_select", value("x"), integer(0), value("i")))
                                        .addOutputs("picked"))
                                .addInputs(Wire.named("x", Wire.vector(1, 0, 2)))
                                .addInputs(Wire.named(
                                        "i",
                                        Tensor.newBuilder()
                                                .setDtype(Dtype.DTYPE_INT64)
                                                .addDims(1)
                                                .setData(ByteString.copyFrom(new byte[] {9, 0, 0, 0, 0, 0, 0, 0}))
                                                .build()))));
    }

    @ParameterizedTest
    @MethodSource("calls")
    void isToldWhatIsWrong(ErrorRow row) {
        row.check(server);
    }
}
