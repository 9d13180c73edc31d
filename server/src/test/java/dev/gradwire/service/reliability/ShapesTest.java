package dev.gradwire.service.reliability;

import static dev.gradwire.service.Wire.integer;
import static dev.gradwire.service.Wire.integers;
import static dev.gradwire.service.Wire.leaf;
import static dev.gradwire.service.Wire.node;
import static dev.gradwire.service.Wire.value;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.sun.management.ThreadMXBean;
import dev.gradwire.service.Details;
import dev.gradwire.service.Direct;
import dev.gradwire.service.TestServer;
import dev.gradwire.service.Wire;
import dev.gradwire.v1.Argument;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Cotangent;
import dev.gradwire.v1.Dtype;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Input;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.Tensor;
import io.grpc.Status.Code;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Shapes that cannot be, wherever a message can have one: refused at the cost of the refusal. */
final class ShapesTest {
    private static final long MAX_ALLOCATED_BYTES = 64 << 10;

    private static final int MAX_LIST = 80;
    private static final long TWO_31 = 1L << 31;

    private static TestServer server;
    private static Direct direct;
    private static long most;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start();
        direct = new Direct(server);
    }

    @AfterAll
    static void stop() {
        server.close();
        Figures.add("F3", most + " bytes allocated at the most", MAX_ALLOCATED_BYTES + " bytes", 0);
    }

    /** A case of the table, named. */
    record Row(String name, RunRequest request) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** Shapes of float32 that no tensor here may have. */
    private static Map<String, List<Long>> shapes() {
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        shapes.put("-1", List.of(-1L));
        shapes.put("-1 beside 0", List.of(0L, -1L));
        shapes.put("least long", List.of(Long.MIN_VALUE));
        shapes.put("2^63-1", List.of(Long.MAX_VALUE));
        shapes.put("2^61: bytes overflow", List.of(1L << 61));
        shapes.put("2^31 x 2^31", List.of(TWO_31, TWO_31));
        shapes.put("2^32 x 2^32: product is 0", List.of(1L << 32, 1L << 32));
        shapes.put("product wraps to 2", List.of(1L << 33, (1L << 31) + 1));
        shapes.put("2^31 x 2^31 beside 0", List.of(TWO_31, TWO_31, TWO_31, 0L));
        shapes.put("2^37", List.of(1L << 37));
        shapes.put("rank 1,000", Collections.nCopies(1_000, 1L));
        return shapes;
    }

    static Stream<Row> rows() {
        List<Row> rows = new ArrayList<>();
        shapes().forEach((name, dims) -> {
            boolean sound = dims.size() < 100 && dims.stream().allMatch(dim -> dim >= 0) && dims.contains(0L);
            Tensor tensor = Tensor.newBuilder()
                    .setDtype(Dtype.DTYPE_FLOAT32)
                    .addAllDims(dims)
                    .build();
            // Lists of integers are no shapes until an operator takes them for such: they cost what they have come as.
            Argument sizes = integers(
                    dims.stream().limit(MAX_LIST).mapToLong(Long::longValue).toArray());
            if (!sound) {
                rows.add(row("input " + name, Graph.newBuilder().addInputs(input(dims))));
                rows.add(row("constant " + name, x().addNodes(node("n", "neg", tensor(tensor)))));
                rows.add(new Row("cotangent " + name, backward(tensor)));
                rows.add(new Row("tensor " + name, withTensor(tensor)));
            }
            if (dims.stream().allMatch(dim -> dim != -1) || dims.size() > 1) { // -1 keeps a size, or finds it
                rows.add(row("expand " + name, x().addNodes(node("n", "expand", value("x"), sizes))));
                rows.add(row("reshape " + name, x().addNodes(node("n", "reshape", value("x"), sizes))));
            }
            rows.add(
                    row("zeros " + name, x().addNodes(node("n", "zeros", sizes)).addOutputs("n")));
        });
        rows.add(row("repeat 2^40", x().addNodes(node("n", "repeat", value("x"), integers(1L << 40)))));
        rows.add(row("pad 2^62", x().addNodes(node("n", "pad", value("x"), integers(1L << 62, 1L << 62)))));
        rows.add(row("arange 2^40", x().addNodes(node("n", "arange", integer(1L << 40)))));
        rows.add(row(
                "outer product of 2^31",
                Graph.newBuilder().addInputs(leaf("a", TWO_31)).addNodes(node("n", "outer", value("a"), value("a")))));
        for (int bytes : new int[] {0, 1, 11, 13, 24}) {
            rows.add(new Row(
                    bytes + " bytes for 12",
                    withTensor(Wire.vector(1, 2, 3).toBuilder()
                            .setData(ByteString.copyFrom(new byte[bytes]))
                            .build())));
        }
        rows.add(new Row(
                "2^31 elements, no bytes",
                RunRequest.newBuilder()
                        .setProgram(Wire.program(Graph.newBuilder().addInputs(input(List.of(TWO_31)))))
                        .addInputs(Wire.named(
                                "x",
                                Tensor.newBuilder()
                                        .setDtype(Dtype.DTYPE_FLOAT32)
                                        .addDims(TWO_31)
                                        .build()))
                        .build()));
        return rows.stream();
    }

    private static Graph.Builder x() {
        return Graph.newBuilder().addInputs(leaf("x", 3));
    }

    private static Input input(List<Long> dims) {
        return Input.newBuilder()
                .setName("x")
                .setDtype(Dtype.DTYPE_FLOAT32)
                .addAllDims(dims)
                .build();
    }

    private static Argument tensor(Tensor tensor) {
        return Argument.newBuilder().setTensor(tensor).build();
    }

    private static Row row(String name, Graph.Builder graph) {
        return new Row(
                name, RunRequest.newBuilder().setProgram(Wire.program(graph)).build());
    }

    private static RunRequest backward(Tensor tensor) {
        return Seeds.run().toBuilder()
                .setBackward(Backward.newBuilder()
                        .addRoots("y")
                        .addCotangents(Cotangent.newBuilder().setTensor(tensor)))
                .build();
    }

    private static RunRequest withTensor(Tensor tensor) {
        return Seeds.run().toBuilder()
                .clearInputs()
                .addInputs(Wire.named("x", tensor))
                .build();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void f3IsRefusedAtNoCost(Row row) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        Details details = null;
        // The first time loads classes and fills caches.
        for (int i = 0; i < 3; i++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            details = direct.run(row.request()).orElseThrow();
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(details.code()).as(details.text()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(details.field()).as(details.text()).isNotEmpty();
        assertThat(least).as("bytes").isLessThanOrEqualTo(MAX_ALLOCATED_BYTES);
        most = Math.max(most, least);
        Telltale.check(details, row.request().toByteArray());
        server.assertNothingHeld();
    }
}
