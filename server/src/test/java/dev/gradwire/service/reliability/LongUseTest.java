package dev.gradwire.service.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.service.TestServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/**
 * M2 and M3, the short forms: mixed calls for some seconds leave a server as it was; and with all released memory
 * overwritten, no result is wrong. The long form is a row of {@code gradwire soak}.
 */
final class LongUseTest {
    private static final long SEED = 3;
    private static final int CALLERS = 3;
    private static final Duration WARM_UP = Duration.ofSeconds(8);
    private static final Duration USE = Duration.ofSeconds(15);
    private static final int POISONED_CALLS = 6_000;
    private static final int MOST_SECONDS = 120;
    /** Java still compiles, and the C library's heap settles; a tensor left by each session would be several times more. */
    private static final long GROWTH_BYTES = 128 << 20;

    /** Has the C library overwrite what it frees. */
    private static final Map<String, String> OVERWRITE = Map.of("MALLOC_PERTURB_", "165");

    private static final List<String> FIXED_HEAP = List.of("-Xms192m", "-Xmx192m", "-XX:+AlwaysPreTouch");

    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicInteger wrong = new AtomicInteger();

    private void use(ServerProcess server, BooleanSupplier goesOn) throws ExecutionException, InterruptedException {
        calls.set(0);
        try (Sockets sockets = new Sockets();
                ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
            List<Future<?>> futures = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                MixedCaller caller =
                        new MixedCaller(sockets.connect(server.port()).channel(), SEED + i);
                futures.add(callers.submit(() -> {
                    while (goesOn.getAsBoolean()) {
                        calls.incrementAndGet();
                        caller.call();
                    }
                    wrong.addAndGet(caller.wrong());
                }));
            }
            for (Future<?> future : futures) {
                future.get();
            }
        }
    }

    private static BooleanSupplier within(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        return () -> System.nanoTime() < end;
    }

    @Test
    void m2MixedCallsLeaveTheServerAsItWas() throws Exception {
        try (ServerProcess server = ServerProcess.start(FIXED_HEAP, "--max-resets-per-window=1000000")) {
            use(server, within(WARM_UP));
            settle(server);
            long memory = server.residentBytes();
            double threads = server.metric("jvm_thread_count");
            double descriptors = server.metric("process_unix_file_descriptor_count");
            use(server, within(USE));
            settle(server);
            long grown = server.residentBytes() - memory;

            Figures.add("M2", (grown >> 10) + " KiB grown in " + calls + " calls", "≤ 128 MiB", SEED);
            assertThat(wrong).hasValue(0);
            assertThat(grown).isLessThanOrEqualTo(GROWTH_BYTES);
            TestServer.eventually("threads", () -> server.metric("jvm_thread_count") <= threads + 2);
            TestServer.eventually(
                    "descriptors", () -> server.metric("process_unix_file_descriptor_count") <= descriptors + 2);
        }
    }

    private static void settle(ServerProcess server) {
        TestServer.eventually("leases", () -> server.leases() == 0);
        TestServer.eventually("sessions", () -> server.openSessions() == 0);
    }

    @Test
    void m3NobodyReadsWhatWasReleased() throws IOException, ExecutionException, InterruptedException {
        List<String> poisoned = List.of("-Xmx192m", "-Dgradwire.poison=true");
        try (ServerProcess server = ServerProcess.start(OVERWRITE, poisoned, "--max-resets-per-window=1000000")) {
            BooleanSupplier inTime = within(Duration.ofSeconds(MOST_SECONDS));
            long start = System.nanoTime();
            use(server, () -> calls.get() < POISONED_CALLS && inTime.getAsBoolean());
            long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);

            Figures.add("M3", wrong + " of " + calls + " results wrong (" + seconds + " s)", "0", SEED);
            assertThat(server.isAlive()).isTrue();
            assertThat(wrong).hasValue(0);
            assertThat(calls).hasValueGreaterThan(POISONED_CALLS / 2);
            settle(server);
        }
    }
}
