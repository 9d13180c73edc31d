package dev.gradwire.service;

import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.AutogradServiceGrpc.AutogradServiceBlockingStub;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.RunResponse;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.UUID;

/**
 * A service on a port of the loopback interface and its only caller, both in this process. Nobody else may call: calls
 * need a secret that is made anew each time.
 */
final class LocalCalls implements AutoCloseable {
    private static final Metadata.Key<String> SECRET = Metadata.Key.of("secret", Metadata.ASCII_STRING_MARSHALLER);

    private final String secret = UUID.randomUUID().toString();
    private final Server server;
    private final ManagedChannel channel;
    private final AutogradServiceBlockingStub stub;

    /** @throws UncheckedIOException when there is no port */
    LocalCalls(Resources resources) {
        try {
            server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .addService(Guard.of(new AutogradService(resources), resources.limits()))
                    .intercept(new Doorkeeper())
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        channel = NettyChannelBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort()))
                .usePlaintext()
                .build();
        Metadata headers = new Metadata();
        headers.put(SECRET, secret);
        stub = AutogradServiceGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private final class Doorkeeper implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            if (secret.equals(headers.get(SECRET))) {
                return next.startCall(call, headers);
            }
            call.close(Status.UNAUTHENTICATED, new Metadata());
            return new ServerCall.Listener<>() {};
        }
    }

    /** Where it listens. */
    int port() {
        return server.getPort();
    }

    /** @throws io.grpc.StatusRuntimeException when the call fails */
    RunResponse run(RunRequest request) {
        return stub.run(request);
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
    }
}
