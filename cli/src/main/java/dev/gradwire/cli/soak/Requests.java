package dev.gradwire.cli.soak;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.gradwire.v1.Argument;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Dtype;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Input;
import dev.gradwire.v1.IntList;
import dev.gradwire.v1.NamedTensor;
import dev.gradwire.v1.Node;
import dev.gradwire.v1.Program;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.RunResponse;
import dev.gradwire.v1.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Messages of the Run method whose answers are known. */
final class Requests {
    private Requests() {}

    /** Value and gradient of Σ x², of n elements that are all v: n·v² and 2·v. */
    static byte[] squares(int n, float v) {
        Graph graph = Graph.newBuilder()
                .addInputs(input(n))
                .addNodes(node("square", "mul", value("x"), value("x")))
                .addNodes(node("y", "sum", value("square")))
                .addOutputs("y")
                .build();
        return request(graph, n, v)
                .setBackward(Backward.newBuilder().addRoots("y"))
                .build()
                .toByteArray();
    }

    /** Whether the answer to {@link #squares} is right. */
    static boolean isSquares(byte[] answer, int n, float v) {
        try {
            RunResponse response = RunResponse.parseFrom(answer);
            return first(response.getOutputs(0).getTensor()) == n * v * v
                    && first(response.getGradients(0).getValue()) == 2 * v;
        } catch (InvalidProtocolBufferException e) {
            return false;
        }
    }

    /** Some milliseconds of products, from a few bytes: work that the network has no part in. */
    static byte[] products(int side, int count) {
        Graph.Builder graph = Graph.newBuilder()
                .addInputs(input(side))
                .addNodes(node("n0", "expand", value("x"), integers(side, side)));
        for (int i = 1; i <= count; i++) {
            graph.addNodes(node("n" + i, "matmul", value("n" + (i - 1)), value("n0")));
        }
        graph.addNodes(node("y", "sum", value("n" + count))).addOutputs("y");
        return request(graph.build(), side, 1f / side).build().toByteArray();
    }

    /** The sum of n elements. */
    static Program sum(long n) {
        return program(Graph.newBuilder().addInputs(input(n)).addNodes(node("y", "sum", value("x"))));
    }

    /** One element, n times. */
    static Program wide(long n) {
        return program(Graph.newBuilder()
                .addInputs(input(1))
                .addNodes(node("wide", "expand", value("x"), integers(n)))
                .addNodes(node("y", "neg", value("wide"))));
    }

    private static Program program(Graph.Builder graph) {
        return Program.newBuilder().setGraph(graph.addOutputs("y")).build();
    }

    private static RunRequest.Builder request(Graph graph, int n, float v) {
        ByteBuffer data = ByteBuffer.allocate(n * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < n; i++) {
            data.putFloat(v);
        }
        return RunRequest.newBuilder()
                .setProgram(Program.newBuilder().setGraph(graph))
                .addInputs(NamedTensor.newBuilder()
                        .setName("x")
                        .setTensor(Tensor.newBuilder()
                                .setDtype(Dtype.DTYPE_FLOAT32)
                                .addDims(n)
                                .setData(ByteString.copyFrom(data.flip()))));
    }

    private static Input input(long n) {
        return Input.newBuilder()
                .setName("x")
                .setDtype(Dtype.DTYPE_FLOAT32)
                .addDims(n)
                .setRequiresGrad(true)
                .build();
    }

    private static Node node(String name, String op, Argument... args) {
        return Node.newBuilder()
                .setName(name)
                .setOp(op)
                .addAllArgs(List.of(args))
                .build();
    }

    private static Argument value(String name) {
        return Argument.newBuilder().setValue(name).build();
    }

    private static Argument integers(long... values) {
        IntList.Builder list = IntList.newBuilder();
        for (long each : values) {
            list.addValues(each);
        }
        return Argument.newBuilder().setInts(list).build();
    }

    private static float first(Tensor tensor) {
        return tensor.getData()
                .asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .getFloat();
    }
}
