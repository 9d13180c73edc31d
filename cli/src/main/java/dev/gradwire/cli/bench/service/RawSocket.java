package dev.gradwire.cli.bench.service;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * A tensor's bytes over a bare TCP socket, from memory to memory: what the network can do at the most. A transfer begins
 * with a byte that names its direction, and one that goes up ends with a byte back.
 */
final class RawSocket implements AutoCloseable {
    private static final byte UP = 1;
    private static final byte DOWN = 2;
    /** As much as one call to the system is given. */
    private static final int PIECE_BYTES = 1 << 20;

    private final SocketChannel channel;
    private final ByteBuffer memory;
    private final ByteBuffer one = ByteBuffer.allocateDirect(1);

    private RawSocket(SocketChannel channel, int bytes) throws IOException {
        this.channel = channel;
        channel.socket().setTcpNoDelay(true);
        memory = ByteBuffer.allocateDirect(bytes);
    }

    static RawSocket connect(int port, int bytes) throws IOException {
        RawSocket socket =
                new RawSocket(SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)), bytes);
        ByteBuffer head = ByteBuffer.allocate(Integer.BYTES).putInt(bytes).flip();
        socket.channel.write(head);
        return socket;
    }

    void up() throws IOException {
        signal(UP);
        write();
        await();
    }

    void down() throws IOException {
        signal(DOWN);
        read();
    }

    private void signal(byte what) throws IOException {
        one.clear().put(what).flip();
        channel.write(one);
    }

    /** The byte that comes; -1 at the end. */
    private int await() throws IOException {
        one.clear();
        return channel.read(one) < 0 ? -1 : one.flip().get();
    }

    private void write() throws IOException {
        for (int at = 0; at < memory.capacity(); ) {
            at += channel.write(memory.slice(at, Math.min(PIECE_BYTES, memory.capacity() - at)));
        }
    }

    private void read() throws IOException {
        for (int at = 0; at < memory.capacity(); ) {
            int count = channel.read(memory.slice(at, Math.min(PIECE_BYTES, memory.capacity() - at)));
            if (count < 0) {
                throw new IOException("the socket's other end is gone");
            }
            at += count;
        }
    }

    private void serve() throws IOException {
        for (int what = await(); what >= 0; what = await()) {
            if (what == UP) {
                read();
                signal(UP);
            } else {
                write();
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** Serves one connection after the other, on a thread of its own. */
    record Listener(ServerSocketChannel channel, int port) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    static Listener listen() throws IOException {
        ServerSocketChannel server =
                ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread.ofPlatform().daemon().name("raw").start(() -> serve(server));
        return new Listener(server, server.socket().getLocalPort());
    }

    private static void serve(ServerSocketChannel server) {
        try {
            while (server.isOpen()) {
                SocketChannel accepted = server.accept();
                ByteBuffer head = ByteBuffer.allocate(Integer.BYTES);
                while (head.hasRemaining() && accepted.read(head) >= 0) {
                    // Four bytes may come in parts.
                }
                try (RawSocket socket = new RawSocket(accepted, head.flip().getInt())) {
                    socket.serve();
                }
            }
        } catch (IOException e) {
            if (server.isOpen()) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
