package dev.gradwire.cli.soak;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** A network on this machine with the faults that it is told, between clients and one server. */
final class FaultProxy implements AutoCloseable {
    private static final int PIECE_BYTES = 16 << 10;
    private static final int PIECES_ON_THE_WAY = 256;

    /**
     * What is wrong with it.
     *
     * @param latencyMillis of each piece
     * @param jitterMillis by which the latency differs, up or down; pieces stay in order
     * @param resetShare of pieces after which the connection is reset
     * @param bytesPerSecond of a connection; 0 for no bound
     * @param stallShare of pieces of replies before which the connection stands still
     * @param stallMillis for as long
     */
    record Faults(
            int latencyMillis,
            int jitterMillis,
            double resetShare,
            int bytesPerSecond,
            double stallShare,
            int stallMillis) {
        static final Faults NONE = new Faults(0, 0, 0, 0, 0, 0);
    }

    private record Piece(ByteBuffer bytes, int length, long dueNanos) {}

    private final ServerSocket listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final int serverPort;
    private final Random random;
    private final Faults faults;
    private final AtomicLong resets = new AtomicLong();

    FaultProxy(int serverPort, Faults faults, Random random) throws IOException {
        this.serverPort = serverPort;
        this.faults = faults;
        this.random = random;
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    long resets() {
        return resets.get();
    }

    /** Resets all connections: what a server sees of clients that are killed. */
    void cut() {
        sockets.forEach(FaultProxy::reset);
        sockets.clear();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
                for (Socket each : new Socket[] {client, server}) {
                    each.setTcpNoDelay(true);
                    sockets.add(each);
                }
                pump(client, server, false);
                pump(server, client, true);
            } catch (IOException e) {
                if (!listener.isClosed()) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private void pump(Socket from, Socket to, boolean replies) {
        BlockingQueue<Piece> way = new ArrayBlockingQueue<>(PIECES_ON_THE_WAY);
        Thread.ofVirtual().start(() -> {
            try {
                read(from.getInputStream(), way);
            } catch (IOException | InterruptedException e) {
                close(from, to);
            }
        });
        Thread.ofVirtual().start(() -> {
            try {
                write(way, replies, from, to);
            } catch (IOException | InterruptedException e) {
                close(from, to);
            }
        });
    }

    private void read(InputStream in, BlockingQueue<Piece> way) throws IOException, InterruptedException {
        while (true) {
            byte[] bytes = new byte[PIECE_BYTES];
            int length = in.read(bytes);
            Faults now = faults;
            long latency = (long) now.latencyMillis + (now.jitterMillis == 0 ? 0 : between(now.jitterMillis));
            way.put(new Piece(ByteBuffer.wrap(bytes), length, System.nanoTime() + latency * 1_000_000));
            if (length < 0) {
                return;
            }
        }
    }

    private int between(int most) {
        synchronized (random) {
            return random.nextInt(-most, most + 1);
        }
    }

    private boolean happens(double share) {
        synchronized (random) {
            return share > 0 && random.nextDouble() < share;
        }
    }

    private void write(BlockingQueue<Piece> way, boolean replies, Socket from, Socket to)
            throws IOException, InterruptedException {
        OutputStream out = to.getOutputStream();
        for (Piece piece = way.take(); piece.length >= 0; piece = way.take()) {
            sleepUntil(piece.dueNanos);
            Faults now = faults;
            if (happens(now.resetShare)) {
                resets.incrementAndGet();
                close(from, to);
                return;
            }
            if (replies && happens(now.stallShare)) {
                Thread.sleep(now.stallMillis);
            }
            byte[] bytes = new byte[piece.length];
            piece.bytes.get(0, bytes);
            out.write(bytes);
            if (now.bytesPerSecond > 0) {
                Thread.sleep(1000L * piece.length / now.bytesPerSecond);
            }
        }
        to.shutdownOutput();
    }

    private static void sleepUntil(long nanos) throws InterruptedException {
        long left = nanos - System.nanoTime();
        if (left > 0) {
            Thread.sleep(left / 1_000_000, (int) (left % 1_000_000));
        }
    }

    private void close(Socket... both) {
        for (Socket each : both) {
            sockets.remove(each);
            reset(each);
        }
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException _) {
            // It is gone already.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        cut();
    }
}
