package dev.gradwire.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.v1.Backward;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.SessionRequest;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Bytes that are no message, and messages that were tampered with. */
final class MalformedTest {
    private static final int MUTATIONS = Integer.getInteger("gradwire.mutations", 2_000);

    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static byte[] valid() {
        return RunRequest.newBuilder()
                .setProgram(Wire.program(Wire.squares(3)))
                .addInputs(Wire.named("x", Wire.vector(1, 2, 3)))
                .setBackward(Backward.getDefaultInstance())
                .build()
                .toByteArray();
    }

    private static void refused(byte[] bytes) {
        Details details = Details.of(() -> RawCalls.run(server.channel, bytes));
        assertThat(details.code()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(details.reason()).isEqualTo("MALFORMED_MESSAGE");
        assertThat(details.text()).doesNotContain("dev.gradwire", "protobuf", "Exception");
    }

    @Test
    void cutShort() {
        byte[] bytes = valid();
        refused(Arrays.copyOf(bytes, bytes.length - 1));
    }

    @Test
    void noMessageAtAll() {
        refused(new byte[] {-1, -1, -1, -1});
    }

    @Test
    void textThatIsNotUtf8() {
        byte[] bytes = valid();
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = bytes[i] == 'q' ? (byte) 0xff : bytes[i];
        }
        refused(bytes);
    }

    @Test
    void deepGroups() {
        byte[] groups = new byte[200_000];
        Arrays.fill(groups, (byte) ((1000 << 3 | 3) & 0x7f | 0x80));
        for (int i = 1; i < groups.length; i += 2) {
            groups[i] = (byte) (1000 << 3 >> 7);
        }
        refused(groups);
    }

    @Test
    void inASession() {
        Details details = Details.of(() -> RawCalls.session(server.channel, new byte[] {-1, -1}));
        assertThat(details.code()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(details.reason()).isEqualTo("MALFORMED_MESSAGE");
        Details empty = Details.of(() -> RawCalls.session(
                server.channel, SessionRequest.getDefaultInstance().toByteArray()));
        assertThat(empty.code()).isEqualTo(Code.INVALID_ARGUMENT);
        server.assertNothingHeld();
    }

    /** @param values so many different elements: the fewer, the smaller it packs */
    private static RunRequest large(int values) {
        Random random = new Random(1);
        float[] elements = new float[2 << 20];
        for (int i = 0; i < elements.length; i++) {
            elements[i] = random.nextInt(values);
        }
        return RunRequest.newBuilder()
                .addInputs(Wire.named("x", Wire.vector(elements)))
                .build();
    }

    @Test
    void largerThanAMessageMayBe() {
        Details details = Details.of(() -> server.stub().run(large(16)));
        assertThat(details.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
    }

    @Test
    void largerOnceUnpacked() {
        Details details = Details.of(() -> server.stub().withCompression("gzip").run(large(16)));
        assertThat(details.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
        assertThat(details.reason()).isEqualTo("MESSAGE_TOO_LARGE");
        assertThat(details.metadata()).containsEntry("limit", "max_message_bytes");
    }

    @Test
    void packedTooWell() {
        Details details = Details.of(() -> server.stub().withCompression("gzip").run(large(1)));
        assertThat(details.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
        assertThat(details.reason()).isEqualTo("COMPRESSION_RATIO");
        assertThat(details.metadata()).containsEntry("limit", "max_compression_ratio");
    }

    /** Whatever bytes come, the answer is a result or the client's own mistake. */
    @Test
    void mutatedMessages() {
        byte[] original = valid();
        Random random = new Random(7);
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] mutated = mutate(original, random);
            Throwable failure = Assertions.catchThrowable(() -> RawCalls.run(server.channel, mutated));
            if (failure != null) {
                assertThat(failure).isInstanceOf(StatusRuntimeException.class);
                assertThat(((StatusRuntimeException) failure).getStatus().getCode())
                        .as("mutation %s: %s", i, failure)
                        .isIn(Code.INVALID_ARGUMENT, Code.FAILED_PRECONDITION, Code.RESOURCE_EXHAUSTED);
            }
        }
        server.assertNothingHeld();
        assertThat(RawCalls.run(server.channel, original)).isNotEmpty();
    }

    private static byte[] mutate(byte[] original, Random random) {
        byte[] bytes = original.clone();
        for (int n = 1 + random.nextInt(4); n > 0; n--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] = (byte) random.nextInt(256);
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes = Arrays.copyOf(bytes, Math.max(1, at));
                default -> {
                    int from = random.nextInt(bytes.length);
                    int length = Math.min(8, bytes.length - Math.max(at, from));
                    System.arraycopy(bytes.clone(), from, bytes, at, length);
                }
            }
        }
        return bytes;
    }
}
