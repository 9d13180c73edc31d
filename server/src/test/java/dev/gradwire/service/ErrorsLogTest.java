package dev.gradwire.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** One line for each failure that is the server's fault, none above a warning for what a client does. */
final class ErrorsLogTest {
    private static List<String> levels(Throwable failure, boolean cancelled) {
        List<String> levels = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                levels.add(record.getLevel().getName());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger log = Logger.getLogger(Errors.class.getName());
        log.addHandler(handler);
        try (CancellableContext context = Context.ROOT.withCancellation()) {
            if (cancelled) {
                context.cancel(null);
            }
            Errors.toException(failure, context);
        } finally {
            log.removeHandler(handler);
        }
        return levels;
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(new IllegalStateException("ours"), false, List.of("SEVERE")),
                Arguments.of(new StackOverflowError(), false, List.of("SEVERE")),
                Arguments.of(new OutOfMemoryError("ours"), false, List.of("SEVERE")),
                Arguments.of(new IllegalStateException("call already closed"), true, List.of("WARNING")),
                Arguments.of(new Refusal(Problem.CANCELLED), false, List.of()),
                Arguments.of(new Refusal(Problem.CANCELLED), true, List.of()),
                Arguments.of(new Refusal(Problem.DRAINING), false, List.of()),
                Arguments.of(new GraphException(Reason.CYCLE, "theirs"), false, List.of()),
                Arguments.of(new ArithmeticException("overflow"), false, List.of()));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void areLoggedByWhoseFaultTheyAre(Throwable failure, boolean cancelled, List<String> levels) {
        assertThat(levels(failure, cancelled)).isEqualTo(levels);
    }

    @Test
    void aGoneClientIsNotAnInternalError() {
        try (CancellableContext context = Context.ROOT.withCancellation()) {
            context.cancel(null);
            assertThat(Errors.refusal(new IllegalStateException(), context).reason())
                    .isEqualTo(Problem.CANCELLED.name());
        }
    }
}
