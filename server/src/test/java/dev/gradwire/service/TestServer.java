package dev.gradwire.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.AutogradServiceGrpc.AutogradServiceBlockingStub;
import dev.gradwire.v1.AutogradServiceGrpc.AutogradServiceStub;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.time.Duration;

/** A server on a free port with a channel to it, and the same service a second time without a network. */
public final class TestServer implements AutoCloseable {
    /** One thread a kernel: tests share their machine. */
    public static final ServerConfig CONFIG = ServerConfig.DEFAULT.withThreads(1);

    public final GradwireServer server;
    public final ManagedChannel channel;
    private final Server inProcess;
    private final ManagedChannel inProcessChannel;

    public TestServer(ServerConfig config) throws IOException {
        server = GradwireServer.start(config);
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .build();
        String name = "in-process-" + server.port();
        inProcess = InProcessServerBuilder.forName(name)
                .addService(Guard.of(new AutogradService(server.resources()), config.limits()))
                .build()
                .start();
        inProcessChannel = InProcessChannelBuilder.forName(name).build();
    }

    public static TestServer start() throws IOException {
        return new TestServer(CONFIG);
    }

    public AutogradServiceBlockingStub stub() {
        return AutogradServiceGrpc.newBlockingStub(channel);
    }

    public AutogradServiceBlockingStub inProcessStub() {
        return AutogradServiceGrpc.newBlockingStub(inProcessChannel);
    }

    public AutogradServiceStub async() {
        return AutogradServiceGrpc.newStub(channel);
    }

    Resources resources() {
        return server.resources();
    }

    /** Parts of the tensor memory that are held. */
    public long leases() {
        return resources().budget().leases();
    }

    /** Waits until no call holds memory any more. */
    public void assertNothingHeld() {
        eventually("leases", () -> resources().budget().leases() == 0);
        eventually(
                "used bytes",
                () -> resources().budget().freeBytes() == resources().budget().totalBytes());
        eventually("tensors", () -> resources().engine().liveTensors() == 0);
        eventually("sessions", () -> server.sessions().count() == 0);
    }

    public interface Condition {
        boolean holds();
    }

    /** Waits at most 10 seconds. */
    public static void eventually(String what, Condition condition) {
        eventually(what, 10, condition);
    }

    /** Waits at most as long. */
    public static void eventually(String what, int seconds, Condition condition) {
        long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        while (!condition.holds() && System.nanoTime() < end) {
            try {
                Thread.sleep(2);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        assertThat(condition.holds()).as(what).isTrue();
    }

    @Override
    public void close() {
        channel.shutdownNow();
        inProcessChannel.shutdownNow();
        inProcess.shutdownNow();
        server.close();
    }
}
