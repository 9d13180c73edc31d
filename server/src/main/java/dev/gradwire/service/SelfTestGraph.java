package dev.gradwire.service;

import com.google.protobuf.ByteString;
import dev.gradwire.v1.Argument;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Dtype;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Input;
import dev.gradwire.v1.IntList;
import dev.gradwire.v1.NamedTensor;
import dev.gradwire.v1.Node;
import dev.gradwire.v1.NoneValue;
import dev.gradwire.v1.Program;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.Tensor;
import dev.gradwire.v1.ValueList;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A graph with a known result. Its inputs are filled with one number each, so that a few lines of arithmetic give its
 * loss and the gradient.
 *
 * @param graph whose output is {@code loss}
 * @param value of the loss
 * @param gradient of the loss with respect to the first element of the first input that requires grad
 */
record SelfTestGraph(
        String name,
        Graph graph,
        Map<String, Graph> functions,
        List<NamedTensor> inputs,
        double value,
        double gradient) {
    private static final String LOSS = "loss";

    /** Changes of the loss that stay below single precision, but make another graph. */
    private static final double STEP = 1e-9;

    /** Numbers that fit no pattern, so that a kernel which mixes up its operands is noticed. */
    private static final double A = 0.75;

    private static final double B = 0.5;
    private static final double C = 0.25;

    /** @param number graphs with different numbers have different digests */
    RunRequest request(int number) {
        Graph numbered = graph.toBuilder()
                .addNodes(node("numbered", "mul", value(LOSS), number(1 + number * STEP)))
                .addOutputs("numbered")
                .build();
        return RunRequest.newBuilder()
                .setProgram(Program.newBuilder().setGraph(numbered).putAllFunctions(functions))
                .addAllInputs(inputs)
                .setBackward(Backward.getDefaultInstance())
                .build();
    }

    /** One of each kind of work: loops over elements, sums, products, library calls, control flow, many small nodes. */
    static List<SelfTestGraph> all() {
        return List.of(elementwise(), classes(), images(), attention(), loop(), chain(100));
    }

    /** {@code sum(tanh(a·b + c)²)}: n·tanh(t)², and 2·tanh(t)·(1 − tanh(t)²)·b. */
    static SelfTestGraph elementwise() {
        Recorder recorder = new Recorder();
        recorder.input("a", true, A, 1000).input("b", true, B, 1000).input("c", true, C, 1000);
        recorder.node("product", "mul", value("a"), value("b"))
                .node("sum", "add", value("product"), value("c"))
                .node("bent", "tanh", value("sum"))
                .node("square", "pow", value("bent"), integer(2))
                .node(LOSS, "sum", value("square"));
        double bent = Math.tanh(A * B + C);
        return recorder.graph("elementwise", 1000 * bent * bent, 2 * bent * (1 - bent * bent) * B);
    }

    /** Cross entropy of equal logits: log(classes), and for the weight of the right class (1/classes − 1)·x. */
    static SelfTestGraph classes() {
        Recorder recorder = new Recorder();
        recorder.input("weight", true, B, 3, 8).input("bias", true, C, 3).input("x", false, A, 4, 8);
        recorder.labels("target", 4)
                .node("logits", "linear", value("x"), value("weight"), value("bias"))
                .node(LOSS, "cross_entropy_loss", value("logits"), value("target"));
        return recorder.graph("classes", Math.log(3), (1.0 / 3 - 1) * A);
    }

    /** Each pixel of a convolution with a 3×3 window is 9·a·b; each window of the pool hands its gradient to one. */
    static SelfTestGraph images() {
        Recorder recorder = new Recorder();
        recorder.input("weight", true, B, 2, 1, 3, 3).input("image", false, A, 2, 1, 6, 6);
        recorder.node("features", "conv2d", value("image"), value("weight"))
                .node("active", "relu", value("features"))
                .node("pooled", "max_pool2d", value("active"), integers(2, 2))
                .node(LOSS, "mean", value("pooled"));
        return recorder.graph("images", 9 * A * B, 0.5 * A);
    }

    /** A mean of equal rows is a row, whatever the weights; the row of equal numbers has the norm 0, plus a bias. */
    static SelfTestGraph attention() {
        Recorder recorder = new Recorder();
        recorder.input("shift", true, C, 8).input("x", true, A, 4, 8);
        recorder.node("norm", "layer_norm", value("x"), integers(8), none(), value("shift"))
                .node("keys", "transpose", value("norm"), integer(0), integer(1))
                .node("scores", "matmul", value("norm"), value("keys"))
                .node("weights", "softmax", value("scores"), integer(-1))
                .node("mixed", "matmul", value("weights"), value("norm"))
                .node(LOSS, "sum", value("mixed"));
        return recorder.graph("attention", 32 * C, 4);
    }

    /** {@code h ← h·b + x}, eight times from 0: the first x is weighted with b⁷. */
    static SelfTestGraph loop() {
        Recorder recorder = new Recorder();
        recorder.input("xs", true, A, 8, 4).input("start", false, 0, 4);
        recorder.function(
                "step",
                Graph.newBuilder()
                        .addInputs(Input.newBuilder().setName("h"))
                        .addInputs(Input.newBuilder().setName("x"))
                        .addNodes(node("scaled", "mul", value("h"), number(B)))
                        .addNodes(node("next", "add", value("scaled"), value("x")))
                        .addOutputs("next")
                        .build());
        recorder.node(
                        "states",
                        "scan",
                        Argument.newBuilder().setFunction("step").build(),
                        values("start"),
                        values("xs"))
                .node(LOSS, "sum", value("states"));
        return recorder.graph("loop", 4 * A * (1 - Math.pow(B, 8)) / (1 - B), Math.pow(B, 7));
    }

    /** {@code x ← sin(x)·1.01 + 0.1}, over and over. */
    static SelfTestGraph chain(int length) {
        Recorder recorder = new Recorder();
        recorder.input("n0", true, A, 16);
        double x = A;
        double gradient = 1;
        for (int i = 0; i < length; i++) {
            recorder.node("s" + i, "sin", value("n" + i))
                    .node("m" + i, "mul", value("s" + i), number(1.01))
                    .node("n" + (i + 1), "add", value("m" + i), number(0.1));
            gradient *= Math.cos(x) * 1.01;
            x = Math.sin(x) * 1.01 + 0.1;
        }
        recorder.node(LOSS, "sum", value("n" + length));
        return recorder.graph("chain", 16 * x, gradient);
    }

    private static Node node(String name, String op, Argument... args) {
        return Node.newBuilder()
                .setName(name)
                .setOp(op)
                .addAllArgs(Arrays.asList(args))
                .build();
    }

    private static Argument value(String name) {
        return Argument.newBuilder().setValue(name).build();
    }

    private static Argument values(String... names) {
        return Argument.newBuilder()
                .setValues(ValueList.newBuilder().addAllValues(List.of(names)))
                .build();
    }

    private static Argument integer(long value) {
        return Argument.newBuilder().setInt(value).build();
    }

    private static Argument integers(long... values) {
        return Argument.newBuilder()
                .setInts(IntList.newBuilder()
                        .addAllValues(Arrays.stream(values).boxed().toList()))
                .build();
    }

    private static Argument number(double value) {
        return Argument.newBuilder().setFloat(value).build();
    }

    private static Argument none() {
        return Argument.newBuilder().setNone(NoneValue.getDefaultInstance()).build();
    }

    /** Collects the parts of a graph. */
    private static final class Recorder {
        private final Graph.Builder graph = Graph.newBuilder();
        private final Map<String, Graph> functions = new HashMap<>();
        private final List<NamedTensor> tensors = new ArrayList<>();

        /** A float32 input, all of whose elements are one number. */
        Recorder input(String name, boolean requiresGrad, double element, long... dims) {
            int count = (int) Arrays.stream(dims).reduce(1, (a, b) -> a * b);
            ByteBuffer data = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < count; i++) {
                data.putFloat((float) element);
            }
            return add(name, Dtype.DTYPE_FLOAT32, requiresGrad, data, dims);
        }

        /** Class 0, so many times. */
        Recorder labels(String name, int count) {
            return add(
                    name,
                    Dtype.DTYPE_INT64,
                    false,
                    ByteBuffer.allocate(count * Long.BYTES).position(count * Long.BYTES),
                    count);
        }

        private Recorder add(String name, Dtype dtype, boolean requiresGrad, ByteBuffer data, long... dims) {
            List<Long> sizes = Arrays.stream(dims).boxed().toList();
            graph.addInputs(Input.newBuilder()
                    .setName(name)
                    .setDtype(dtype)
                    .addAllDims(sizes)
                    .setRequiresGrad(requiresGrad));
            tensors.add(NamedTensor.newBuilder()
                    .setName(name)
                    .setTensor(Tensor.newBuilder()
                            .setDtype(dtype)
                            .addAllDims(sizes)
                            .setData(ByteString.copyFrom(data.flip())))
                    .build());
            return this;
        }

        Recorder function(String name, Graph body) {
            functions.put(name, body);
            return this;
        }

        Recorder node(String name, String op, Argument... args) {
            graph.addNodes(SelfTestGraph.node(name, op, args));
            return this;
        }

        SelfTestGraph graph(String name, double value, double gradient) {
            return new SelfTestGraph(name, graph.build(), functions, tensors, value, gradient);
        }
    }
}
