package dev.gradwire.service;

import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.runtime.Lanes;
import dev.gradwire.service.security.Authentication;
import dev.gradwire.service.security.Policy;
import dev.gradwire.service.security.TlsSettings;
import dev.gradwire.service.telemetry.Telemetry;
import dev.gradwire.v1.AutogradServiceGrpc;
import io.grpc.Context;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server: the autograd service with health and reflection on one port. Serves from the end of {@link #start} to
 * {@link #close}, which lets calls in flight finish.
 */
public final class GradwireServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GradwireServer.class);
    private static final Duration SELF_TEST_INTERVAL = Duration.ofSeconds(1);
    private static final Duration LAST_CALLS = Duration.ofMillis(500);
    private static final Duration LOOK_INTERVAL = Duration.ofMillis(250);

    private final ServerConfig config;
    private final Resources resources;
    private final HealthStatusManager health = new HealthStatusManager();
    private final InFlight inFlight = new InFlight();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("self-test").factory());
    private final ScheduledExecutorService tests = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("engine-test").factory());
    private final ExecutorService warmUp = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("warm-up").factory());
    private final Telemetry telemetry;
    private final AutogradService service;
    private final Server server;
    private volatile boolean ready;
    private final CompletableFuture<Void> lost = new CompletableFuture<>();

    private GradwireServer(ServerConfig config) throws IOException {
        this.config = config;
        Limits limits = config.limits();
        telemetry = Telemetry.open(config.telemetry(), ServerInfo.version());
        Engine engine = Engine.open(new EngineSettings(config.threads(), EngineSettings.DEFAULT.maxCachedSteps())
                .withMaxValues(limits.getInt(Limit.MAX_GRAPH_VALUES)));
        Lanes lanes = new Lanes(config.lanes());
        resources = new Resources(
                engine,
                limits,
                lanes,
                new Admission(lanes, limits),
                new Budget(limits),
                new ProgramCache(limits.get(Limit.MAX_PROGRAM_CACHE_BYTES)),
                telemetry.metrics(),
                new CopyCounts());
        service = new AutogradService(resources);
        Gauges.observe(telemetry, resources, service.sessions(), () -> ready);
        server = server();
        Policy.requireComplete(server.getServices());
    }

    private Server server() throws IOException {
        TlsSettings tls = config.tls();
        NettyServerBuilder builder = NettyServerBuilder.forAddress(new InetSocketAddress(config.host(), config.port()));
        if (tls != null) {
            builder.sslContext(context(tls));
        }
        boolean certificates = tls != null && tls.clientAuthorities() != null;
        ConnectionLimits.apply(config.limits(), builder)
                .directExecutor()
                .addService(ServerInterceptors.intercept(Guard.of(service, config.limits()), inFlight))
                .addService(health.getHealthService())
                .addService(ProtoReflectionServiceV1.newInstance())
                .intercept(new Authentication(certificates, config.tokens(), GradwireServer::unauthenticated));
        telemetry.configure(builder);
        return builder.build();
    }

    private SslContext context(TlsSettings tls) throws IOException {
        try {
            return tls.context(watch);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("the certificates cannot be used: " + e.getMessage(), e);
        }
    }

    private static StatusRuntimeException unauthenticated(boolean withToken) {
        String text = withToken ? "the bearer token is not valid here" : "the call needs a bearer token";
        return Errors.toException(new Refusal(Problem.UNAUTHENTICATED, text), Context.current());
    }

    /**
     * Opens the engine, tests it and listens; returns when the server says SERVING. For the time of {@link
     * ServerConfig#warmUp} after that it goes on running the graphs of its test, in the background.
     *
     * @throws IOException when the port cannot be had, or a certificate or key cannot be read
     * @throws SelfTestException when the engine does not compute what it should
     * @throws dev.gradwire.kernel.DeviceUnavailableException when the native library cannot be loaded
     */
    public static GradwireServer start(ServerConfig config) throws IOException {
        return start(config, SelfTestGraph.all());
    }

    /** @param graphs to test it with */
    static GradwireServer start(ServerConfig config, List<SelfTestGraph> graphs) throws IOException {
        GradwireServer server = new GradwireServer(config);
        server.setStatus(ServingStatus.NOT_SERVING);
        server.warmUp(graphs); // before anybody can call
        server.listen();
        EngineWatch engine = new EngineWatch(new Readiness(server.resources.engine())::isReady);
        engine.test();
        server.look(engine);
        repeat(server.tests, SELF_TEST_INTERVAL, engine::test);
        repeat(server.watch, LOOK_INTERVAL, () -> server.look(engine));
        return server;
    }

    private void listen() throws IOException {
        try {
            telemetry.listen(() -> ready && !closing.get());
            server.start();
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** The first round shows that the engine computes; those in the background only make it faster. */
    private void warmUp(List<SelfTestGraph> graphs) {
        if (config.warmUp().isZero()) {
            return;
        }
        SelfTest test = new SelfTest(config.threads(), graphs);
        try {
            test.run();
        } catch (SelfTestException e) {
            test.close();
            close();
            throw e;
        }
        warmUp.execute(() -> {
            try (test) {
                test.runFor(config.warmUp());
            } catch (SelfTestException | UncheckedIOException e) {
                if (!closing.get()) {
                    LOG.error("the warm-up ended early", e);
                }
            }
        });
    }

    private static void repeat(ScheduledExecutorService thread, Duration pause, Runnable work) {
        var _ = thread.scheduleWithFixedDelay(work, pause.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void look(EngineWatch engine) {
        EngineWatch.State state = engine.state();
        ready = state == EngineWatch.State.READY;
        resources.admission().setOpen(ready);
        service.sessions().cutStalled();
        if (!closing.get()) {
            setStatus(ready ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
        }
        if (state == EngineWatch.State.LOST) {
            lost.complete(null);
        }
    }

    /** Done when the engine computes no more, and will not again in this process. */
    CompletableFuture<Void> lost() {
        return lost;
    }

    private void setStatus(ServingStatus status) {
        health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
        health.setStatus(AutogradServiceGrpc.SERVICE_NAME, status);
    }

    /** The port it listens on. */
    public int port() {
        return server.getPort();
    }

    /** The full names of the methods that it serves. */
    public Set<String> methods() {
        return server.getServices().stream()
                .flatMap(service -> service.getMethods().stream())
                .map(method -> method.getMethodDescriptor().getFullMethodName())
                .collect(Collectors.toSet());
    }

    Resources resources() {
        return resources;
    }

    Sessions sessions() {
        return service.sessions();
    }

    /** Says NOT_SERVING, refuses new calls, waits for those in flight at the most for the time of grace. */
    @Override
    public void close() {
        if (closing.getAndSet(true)) {
            return;
        }
        watch.shutdownNow();
        tests.shutdownNow();
        warmUp.shutdownNow();
        health.enterTerminalState();
        try {
            Thread.sleep(config.drainDelay());
            server.shutdown();
            telemetry.drain();
            service.sessions().drain();
            // Clients may have sent further calls before they heard that there will be no more.
            boolean answered = inFlight.awaitNone(config.grace())
                    && (server.awaitTermination(LAST_CALLS.toMillis(), TimeUnit.MILLISECONDS)
                            || inFlight.awaitNone(config.grace()));
            if (!answered) {
                LOG.warn("calls were still in flight when the time of grace was over");
            }
            server.shutdownNow();
            server.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            server.shutdownNow();
        }
        resources.lanes().close();
        resources.engine().close();
        telemetry.close();
    }
}
