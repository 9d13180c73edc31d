package dev.gradwire.cli.bench.service;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.gradwire.v1.Argument;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Dtype;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Input;
import dev.gradwire.v1.NamedTensor;
import dev.gradwire.v1.Node;
import dev.gradwire.v1.Program;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.RunResponse;
import dev.gradwire.v1.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** The smallest graph worth a call, as a message: value, gradient and grad_fns of sum((a + 2)²) of 2×2 ones. */
final class SeedGraph {
    private SeedGraph() {}

    static byte[] request() {
        ByteBuffer ones = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 4; i++) {
            ones.putFloat(1);
        }
        Tensor tensor = Tensor.newBuilder()
                .setDtype(Dtype.DTYPE_FLOAT32)
                .addAllDims(List.of(2L, 2L))
                .setData(ByteString.copyFrom(ones.flip()))
                .build();
        Graph graph = Graph.newBuilder()
                .addInputs(Input.newBuilder()
                        .setName("a")
                        .setDtype(Dtype.DTYPE_FLOAT32)
                        .addAllDims(List.of(2L, 2L))
                        .setRequiresGrad(true))
                .addNodes(node("b", "add", "a").addArgs(Argument.newBuilder().setInt(2)))
                .addNodes(node("c", "pow", "b").addArgs(Argument.newBuilder().setInt(2)))
                .addNodes(node("out", "sum", "c"))
                .addOutputs("out")
                .build();
        return RunRequest.newBuilder()
                .setProgram(Program.newBuilder().setGraph(graph))
                .addInputs(NamedTensor.newBuilder().setName("a").setTensor(tensor))
                .setBackward(Backward.newBuilder().addRoots("out").addInputs("a"))
                .build()
                .toByteArray();
    }

    private static Node.Builder node(String name, String op, String operand) {
        return Node.newBuilder()
                .setName(name)
                .setOp(op)
                .addArgs(Argument.newBuilder().setValue(operand));
    }

    /** @throws IllegalStateException when it is not what the graph gives */
    static void check(byte[] answer) throws InvalidProtocolBufferException {
        RunResponse response = RunResponse.parseFrom(answer);
        float value = first(response.getOutputs(0).getTensor());
        float gradient = first(response.getGradients(0).getValue());
        if (value != 36 || gradient != 6) {
            throw new IllegalStateException("the server computes " + value + " and " + gradient);
        }
    }

    private static float first(Tensor tensor) {
        return tensor.getData()
                .asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .getFloat();
    }
}
