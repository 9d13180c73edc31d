package dev.gradwire.cli.bench.service;

import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * The far end of what the server is compared with: a gRPC server that sends each request back as it came, on gRPC's
 * event loop, which is the fastest there is; and a bare socket. Runs until its input ends.
 */
@Command(name = "bench-peer", hidden = true, description = "Used by bench --service.")
public final class Peer implements Callable<Integer> {
    @Override
    public Integer call() throws IOException {
        Server echo = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .directExecutor()
                .addService(ServerServiceDefinition.builder("gradwire.v1.AutogradService")
                        .addMethod(Bytes.METHOD, ServerCalls.asyncUnaryCall((request, observer) -> {
                            observer.onNext(request);
                            observer.onCompleted();
                        }))
                        .build())
                .build()
                .start();
        try (RawSocket.Listener raw = RawSocket.listen()) {
            System.out.println("ready " + raw.port() + ":" + echo.getPort());
            while (System.in.read() >= 0) {
                // Until it ends.
            }
        }
        echo.shutdownNow();
        return 0;
    }
}
