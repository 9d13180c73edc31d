package dev.gradwire.service;

import com.google.protobuf.ByteString;
import dev.gradwire.v1.Argument;
import dev.gradwire.v1.Dtype;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Input;
import dev.gradwire.v1.IntList;
import dev.gradwire.v1.NamedTensor;
import dev.gradwire.v1.Node;
import dev.gradwire.v1.Program;
import dev.gradwire.v1.Tensor;
import dev.gradwire.v1.ValueList;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/** Short forms of the messages that tests send. */
public final class Wire {
    private Wire() {}

    public static Tensor floats(List<Long> dims, float... elements) {
        ByteBuffer bytes = ByteBuffer.allocate(elements.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float element : elements) {
            bytes.putFloat(element);
        }
        return Tensor.newBuilder()
                .setDtype(Dtype.DTYPE_FLOAT32)
                .addAllDims(dims)
                .setData(ByteString.copyFrom(bytes.flip()))
                .build();
    }

    public static Tensor vector(float... elements) {
        return floats(List.of((long) elements.length), elements);
    }

    public static float[] floats(Tensor tensor) {
        return floats(tensor.getData());
    }

    public static float[] floats(ByteString data) {
        ByteBuffer bytes = data.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        float[] elements = new float[bytes.remaining() / Float.BYTES];
        for (int i = 0; i < elements.length; i++) {
            elements[i] = bytes.getFloat();
        }
        return elements;
    }

    public static NamedTensor named(String name, Tensor tensor) {
        return NamedTensor.newBuilder().setName(name).setTensor(tensor).build();
    }

    public static Input input(String name, Dtype dtype, boolean requiresGrad, long... dims) {
        Input.Builder input = Input.newBuilder().setName(name).setDtype(dtype).setRequiresGrad(requiresGrad);
        Arrays.stream(dims).forEach(input::addDims);
        return input.build();
    }

    /** A float32 input that requires grad. */
    public static Input leaf(String name, long... dims) {
        return input(name, Dtype.DTYPE_FLOAT32, true, dims);
    }

    public static Node node(String name, String op, Argument... args) {
        return Node.newBuilder()
                .setName(name)
                .setOp(op)
                .addAllArgs(List.of(args))
                .build();
    }

    public static Argument value(String name) {
        return Argument.newBuilder().setValue(name).build();
    }

    public static Argument values(String... names) {
        return Argument.newBuilder()
                .setValues(ValueList.newBuilder().addAllValues(List.of(names)))
                .build();
    }

    public static Argument integers(long... values) {
        IntList.Builder list = IntList.newBuilder();
        Arrays.stream(values).forEach(list::addValues);
        return Argument.newBuilder().setInts(list).build();
    }

    public static Argument function(String name) {
        return Argument.newBuilder().setFunction(name).build();
    }

    /** A function's input that takes its type from the call. */
    public static Input open(String name) {
        return Input.newBuilder().setName(name).build();
    }

    public static Argument integer(long value) {
        return Argument.newBuilder().setInt(value).build();
    }

    public static Program program(Graph.Builder graph) {
        return Program.newBuilder().setGraph(graph).build();
    }

    /** {@code y = (x · x).sum()} of n floats, with every node named. */
    public static Graph.Builder squares(long n) {
        return Graph.newBuilder()
                .addInputs(leaf("x", n))
                .addNodes(node("square", "mul", value("x"), value("x")))
                .addNodes(node("y", "sum", value("square")))
                .addOutputs("y");
    }
}
