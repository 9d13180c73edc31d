package dev.gradwire.service.reliability;

import static dev.gradwire.service.reliability.Http2Frames.DATA;
import static dev.gradwire.service.reliability.Http2Frames.END_HEADERS;
import static dev.gradwire.service.reliability.Http2Frames.END_STREAM;
import static dev.gradwire.service.reliability.Http2Frames.HEADERS;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.gradwire.service.TestServer;
import io.grpc.Status.Code;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Row F6: messages that are small until they are unpacked, and messages packed in ways that nobody knows. */
final class CompressionTest {
    private static final String RUN = "gradwire.v1.AutogradService/Run";
    private static final String SESSION = "gradwire.v1.AutogradService/Session";

    /** What one message may have, twice: as it comes out of the packing, and put together. */
    private static final long MAX_ALLOCATED_BYTES = 2 * (4 << 20) + (1 << 20);

    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** Zeros in the place of a field that nobody knows, packed: about a thousandth of their length. */
    private static byte[] bomb(int mebibytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(packed)) {
            byte[] zeros = new byte[1 << 20];
            // Field 1000, as long as all the rest.
            gzip.write(new byte[] {(byte) 0xc2, 0x3e});
            for (long rest = (long) mebibytes << 20; rest > 0; rest >>>= 7) {
                gzip.write((int) (rest & 0x7f | (rest >>> 7 > 0 ? 0x80 : 0)));
            }
            for (int i = 0; i < mebibytes; i++) {
                gzip.write(zeros);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return packed.toByteArray();
    }

    private static long allocatedBytes() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
                .filter(thread -> thread != null
                        && (thread.getThreadName().startsWith("grpc-")
                                || thread.getThreadName().startsWith("handler-")
                                || thread.getThreadName().startsWith("lane-")))
                .mapToLong(thread -> threads.getThreadAllocatedBytes(thread.getThreadId()))
                .sum();
    }

    /** The status that a message of these bytes ends with, marked as packed in that way. */
    private static Code answer(String method, String encoding, byte[] packed) {
        try (Http2Frames connection = Http2Frames.open(server.server.port())) {
            connection.frame(HEADERS, END_HEADERS, 1, connection.call(method, Map.of("grpc-encoding", encoding)));
            byte[] message = Http2Frames.message(1, packed.length, packed);
            for (int at = 0; at < message.length; at += 1 << 14) {
                boolean last = at + (1 << 14) >= message.length;
                connection.frame(
                        DATA,
                        last ? END_STREAM : 0,
                        1,
                        Arrays.copyOfRange(message, at, Math.min(message.length, at + (1 << 14))));
                connection.flush();
            }
            while (true) {
                Http2Headers headers =
                        connection.decode(connection.next(HEADERS, 20_000).orElseThrow());
                CharSequence status = headers.get("grpc-status");
                if (status != null) {
                    CharSequence text = headers.get("grpc-message");
                    Telltale.check(text == null ? "" : text.toString(), encoding);
                    return io.grpc.Status.fromCodeValue(Integer.parseInt(status.toString()))
                            .getCode();
                }
            }
        }
    }

    private static void isRefusedAtTheCostOfOneMessage(String method, int mebibytes) {
        byte[] bomb = bomb(mebibytes);
        assertThat(answer(method, "gzip", bomb)).isEqualTo(Code.RESOURCE_EXHAUSTED); // loads classes too
        long before = allocatedBytes();
        assertThat(answer(method, "gzip", bomb)).isEqualTo(Code.RESOURCE_EXHAUSTED);
        long allocated = allocatedBytes() - before;
        assertThat(allocated).isLessThan(MAX_ALLOCATED_BYTES);
        Figures.add(
                "F6",
                "%d KiB to %d MiB: %d KiB allocated".formatted(bomb.length >> 10, mebibytes, allocated >> 10),
                "one message: " + (MAX_ALLOCATED_BYTES >> 10) + " KiB",
                0);
        server.assertNothingHeld();
    }

    @Test
    void f6TenKibibytesToTenMebibytes() {
        isRefusedAtTheCostOfOneMessage(RUN, 10);
    }

    @Test
    void f6OneMebibyteToOneGibibyte() {
        isRefusedAtTheCostOfOneMessage(RUN, 1 << 10);
    }

    @Test
    void f6InASession() {
        isRefusedAtTheCostOfOneMessage(SESSION, 10);
    }

    @Test
    void f6UnknownEncodings() {
        for (String encoding : new String[] {"snappy", "br", "zstd", "deflate", "x".repeat(1_000)}) {
            assertThat(answer(RUN, encoding, new byte[] {1, 2, 3})).isEqualTo(Code.UNIMPLEMENTED);
        }
        Figures.add("F6 unknown encodings", "5 of 5 UNIMPLEMENTED", "all", 0);
    }
}
