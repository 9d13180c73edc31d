package dev.gradwire.service.telemetry;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.ChannelzService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Channelz, with reflection so that tools find its way, for whoever is on this machine: never on the main port. */
final class ChannelzServer implements AutoCloseable {
    private static final int PAGE = 100;

    private final Server server;

    private ChannelzServer(Server server) {
        this.server = server;
    }

    /** @throws IOException when the port cannot be had */
    static ChannelzServer start(int port) throws IOException {
        return new ChannelzServer(
                NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                        .directExecutor()
                        .addService(ChannelzService.newInstance(PAGE))
                        .addService(ProtoReflectionServiceV1.newInstance())
                        .build()
                        .start());
    }

    @Override
    public void close() {
        server.shutdownNow();
    }
}
