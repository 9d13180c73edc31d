package dev.gradwire.service.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.gradwire.service.Details;
import dev.gradwire.service.Direct;
import dev.gradwire.service.RawCalls;
import dev.gradwire.service.TestServer;
import io.grpc.Status.Code;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Row F7: messages that are deep, or of many parts that hold nothing. */
final class NestingTest {
    private static final int DEPTH = 100_000;
    private static final int MILLION = 1_000_000;
    private static final long MAX_MILLIS = 50;
    /** Where a million objects have to be made before they can be counted. */
    private static final long MAX_MILLIS_OF_MANY = 500;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int TRIES = 5;

    private static TestServer server;
    private static Direct direct;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start();
        direct = new Direct(server);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /**
     * @param sound whether it is a message: then only what it says is wrong
     * @param maxMillis in which it is refused
     */
    record Message(String name, ByteString data, boolean sound, long maxMillis) {
        Message(String name, byte[] bytes, boolean sound) {
            this(name, bytes, sound, MAX_MILLIS);
        }

        Message(String name, byte[] bytes, boolean sound, long maxMillis) {
            this(name, ByteString.copyFrom(bytes), sound, maxMillis);
        }

        byte[] bytes() {
            return data.toByteArray();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private interface Writer {
        void write(CodedOutputStream out) throws IOException;
    }

    private static byte[] bytes(Writer writer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            writer.write(out);
            out.flush();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return bytes.toByteArray();
    }

    private static byte[] groups(int field, boolean closed) {
        return bytes(out -> {
            for (int i = 0; i < DEPTH; i++) {
                out.writeTag(field, WireFormat.WIRETYPE_START_GROUP);
            }
            for (int i = 0; closed && i < DEPTH; i++) {
                out.writeTag(field, WireFormat.WIRETYPE_END_GROUP);
            }
        });
    }

    /** Messages of one field, each inside the one before. */
    private static byte[] nested(int field) {
        List<byte[]> heads = new ArrayList<>();
        int length = 0;
        for (int i = 0; i < DEPTH; i++) {
            int inner = length;
            byte[] head = bytes(out -> {
                out.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
                out.writeUInt32NoTag(inner);
            });
            heads.add(head);
            length += head.length;
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        heads.reversed().forEach(all::writeBytes);
        return all.toByteArray();
    }

    /** Within a program's graph, so many empty entries of the field. */
    private static byte[] entries(int field) {
        byte[] graph = new byte[2 * MILLION];
        for (int i = 0; i < graph.length; i += 2) {
            graph[i] = (byte) (field << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED);
        }
        byte[] program = bytes(out -> out.writeByteArray(1, graph));
        return bytes(out -> out.writeByteArray(1, program));
    }

    private static byte[] unknownFields() {
        return bytes(out -> {
            for (int i = 0; i < DEPTH; i++) {
                out.writeUInt32(1_000 + i, i);
            }
        });
    }

    static Stream<Message> messages() {
        return Stream.of(
                new Message("groups", groups(1_000, true), false),
                new Message("groups without end", groups(1_000, false), false),
                new Message("groups in the place of the program", groups(1, true), false),
                new Message("unknown fields in unknown fields", nested(1_000), true),
                new Message("programs in programs", nested(1), false),
                new Message("unknown fields side by side", unknownFields(), true, MAX_MILLIS_OF_MANY),
                new Message("a million inputs without a name", entries(1), true, MAX_MILLIS_OF_MANY),
                new Message("a million nodes without a name", entries(2), true, MAX_MILLIS_OF_MANY),
                new Message("a million outputs without a name", entries(3), true, MAX_MILLIS_OF_MANY));
    }

    @ParameterizedTest
    @MethodSource("messages")
    void f7IsRefusedAtOnce(Message message) {
        byte[] bytes = message.bytes();
        long best = Long.MAX_VALUE;
        Optional<Details> refused = Optional.empty();
        for (int i = 0; i < TRIES; i++) {
            long begun = THREADS.getCurrentThreadCpuTime();
            refused = direct.price(bytes);
            best = Math.min(best, THREADS.getCurrentThreadCpuTime() - begun);
        }
        Details first = refused.orElseThrow();
        assertThat(first.code()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(first.reason().equals("MALFORMED_MESSAGE")).isEqualTo(!message.sound());
        assertThat(best / 1e6).as("milliseconds").isLessThan((double) message.maxMillis());
        Figures.add(
                "F7 " + message, "refused after %.1f ms of CPU".formatted(best / 1e6), message.maxMillis() + " ms", 0);
        Telltale.check(first, bytes);
        // The same through the network, on threads with the stacks that servers have.
        Details details = Details.of(() -> RawCalls.run(server.channel, bytes));
        assertThat(details.code()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(details.reason()).isEqualTo(first.reason());
        server.assertNothingHeld();
    }
}
