package dev.gradwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client does by itself about servers that are unavailable or slow; real connections, no numbers. */
final class ResilienceTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    @AfterEach
    void close() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    /** A service behind a port, where each call of it may be refused before it is seen. */
    private final class Replica implements ServerInterceptor {
        private final FakeServer service = new FakeServer();
        private final HealthStatusManager health = new HealthStatusManager();
        private final AtomicInteger attempts = new AtomicInteger();
        private final Server server;
        private volatile BooleanSupplier refuses = () -> false;

        Replica() {
            try {
                server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                        .addService(ServerInterceptors.intercept(service, this))
                        .addService(health.getHealthService())
                        .build()
                        .start();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            serves(true);
            open.push(() -> {
                server.shutdownNow();
                service.close();
            });
        }

        void serves(boolean on) {
            health.setStatus("gradwire.v1.AutogradService", on ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
        }

        InetSocketAddress address() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort());
        }

        Gradwire client(Resilience resilience) {
            return ResilienceTest.this.client("localhost:" + server.getPort(), resilience);
        }

        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            attempts.incrementAndGet();
            if (refuses.getAsBoolean()) {
                call.close(Status.UNAVAILABLE, new Metadata());
                return new ServerCall.Listener<>() {};
            }
            return next.startCall(call, headers);
        }
    }

    private Gradwire client(String target, Resilience resilience) {
        Gradwire client =
                Gradwire.builder(target).deadline(LONG).resilience(resilience).build();
        open.push(client);
        return client;
    }

    private static void call(Gradwire client, int elements) {
        client.tensor(new float[elements]).exp().data();
    }

    /** Row L8, for calls of one message and for what goes in chunks. */
    @ParameterizedTest
    @CsvSource({"1, 400", "262145, 160"})
    void attemptsStayNearCallsWhereHalfAreUnavailable(int elements, int calls) {
        Replica replica = new Replica();
        Random random = new Random(8);
        replica.refuses = () -> {
            synchronized (random) {
                return random.nextBoolean();
            }
        };
        Gradwire client = replica.client(Resilience.defaults().throttle(calls / 8, 0.2));

        List<Integer> attempts = new ArrayList<>();
        int answered = 0;
        for (int half = 0; half < 2; half++) {
            int before = replica.attempts.get();
            for (int i = 0; i < calls / 2; i++) {
                try {
                    call(client, elements);
                    answered++;
                } catch (UnavailableException e) {
                    // Half of the calls that are not tried again.
                }
            }
            attempts.add(replica.attempts.get() - before);
        }

        assertThat(attempts.getFirst() + attempts.getLast()).isBetween(calls, calls * 5 / 4);
        assertThat(attempts.getLast()).as("no growth").isLessThanOrEqualTo(attempts.getFirst());
        assertThat(answered).isBetween(calls / 4, calls * 3 / 4);
    }

    /** The largest is as long as what goes in one message. */
    @ParameterizedTest
    @ValueSource(ints = {1, 262_000, 262_145})
    void callsAreTriedAgain(int elements) {
        Replica replica = new Replica();
        Gradwire client = replica.client(Resilience.defaults());
        AtomicInteger refusals = new AtomicInteger(3);
        replica.refuses = () -> refusals.getAndDecrement() > 0;

        call(client, elements);
        assertThat(replica.attempts).hasValue(4);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 262_145})
    void oneAttemptIsOne(int elements) {
        Replica replica = new Replica();
        Gradwire client = replica.client(Resilience.defaults().attempts(1));
        replica.refuses = () -> true;

        assertThatExceptionOfType(UnavailableException.class).isThrownBy(() -> call(client, elements));
        assertThat(replica.attempts).hasValue(1);
    }

    @Test
    void slowCallsAreHedged() throws Exception {
        Replica replica = new Replica();
        replica.service.silent = true;
        Gradwire client = replica.client(Resilience.defaults().hedging(2, Duration.ofMillis(200)));
        CompletableFuture<Void> answer = CompletableFuture.runAsync(() -> call(client, 1));
        assertThat(replica.service.arrived.await(20, TimeUnit.SECONDS)).isTrue();
        replica.service.silent = false;

        answer.get(20, TimeUnit.SECONDS);
        assertThat(replica.service.cancelled.await(20, TimeUnit.SECONDS))
                .as("the slow one is given up")
                .isTrue();
    }

    @Test
    void callsWaitForAServer() throws Exception {
        Replica replica = new Replica();
        replica.serves(false);
        Gradwire hasty = replica.client(Resilience.defaults().attempts(1));
        assertThatExceptionOfType(UnavailableException.class).isThrownBy(() -> call(hasty, 1));

        Gradwire patient = replica.client(Resilience.defaults().attempts(1).waitForReady(true));
        CompletableFuture<Void> small = CompletableFuture.runAsync(() -> call(patient, 1));
        CompletableFuture<Void> large = CompletableFuture.runAsync(() -> call(patient, 262_145));
        Thread.sleep(200);
        assertThat(small).isNotDone();
        assertThat(large).isNotDone();
        assertThat(replica.attempts).hasValue(0);
        replica.serves(true);
        small.get(20, TimeUnit.SECONDS);
        large.get(20, TimeUnit.SECONDS);
    }

    @Test
    void callsGoToHealthyServersInTurn() {
        List<Replica> replicas = List.of(new Replica(), new Replica(), new Replica());
        NameResolverProvider addresses =
                new Addresses(replicas.stream().map(Replica::address).toList());
        NameResolverRegistry.getDefaultRegistry().register(addresses);
        open.push(() -> NameResolverRegistry.getDefaultRegistry().deregister(addresses));
        replicas.getLast().serves(false);
        Gradwire client = client("replicas:///", Resilience.defaults().waitForReady(true));

        // The first calls may come before the second connection.
        for (int i = 0;
                i < 2_000
                        && (i < 20
                                || replicas.get(0).attempts.get()
                                                * replicas.get(1).attempts.get()
                                        == 0);
                i++) {
            call(client, 1);
        }
        assertThat(replicas).extracting(replica -> replica.attempts.get() > 0).containsExactly(true, true, false);
    }

    /** Resolves {@code replicas:///}. */
    private static final class Addresses extends NameResolverProvider {
        private final List<InetSocketAddress> all;

        Addresses(List<InetSocketAddress> all) {
            this.all = all;
        }

        @Override
        protected boolean isAvailable() {
            return true;
        }

        @Override
        protected int priority() {
            return 5;
        }

        @Override
        public String getDefaultScheme() {
            return "replicas";
        }

        @Override
        public NameResolver newNameResolver(URI target, NameResolver.Args args) {
            return new NameResolver() {
                @Override
                public String getServiceAuthority() {
                    return "replicas";
                }

                @Override
                public void start(Listener2 listener) {
                    List<EquivalentAddressGroup> groups =
                            all.stream().map(EquivalentAddressGroup::new).toList();
                    listener.onResult(ResolutionResult.newBuilder()
                            .setAddressesOrError(StatusOr.fromValue(groups))
                            .setAttributes(Attributes.EMPTY)
                            .build());
                }

                @Override
                public void shutdown() {}
            };
        }
    }

    @Test
    void settingsAreChecked() {
        Resilience defaults = Resilience.defaults();
        Duration second = Duration.ofSeconds(1);
        rejected("attempts must be 1 to 5, but is 0", () -> defaults.attempts(0));
        rejected("attempts must be 1 to 5, but is 6", () -> defaults.attempts(6));
        rejected("tokens must be 1 to 1000, but is 0", () -> defaults.throttle(0, 0.2));
        rejected("tokens must be 1 to 1000, but is 1001", () -> defaults.throttle(1001, 0.2));
        rejected("ratio must be 0.001 to 1, but is 0.0", () -> defaults.throttle(10, 0));
        rejected("ratio must be 0.001 to 1, but is NaN", () -> defaults.throttle(10, Double.NaN));
        rejected("hedging attempts must be 1 to 5, but is 6", () -> defaults.hedging(6, second));
        rejected("hedging delay must not be negative, but is PT-1S", () -> defaults.hedging(2, second.negated()));
        rejected("keepalive time must be 10 seconds or more", () -> defaults.keepAlive(second, second));
        rejected("keepalive timeout must be above zero", () -> defaults.keepAlive(LONG, Duration.ZERO));
    }

    private static void rejected(String message, Runnable setting) {
        assertThatIllegalArgumentException().isThrownBy(setting::run).withMessageContaining(message);
    }

    /** Each must be one that a channel takes. */
    @Test
    void settingsMakeChannels() {
        Resilience defaults = Resilience.defaults();
        for (Resilience each : List.of(
                defaults,
                defaults.attempts(1),
                defaults.attempts(5).throttle(1000, 0.001),
                defaults.throttle(1, 1),
                defaults.hedging(5, Duration.ZERO),
                defaults.hedging(2, Duration.ofNanos(1)),
                defaults.keepAlive(Duration.ZERO, LONG),
                defaults.keepAlive(Duration.ofSeconds(10), Duration.ofDays(1)))) {
            Replica replica = new Replica();
            call(replica.client(each), 1);
            assertThat(replica.attempts.get()).isPositive();
        }
    }
}
