package dev.gradwire.service.reliability;

import static dev.gradwire.service.reliability.Http2Frames.DATA;
import static dev.gradwire.service.reliability.Http2Frames.END_HEADERS;
import static dev.gradwire.service.reliability.Http2Frames.END_STREAM;
import static dev.gradwire.service.reliability.Http2Frames.ENHANCE_YOUR_CALM;
import static dev.gradwire.service.reliability.Http2Frames.HEADERS;
import static dev.gradwire.service.reliability.Http2Frames.PING;
import static dev.gradwire.service.reliability.Http2Frames.RST_STREAM;
import static dev.gradwire.service.reliability.Http2Frames.WINDOW_UPDATE;
import static dev.gradwire.service.reliability.Http2Frames.ints;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.service.TestServer;
import dev.gradwire.service.Wire;
import dev.gradwire.v1.RunRequest;
import java.io.IOException;
import java.util.Map;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Connections that open and reset streams, or ask for signs of life, without end. */
final class ResetAttacksTest {
    private static final String RUN = "gradwire.v1.AutogradService/Run";
    private static final int CANCEL = 8;
    private static final int ATTEMPTS = 20_000;
    private static final long MAX_MILLIS = 10_000;

    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static byte[] request() {
        return Http2Frames.message(RunRequest.newBuilder()
                .setProgram(Wire.program(Wire.squares(3)))
                .addInputs(Wire.named("x", Wire.vector(1, 2, 3)))
                .build()
                .toByteArray());
    }

    /**
     * Does the same on stream after stream until the server ends the connection, beside a client that does nothing wrong.
     *
     * @param attack of a stream, whose header block it gets
     */
    private static void endsWithCalm(String row, BiConsumer<Http2Frames, Integer> attack) {
        try (Neighbour neighbour = new Neighbour(server.server.port());
                Http2Frames connection = Http2Frames.open(server.server.port())) {
            Pause.millis(500);
            double before = neighbour.p99Millis();
            long begun = System.nanoTime();
            int streams = 0;
            while (streams < ATTEMPTS && !connection.isClosed()) {
                attack.accept(connection, 1 + 2 * streams++);
                if (streams % 10 == 0) {
                    connection.flush();
                }
            }
            connection.flush();
            boolean closed = connection.closesWithin(MAX_MILLIS);
            long millis = (System.nanoTime() - begun) / 1_000_000;
            double during = neighbour.p99Millis();
            assertThat(closed).as("closed after %s streams", streams).isTrue();
            TestServer.eventually("GOAWAY", () -> connection.goAway().isPresent());
            assertThat(connection.goAway().orElseThrow().code()).isEqualTo(ENHANCE_YOUR_CALM);
            assertThat(neighbour.failures()).isEmpty();
            Figures.add(row, "closed after " + millis + " ms, " + streams + " streams", MAX_MILLIS + " ms", 0);
            Figures.add(row, "others' p99 %.1f ms, %.1f before".formatted(during, before), "no failed call", 0);
        }
        // Only now does the neighbour hold nothing either.
        server.assertNothingHeld();
    }

    @Test
    void h1RapidReset() {
        byte[] request = request();
        endsWithCalm("H1 rapid reset", (connection, stream) -> {
            connection.frame(HEADERS, END_HEADERS, stream, connection.call(RUN, Map.of()));
            connection.frame(DATA, END_STREAM, stream, request);
            connection.frame(RST_STREAM, 0, stream, ints(CANCEL));
        });
    }

    /** The server is made to reset the streams itself, which its limit for resets that it receives does not see. */
    @Test
    void h1MadeYouResetByWindow() {
        byte[] request = request();
        endsWithCalm("H1 MadeYouReset by WINDOW_UPDATE of 0", (connection, stream) -> {
            connection.frame(HEADERS, END_HEADERS, stream, connection.call(RUN, Map.of()));
            connection.frame(DATA, END_STREAM, stream, request);
            connection.frame(WINDOW_UPDATE, 0, stream, ints(0));
        });
    }

    @Test
    void h1MadeYouResetByOverflow() {
        endsWithCalm("H1 MadeYouReset by WINDOW_UPDATE past 2^31", (connection, stream) -> {
            connection.frame(HEADERS, END_HEADERS, stream, connection.call(RUN, Map.of()));
            connection.frame(WINDOW_UPDATE, 0, stream, ints(Integer.MAX_VALUE));
        });
    }

    @Test
    void h1MadeYouResetByDataAfterTheEnd() {
        byte[] request = request();
        endsWithCalm("H1 MadeYouReset by DATA after END_STREAM", (connection, stream) -> {
            connection.frame(HEADERS, END_HEADERS, stream, connection.call(RUN, Map.of()));
            connection.frame(DATA, END_STREAM, stream, request);
            connection.frame(DATA, 0, stream, request);
        });
    }

    @Test
    void h4HalfCloseAndReset() {
        endsWithCalm("H4 half-close and reset", (connection, stream) -> {
            connection.frame(HEADERS, END_HEADERS | END_STREAM, stream, connection.call(RUN, Map.of()));
            connection.frame(RST_STREAM, 0, stream, ints(CANCEL));
        });
    }

    @Test
    void h4PingFlood() {
        endsWithCalm("H4 ping flood", (connection, stream) -> connection.frame(PING, 0, 0, ints(stream, stream)));
    }
}
