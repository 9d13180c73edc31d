package dev.gradwire.service.reliability;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.Future;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Channels whose sockets a test can treat badly. */
final class Sockets implements AutoCloseable {
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

    /** A channel and the sockets that it has opened so far. */
    record Client(ManagedChannel channel, Queue<SocketChannel> sockets) implements AutoCloseable {
        /** As a process that is killed: no frame says goodbye, and unread bytes make it a reset. */
        void kill() {
            sockets.forEach(socket -> {
                socket.config().setSoLinger(0);
                Future<?> _ = socket.close();
            });
            channel.shutdownNow();
        }

        /** Takes nothing from the network any more. */
        void stopReading() {
            sockets.forEach(socket -> socket.config().setAutoRead(false));
        }

        @Override
        public void close() {
            channel.shutdownNow();
        }
    }

    Client connect(int port) {
        Queue<SocketChannel> sockets = new ConcurrentLinkedQueue<>();
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
                .usePlaintext()
                .eventLoopGroup(loops)
                .channelFactory(() -> {
                    SocketChannel socket = new NioSocketChannel();
                    sockets.add(socket);
                    return socket;
                })
                .build();
        return new Client(channel, sockets);
    }

    @Override
    public void close() {
        Future<?> _ = loops.shutdownGracefully();
    }
}
