package dev.gradwire.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.gradwire.graph.Parameter;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.op.Operators;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.TensorType;
import dev.gradwire.v1.Argument;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.BoolList;
import dev.gradwire.v1.Complex;
import dev.gradwire.v1.Dtype;
import dev.gradwire.v1.FloatList;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.IntList;
import dev.gradwire.v1.NoneValue;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.Tensor;
import dev.gradwire.v1.ValueList;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Every operator with arguments that hardly fit, forward and backward, down to the kernels: whatever a client sends, it
 * is told of its own mistake, and the server goes on.
 */
final class OperatorFuzzTest {
    private static final int GRAPHS = Integer.getInteger("gradwire.fuzz.graphs", 2_000);
    private static final long SEED = Long.getLong("gradwire.fuzz.seed", 11);
    private static final Set<Code> ALLOWED =
            EnumSet.of(Code.INVALID_ARGUMENT, Code.FAILED_PRECONDITION, Code.RESOURCE_EXHAUSTED);
    private static final List<String> INNARDS =
            List.of("dev.gradwire", "Exception", ".cpp", ".so", "0x", "c10::", "at::");
    private static final List<TensorType> TYPES = List.of(
            TensorType.of(DType.FLOAT32, 2, 3),
            TensorType.of(DType.FLOAT32, 3, 3),
            TensorType.of(DType.FLOAT64, 3),
            TensorType.of(DType.FLOAT32),
            TensorType.of(DType.FLOAT32, 0, 3),
            TensorType.of(DType.FLOAT32, 1, 2, 4, 4),
            TensorType.of(DType.FLOAT16, 2, 2),
            TensorType.of(DType.BFLOAT16, 2, 3),
            TensorType.of(DType.INT64, 2),
            TensorType.of(DType.INT32, 2, 3),
            TensorType.of(DType.UINT8, 3),
            TensorType.of(DType.BOOL, 2, 3),
            TensorType.of(DType.COMPLEX64, 2),
            TensorType.of(DType.COMPLEX64, 2, 3),
            TensorType.of(DType.COMPLEX64, 3, 3),
            TensorType.of(DType.COMPLEX128));
    private static final long[] INTS = {0, 1, -1, 2, 3, -3, 7, 64, 1L << 31, Long.MAX_VALUE, Long.MIN_VALUE};
    private static final double[] FLOATS = {0, 1, -1, 0.5, 1e300, Double.NaN, Double.POSITIVE_INFINITY};
    private static final String[] TEXTS = {"", "mean", "sum", "none", "tanh", "ij,jk->ik", "…", "bilinear"};

    private static final String[] FUNCTIONS = {"same", "twice", "both"};

    private static TestServer server;
    private static List<Overload> overloads;

    private final Random random = new Random(SEED);

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start();
        overloads = Operators.all().declarations().stream()
                .flatMap(declaration -> declaration.overloads().stream())
                .toList();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void nothingBreaksTheServer() {
        int good = 0;
        Map<String, String> broken = new TreeMap<>();
        for (int i = 0; i < GRAPHS; i++) {
            RunRequest request = request();
            try {
                server.stub().withDeadlineAfter(20, TimeUnit.SECONDS).run(request);
                good++;
            } catch (StatusRuntimeException e) {
                String text = String.valueOf(e.getStatus().getDescription());
                if (!ALLOWED.contains(e.getStatus().getCode())
                        || INNARDS.stream().anyMatch(text::contains)) {
                    broken.putIfAbsent(
                            request.getProgram().getGraph().getNodes(0).getOp(),
                            "graph " + i + ": " + e.getStatus() + "\n"
                                    + request.getProgram().getGraph().getNodesList());
                }
            }
        }
        assertThat(broken).as("operators that break, with seed %s", SEED).isEmpty();
        assertThat(good).as("graphs that run").isGreaterThan(GRAPHS / 20);
        server.assertNothingHeld();
    }

