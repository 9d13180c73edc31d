package dev.gradwire.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.github.luben.zstd.Zstd;
import com.google.protobuf.ByteString;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Encoding;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.GetServerInfoRequest;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.Options;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.RunResponse;
import dev.gradwire.v1.SessionResponse;
import dev.gradwire.v1.Tensor;
import dev.gradwire.v1.TensorChunk;
import dev.gradwire.v1.TensorType;
import dev.gradwire.wire.Zstandard;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Packed tensors, both ways, whole and in chunks; and frames that are not what they should be. */
final class EncodingTest {
    private static final int COUNT = 100_003;
    private static final Options PACKED =
            Options.newBuilder().addAcceptEncodings(Encoding.ENCODING_ZSTD).build();

    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @AfterEach
    void holdsNothing() {
        server.assertNothingHeld();
    }

    /** Few different numbers, so that they shrink, but not as a bomb does. */
    private static Tensor numbers() {
        float[] elements = new float[COUNT];
        Random random = new Random(5);
        for (int i = 0; i < COUNT; i++) {
            elements[i] = random.nextInt(16);
        }
        return Wire.vector(elements);
    }

    private static Tensor packed(Tensor tensor) {
        return tensor.toBuilder()
                .setEncoding(Encoding.ENCODING_ZSTD)
                .setData(ByteString.copyFrom(Zstd.compress(tensor.getData().toByteArray())))
                .build();
    }

    private static RunRequest.Builder run(Tensor tensor) {
        return RunRequest.newBuilder()
                .setProgram(Wire.program(Wire.squares(COUNT)))
                .setBackward(Backward.getDefaultInstance())
                .addInputs(Wire.named("x", tensor));
    }

    @Test
    void isAnnounced() {
        assertThat(server.stub()
                        .getServerInfo(GetServerInfoRequest.getDefaultInstance())
                        .getEncodingsList())
                .containsExactly(Encoding.ENCODING_RAW, Encoding.ENCODING_ZSTD);
    }

    @Test
    void wholeTensors() throws IOException {
        RunResponse raw = server.stub().run(run(numbers()).build());
        RunResponse answer =
                server.stub().run(run(packed(numbers())).setOptions(PACKED).build());
        Tensor gradient = answer.getGradients(0).getValue();
        assertThat(gradient.getEncoding()).isEqualTo(Encoding.ENCODING_ZSTD);
        assertThat(gradient.getData().size()).isLessThan(4 * COUNT / 4);
        assertThat(ByteString.copyFrom(Zstandard.unpack(gradient.getData().toByteArray(), 4 * COUNT)))
                .isEqualTo(raw.getGradients(0).getValue().getData());
        // Too small to be worth it.
        assertThat(answer.getOutputs(0).getTensor().getEncoding()).isEqualTo(Encoding.ENCODING_UNSPECIFIED);
    }

    @Test
    void chunks() throws IOException {
        SessionClient session = new SessionClient(server.async())
                .open(Open.newBuilder()
                        .setProgram(Wire.program(Wire.squares(COUNT)))
                        .setBackward(Backward.getDefaultInstance())
                        .setOptions(PACKED));
        session.opened();
        Tensor tensor = numbers();
        int half = 4 * COUNT / 2;
        for (int offset : new int[] {0, half}) {
            Tensor part = tensor.toBuilder()
                    .setData(tensor.getData().substring(offset, offset == 0 ? half : 4 * COUNT))
                    .build();
            TensorChunk.Builder chunk = TensorChunk.newBuilder()
                    .setInput("x")
                    .setOffset(offset)
                    .setEncoding(Encoding.ENCODING_ZSTD)
                    .setData(packed(part).getData());
            if (offset == 0) {
                chunk.setType(
                        TensorType.newBuilder().setDtype(tensor.getDtype()).addDims(COUNT));
            }
            session.chunk(chunk);
        }
        session.execute(Execute.newBuilder().setRunId(1));
        ByteString gradient = ByteString.EMPTY;
        for (SessionResponse answer = session.next(); answer.hasChunk(); answer = session.next()) {
            TensorChunk chunk = answer.getChunk();
            if (chunk.getResult().hasGradient()) {
                assertThat(chunk.getEncoding()).isEqualTo(Encoding.ENCODING_ZSTD);
                byte[] frame = chunk.getData().toByteArray();
                gradient = gradient.concat(
                        ByteString.copyFrom(Zstandard.unpack(frame, (int) Zstandard.contentBytes(frame))));
            }
        }
        assertThat(gradient)
                .isEqualTo(server.stub()
                        .run(run(tensor).build())
                        .getGradients(0)
                        .getValue()
                        .getData());
        session.completeWell();
    }

    static Stream<Arguments> bad() {
        byte[] good = Zstd.compress(numbers().getData().toByteArray());
        byte[] damaged = good.clone();
        damaged[damaged.length / 2] ^= 0x55;
        damaged[damaged.length / 2 + 1] ^= 0x55;
        return Stream.of(
                arguments("no frame", "DAMAGED_ENCODING", new byte[] {1, 2, 3}),
                arguments("nothing", "DAMAGED_ENCODING", new byte[0]),
                arguments("cut short", "DAMAGED_ENCODING", Arrays.copyOf(good, good.length - 9)),
                arguments("holds more than its type", "DAMAGED_ENCODING", Zstd.compress(new byte[4 * COUNT + 4])),
                arguments("says that it holds 1 TiB", "DAMAGED_ENCODING", claiming(1L << 40)),
                arguments("says that it holds the tensor, in 12 bytes", "LIMIT_EXCEEDED", claiming(4 * COUNT)),
                arguments("bomb", "LIMIT_EXCEEDED", Zstd.compress(new byte[4 * COUNT])),
                arguments(
                        "holds less than its type",
                        "DATA_SIZE",
                        Zstd.compress("a few bytes".getBytes(StandardCharsets.UTF_8))));
    }

    /** A frame's header: magic, descriptor of an 8-byte content size in a single segment, size; and no block. */
    private static byte[] claiming(long bytes) {
        return ByteBuffer.allocate(13)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0xFD2FB528)
                .put((byte) 0xE0)
                .putLong(bytes)
                .array();
    }

    @ParameterizedTest
    @MethodSource("bad")
    void isRefused(String what, String reason, byte[] frame) {
        Tensor tensor = numbers().toBuilder()
                .setEncoding(Encoding.ENCODING_ZSTD)
                .setData(ByteString.copyFrom(frame))
                .build();
        Details details = Details.of(() -> server.stub().run(run(tensor).build()));
        assertThat(details.code()).isEqualTo(io.grpc.Status.Code.INVALID_ARGUMENT);
        assertThat(details.reason()).as(what).isEqualTo(reason);
    }
}
