package dev.gradwire.service.reliability;

import static dev.gradwire.service.reliability.Http2Frames.CONTINUATION;
import static dev.gradwire.service.reliability.Http2Frames.END_HEADERS;
import static dev.gradwire.service.reliability.Http2Frames.HEADERS;
import static dev.gradwire.service.reliability.Http2Frames.REFUSED_STREAM;
import static dev.gradwire.service.reliability.Http2Frames.RST_STREAM;
import static dev.gradwire.service.reliability.Http2Frames.setting;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.gradwire.service.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Connections that send headers without end, headers that grow when unpacked, and more streams than they may. */
final class HeaderAttacksTest {
    private static final String RUN = "gradwire.v1.AutogradService/Run";
    private static final long MAX_ALLOCATED_BYTES = 16 << 20;
    private static final int MAX_STREAMS = 128;
    private static final long MAX_MILLIS = 10_000;
    private static final int INITIAL_WINDOW = 4;

    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start();
        try (Neighbour warm = new Neighbour(server.server.port())) {
            Pause.millis(300);
            assertThat(warm.failures()).isEmpty();
        }
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** What the threads that may work for a connection have allocated so far: event loops and handlers. */
    private static long allocatedBytes() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.dumpAllThreads(false, false))
                .filter(thread -> thread.getThreadName().startsWith("grpc-")
                        || thread.getThreadName().startsWith("handler-"))
                .mapToLong(thread -> threads.getThreadAllocatedBytes(thread.getThreadId()))
                .sum();
    }

    /** Attacks until the server ends the connection, which it must do soon and at little cost. */
    private static void endsCheaply(String row, byte[] settings, Consumer<Http2Frames> attack) {
        try (Neighbour neighbour = new Neighbour(server.server.port());
                Http2Frames connection = new Http2Frames(server.server.port(), true)) {
            connection.hello(settings);
            Pause.millis(300);
            double before = neighbour.p99Millis();
            long own = allocatedBytes();
            long begun = System.nanoTime();
            attack.accept(connection);
            connection.flush();
            boolean closed = connection.closesWithin(MAX_MILLIS);
            long millis = (System.nanoTime() - begun) / 1_000_000;
            long allocated = allocatedBytes() - own;
            double during = neighbour.p99Millis();
            assertThat(closed).isTrue();
            assertThat(allocated).isLessThan(MAX_ALLOCATED_BYTES);
            assertThat(neighbour.failures()).isEmpty();
            Figures.add(row, "closed after " + millis + " ms", MAX_MILLIS + " ms", 0);
            Figures.add(row, "others' p99 %.1f ms, %.1f before".formatted(during, before), "no failed call", 0);
            Figures.add(row, allocated / 1024 + " KiB allocated", "16 MiB a connection", 0);
        }
        // Only now does the neighbour hold nothing either.
        server.assertNothingHeld();
    }

    @Test
    void h2ContinuationFlood() {
        endsCheaply("H2 CONTINUATION flood", new byte[0], connection -> {
            connection.frame(HEADERS, 0, 1, connection.call(RUN, Map.of()));
            byte[] field = literal("x-" + "n".repeat(20), "v".repeat(200));
            for (int i = 0; i < 200_000 && !connection.isClosed(); i++) {
                connection.frame(CONTINUATION, 0, 1, field);
            }
        });
    }

    @Test
    void h2EmptyContinuations() {
        endsCheaply("H2 flood of empty CONTINUATION", new byte[0], connection -> {
            connection.frame(HEADERS, 0, 1, connection.call(RUN, Map.of()));
            for (int i = 0; i < 1_000_000 && !connection.isClosed(); i++) {
                connection.frame(CONTINUATION, 0, 1, new byte[0]);
            }
        });
    }

    /** One entry of the table, named again and again by one byte each, on stream after stream that nobody reads. */
    @Test
    void h2HpackBomb() {
        endsCheaply("H2 HPACK bomb, window 0", setting(INITIAL_WINDOW, 0), connection -> {
            byte[] start = connection.call(RUN, Map.of());
            byte[] entry = indexed("x-a", "v".repeat(3_900));
            byte[] references = new byte[12_000];
            Arrays.fill(references, (byte) (0x80 | 62));
            for (int i = 0; i < 5_000 && !connection.isClosed(); i++) {
                connection.frame(
                        HEADERS,
                        END_HEADERS,
                        1 + 2 * i,
                        Http2Frames.joined(start, i == 0 ? entry : new byte[0], references));
            }
        });
    }

    /** Literal without indexing: no table needed. */
    private static byte[] literal(String name, String value) {
        return field(0, name, value);
    }

    private static byte[] indexed(String name, String value) {
        return field(0x40, name, value);
    }

    private static byte[] field(int first, String name, String value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(first);
        for (String text : new String[] {name, value}) {
            int length = text.length();
            if (length < 127) {
                bytes.write(length);
            } else {
                bytes.write(127);
                length -= 127;
                while (length >= 128) {
                    bytes.write(length % 128 | 0x80);
                    length /= 128;
                }
                bytes.write(length);
            }
            bytes.writeBytes(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        }
        return bytes.toByteArray();
    }

    /** What is said of headers that are too large must not have those headers in it. */
    @Test
    void h2HeaderEcho() {
        try (Http2Frames connection = Http2Frames.open(server.server.port())) {
            Map<String, String> headers = new HashMap<>();
            for (int i = 0; i < 12; i++) {
                headers.put("x-secret-" + i, "s3cret".repeat(170));
            }
            connection.frame(HEADERS, END_HEADERS, 1, connection.call(RUN, headers));
            connection.flush();
            Optional<Http2Frames.Frame> answer = connection.next(HEADERS, 5_000);
            String text =
                    answer.map(frame -> connection.decode(frame).toString()).orElse("");
            assertThat(answer).isPresent();
            assertThat(text).hasSizeLessThan(1_000).doesNotContain("s3cret");
            Figures.add("H2 header-size echo", text.length() + " bytes back for 12 KiB", "1000 bytes", 0);
        }
    }

    /**
     * A client need not keep a limit that it may not know yet, but the server does: what is too much is refused, and a
     * client that goes on is sent away.
     */
    @Test
    void h3StreamsBeforeTheSettingsAreAcknowledged() {
        int streams = 10_000;
        int first = 1_000;
        try (Neighbour neighbour = new Neighbour(server.server.port());
                Http2Frames connection = new Http2Frames(server.server.port(), false)) {
            connection.hello(new byte[0]);
            int next = open(connection, 0, first);
            int refused = 0;
            for (var reset = connection.next(RST_STREAM, 500);
                    reset.isPresent();
                    reset = connection.next(RST_STREAM, 500)) {
                assertThat(reset.get().code()).isEqualTo(REFUSED_STREAM);
                refused++;
            }
            assertThat(first - refused).isEqualTo(MAX_STREAMS);
            open(connection, next, streams);
            TestServer.eventually(
                    "all answered",
                    () -> connection.isClosed() || connection.count(RST_STREAM) == streams - MAX_STREAMS);
            assertThat(neighbour.failures()).isEmpty();
            Figures.add("H3", first - refused + " of " + first + " streams open", MAX_STREAMS + " streams", 0);
        }
        server.assertNothingHeld();
    }

    private static int open(Http2Frames connection, int from, int to) {
        for (int i = from; i < to && !connection.isClosed(); i++) {
            connection.frame(HEADERS, END_HEADERS, 1 + 2 * i, connection.call(RUN, Map.of()));
        }
        connection.flush();
        return to;
    }
}