    private RunRequest request() {
        RunRequest.Builder request = RunRequest.newBuilder();
        Graph.Builder graph = request.getProgramBuilder().getGraphBuilder();
        for (int i = 0; i < TYPES.size(); i++) {
            TensorType type = TYPES.get(i);
            Dtype dtype = WireTypes.dtype(type.dtype());
            graph.addInputs(Wire.input(
                    "x" + i,
                    dtype,
                    type.dtype().isDifferentiable(),
                    type.shape().dims()));
            byte[] bytes = new byte[Math.toIntExact(type.lengthInBytes())];
            for (int k = 0; k < bytes.length; k += type.dtype().sizeInBytes()) {
                bytes[k] = (byte) random.nextInt(2);
            }
            request.addInputs(Wire.named(
                    "x" + i,
                    Tensor.newBuilder()
                            .setDtype(dtype)
                            .addAllDims(WireTypes.wire(type).getDimsList())
                            .setData(ByteString.copyFrom(bytes))
                            .build()));
        }
        request.getProgramBuilder().putAllFunctions(functions());
        Overload overload = overloads.get(random.nextInt(overloads.size()));
        var node = dev.gradwire.v1.Node.newBuilder()
                .setName("n")
                .setOp(overload.schema().key());
        for (Parameter parameter : overload.schema().parameters()) {
            if (parameter.defaultValue() != null && random.nextInt(3) > 0) {
                continue;
            }
            boolean fits = random.nextInt(12) > 0;
            Argument argument = fits ? fitting(parameter) : anything();
            if (parameter.keywordOnly() || parameter.defaultValue() != null) {
                node.putKwargs(parameter.name(), argument);
            } else {
                node.addArgs(argument);
            }
        }
        graph.addNodes(node).addOutputs("n");
        if (random.nextBoolean()) {
            graph.addNodes(Wire.node("c", "sum", Wire.value("n")));
            graph.addNodes(Wire.node("s", "real", Wire.value("c")));
            request.setBackward(Backward.newBuilder().addRoots("s"));
        }
        return request.build();
    }

    /** Of one and of two inputs, with one result and with two. */
    private static Map<String, Graph> functions() {
        Graph.Builder one = Graph.newBuilder().addInputs(Wire.open("a"));
        Graph.Builder two = one.clone().addInputs(Wire.open("b"));
        return Map.of(
                FUNCTIONS[0],
                one.clone().addOutputs("a").build(),
                FUNCTIONS[1],
                two.clone()
                        .addNodes(Wire.node("c", "mul", Wire.value("a"), Wire.value("b")))
                        .addOutputs("c")
                        .build(),
                FUNCTIONS[2],
                two.clone().addOutputs("b").addOutputs("a").build());
    }

    private Argument fitting(Parameter parameter) {
        Argument.Builder argument = Argument.newBuilder();
        int length = random.nextInt(4);
        switch (parameter.type()) {
            case TENSOR -> {
                if (!parameter.list()) {
                    return Wire.value(tensor());
                }
                ValueList.Builder values = ValueList.newBuilder();
                for (int i = 0; i < length; i++) {
                    values.addValues(tensor());
                }
                argument.setValues(values);
            }
            case SCALAR, FLOAT -> {
                if (parameter.list()) {
                    argument.setFloats(
                            FloatList.newBuilder().addValues(number()).addValues(number()));
                } else if (parameter.type() == Parameter.Kind.SCALAR && random.nextInt(4) == 0) {
                    argument.setComplex(Complex.newBuilder().setReal(number()).setImag(1));
                } else {
                    argument.setFloat(number());
                }
            }
            case INT -> {
                if (!parameter.list()) {
                    return Wire.integer(integer());
                }
                IntList.Builder ints = IntList.newBuilder();
                for (int i = 0; i < length; i++) {
                    ints.addValues(integer());
                }
                argument.setInts(ints);
            }
            case BOOL -> {
                if (parameter.list()) {
                    argument.setBools(BoolList.newBuilder().addValues(true).addValues(random.nextBoolean()));
                } else {
                    argument.setBool(random.nextBoolean());
                }
            }
            case STR, LAYOUT, DEVICE, MEMORY_FORMAT -> argument.setString(TEXTS[random.nextInt(TEXTS.length)]);
            case GENERATOR -> argument.setInt(integer());
            case DTYPE -> argument.setDtypeValue(1 + random.nextInt(12));
            case DATA -> argument.setTensor(Wire.vector(1, 2));
            case FUNCTION -> argument.setFunction(FUNCTIONS[random.nextInt(FUNCTIONS.length)]);
        }
        return argument.build();
    }

    private Argument anything() {
        Argument.Builder argument = Argument.newBuilder();
        return switch (random.nextInt(8)) {
            case 0 -> argument.setNone(NoneValue.getDefaultInstance()).build();
            case 1 -> Wire.integer(integer());
            case 2 -> argument.setFloat(number()).build();
            case 3 -> Wire.value(tensor());
            case 4 -> Wire.values(tensor(), "");
            case 5 -> argument.setString("x").build();
            case 6 -> argument.setComplex(Complex.newBuilder().setImag(1)).build();
            default -> argument.setTensor(Wire.vector(number() > 0 ? 1 : 2)).build();
        };
    }

    private String tensor() {
        return "x" + random.nextInt(random.nextBoolean() ? 6 : TYPES.size());
    }

    private long integer() {
        return INTS[random.nextInt(random.nextInt(4) > 0 ? 5 : INTS.length)];
    }

    private double number() {
        return FLOATS[random.nextInt(FLOATS.length)];
    }
}
