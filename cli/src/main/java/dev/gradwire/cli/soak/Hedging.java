package dev.gradwire.cli.soak;

import dev.gradwire.cli.soak.FaultProxy.Faults;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.EquivalentAddressGroup;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.NameResolver;
import io.grpc.NameResolver.ResolutionResult;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.StatusOr;
import io.grpc.netty.NettyChannelBuilder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/** L9: replies of two replicas are slow now and then; calls are hedged by service config, as they have no effects. */
final class Hedging implements Row {
    private static final double SLOW_SHARE = 0.05;
    private static final int SLOW_MILLIS = 250;
    /** So few calls on a connection that a late reply holds up no other. */
    private static final double RATE = 3.5;

    private static final int CHANNELS = 16;
    private static final double DEADLINE_SECONDS = 10;

    @Override
    public String id() {
        return "L9";
    }

    @Override
    public String fault() {
        return "5% of replies 250 ms late; hedged after 100 ms at two replicas";
    }

    @Override
    public int weight() {
        return 3;
    }

    @Override
    public void run(Trial trial) throws Exception {
        Faults faults = new Faults(0, 0, 0, 0, SLOW_SHARE, SLOW_MILLIS);
        try (ServerProcess first = ServerProcess.start(List.of("-Xmx256m"), "--threads=1");
                ServerProcess second = ServerProcess.start(List.of("-Xmx256m"), "--threads=1");
                FaultProxy one = new FaultProxy(first.port(), faults, trial.random());
                FaultProxy two = new FaultProxy(second.port(), faults, trial.random())) {
            trial.begin();
            double seconds = trial.left() / 2.2;
            Sum plain = calls(false, seconds, one, two);
            Sum hedged = calls(true, seconds, one, two);
            double freed = Math.max(first.settle(5), second.settle(5));

            double before = Load.quantile(plain.millis, 0.999);
            double after = Load.quantile(hedged.millis, 0.999);
            trial.note("calls", hedged.total, "");
            trial.note("p99.9 without hedging", before, "ms");
            trial.note("p99.9 with hedging", after, "ms");
            trial.atMost("ratio of p99.9", after / before, 0.7, "");
            trial.atMost("extra attempts", 100.0 * hedged.extra / hedged.total, 6, "%");
            trial.atMost("losers' memory free after", 1000 * freed, 100, "ms");
            trial.none("wrong or failed", hedged.failed);
        }
    }

    private record Sum(List<Double> millis, int total, int failed, long extra) {}

    private static Sum calls(boolean hedged, double seconds, FaultProxy... replicas) throws Exception {
        NameResolverProvider names = names(replicas);
        NameResolverRegistry.getDefaultRegistry().register(names);
        AtomicLong attempts = new AtomicLong();
        List<ManagedChannel> channels = new ArrayList<>();
        try (ExecutorService callers = Executors.newFixedThreadPool(CHANNELS)) {
            List<Load> loads = new ArrayList<>();
            for (int i = 0; i < CHANNELS; i++) {
                ManagedChannel channel = NettyChannelBuilder.forTarget(names.getDefaultScheme() + ":///replicas")
                        .usePlaintext()
                        .disableServiceConfigLookUp()
                        .defaultServiceConfig(config(hedged))
                        .build();
                channels.add(channel);
                loads.add(load(channel, attempts));
            }
            for (Load load : loads) {
                load.closed(1, 50, seconds / CHANNELS / 10);
            }
            attempts.set(0);
            List<Future<Load.Ends>> futures = new ArrayList<>();
            loads.forEach(load -> futures.add(callers.submit(() -> load.at(RATE, seconds))));
            List<Load.Ends> all = new ArrayList<>();
            for (Future<Load.Ends> future : futures) {
                all.add(future.get());
            }
            List<Double> millis = all.stream()
                    .flatMap(ends -> ends.goodMillis().stream())
                    .sorted()
                    .toList();
            int total = all.stream().mapToInt(Load.Ends::total).sum();
            int wrong = all.stream().mapToInt(Load.Ends::wrong).sum();
            return new Sum(millis, total, wrong + total - millis.size(), attempts.get() - total);
        } finally {
            channels.forEach(ManagedChannel::shutdownNow);
            NameResolverRegistry.getDefaultRegistry().deregister(names);
        }
    }

    private static Load load(ManagedChannel channel, AtomicLong attempts) {
        CallOptions options = CallOptions.DEFAULT.withStreamTracerFactory(new ClientStreamTracer.Factory() {
            @Override
            public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
                attempts.incrementAndGet();
                return new ClientStreamTracer() {};
            }
        });
        return new Load(
                channel, options, Requests.squares(4, 3), answer -> Requests.isSquares(answer, 4, 3), DEADLINE_SECONDS);
    }

    private static Map<String, Object> config(boolean hedged) {
        Map<String, Object> method = hedged
                ? Map.of(
                        "name",
                        List.of(Map.of("service", "gradwire.v1.AutogradService", "method", "Run")),
                        "hedgingPolicy",
                        Map.of(
                                "maxAttempts",
                                2.0,
                                "hedgingDelay",
                                "0.100s",
                                "nonFatalStatusCodes",
                                List.of("UNAVAILABLE")))
                : Map.of("name", List.of(Map.of("service", "gradwire.v1.AutogradService", "method", "Run")));
        return Map.of("methodConfig", List.of(method), "loadBalancingConfig", List.of(Map.of("round_robin", Map.of())));
    }

    /** A name that stands for the proxies. */
    private static NameResolverProvider names(FaultProxy... replicas) {
        List<EquivalentAddressGroup> addresses = Arrays.stream(replicas)
                .map(each -> new EquivalentAddressGroup(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), each.port())))
                .toList();
        return new NameResolverProvider() {
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
                return "soak";
            }

            @Override
            public NameResolver newNameResolver(URI target, NameResolver.Args args) {
                return new NameResolver() {
                    @Override
                    public String getServiceAuthority() {
                        return "localhost";
                    }

                    @Override
                    public void start(Listener2 listener) {
                        listener.onResult(ResolutionResult.newBuilder()
                                .setAddressesOrError(StatusOr.fromValue(addresses))
                                .build());
                    }

                    @Override
                    public void shutdown() {}
                };
            }
        };
    }
}
