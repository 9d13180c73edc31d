package dev.gradwire.service.reliability;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * One HTTP/2 connection in plain text, frame by frame, right or wrong: what a client library would never send. A thread
 * of its own reads what comes back. Writing to a connection that the server has closed does nothing.
 */
final class Http2Frames implements AutoCloseable {
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int ACK = 1;
    static final int END_STREAM = 1;
    static final int END_HEADERS = 4;

    static final int ENHANCE_YOUR_CALM = 11;
    static final int REFUSED_STREAM = 7;

    private static final int KINDS = 10;
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    /** A frame as it came. */
    record Frame(int type, int flags, int stream, ByteString payload) {
        /** The error code of a RST_STREAM. */
        int code() {
            return payload.asReadOnlyByteBuffer().getInt();
        }
    }

    /** What a server says when it ends a connection. */
    record GoAway(int code, String text) {}

    private final Socket socket;
    private final OutputStream out;
    private final BlockingQueue<Frame> frames = new LinkedBlockingQueue<>();
    private final AtomicIntegerArray counts = new AtomicIntegerArray(KINDS);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false, 1 << 20);
    private final boolean acknowledge;
    private volatile GoAway goAway;

    /** A connection that says hello as it should. */
    static Http2Frames open(int port) {
        Http2Frames connection = new Http2Frames(port, true);
        connection.hello(new byte[0]);
        return connection;
    }

    /**
     * A connection on which nothing has been said.
     *
     * @param acknowledge whether SETTINGS of the server are answered
     */
    Http2Frames(int port, boolean acknowledge) {
        this.acknowledge = acknowledge;
        try {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads from now on, and sends the preface and SETTINGS of this payload. */
    void hello(byte[] settings) {
        try {
            out.write(PREFACE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        frame(SETTINGS, 0, 0, settings);
        flush();
        listen();
    }

    /** Reads from now on without having said hello. */
    void listen() {
        Thread.ofVirtual().start(this::read);
    }

    private void read() {
        try (DataInputStream in = new DataInputStream(socket.getInputStream())) {
            while (true) {
                int head = in.readInt();
                int type = head & 0xff;
                int flags = in.readUnsignedByte();
                int stream = in.readInt() & Integer.MAX_VALUE;
                Frame frame = new Frame(type, flags, stream, ByteString.copyFrom(in.readNBytes(head >>> 8)));
                if (type < KINDS) {
                    counts.incrementAndGet(type);
                }
                if (type == GOAWAY) {
                    ByteBuffer bytes = frame.payload().asReadOnlyByteBuffer();
                    bytes.getInt();
                    int code = bytes.getInt();
                    goAway = new GoAway(
                            code, StandardCharsets.UTF_8.decode(bytes).toString());
                }
                if (acknowledge && type == SETTINGS && (flags & ACK) == 0) {
                    frame(SETTINGS, ACK, 0, new byte[0]);
                    flush();
                }
                frames.add(frame);
            }
        } catch (IOException e) {
            closed.countDown();
        }
    }

    /** Writes a frame into the buffer; its length is that of the payload. */
    void frame(int type, int flags, int stream, byte[] payload) {
        frame(type, flags, stream, payload, payload.length);
    }

    /** The same with a length that need not be true. */
    synchronized void frame(int type, int flags, int stream, byte[] payload, int length) {
        ByteBuffer head = ByteBuffer.allocate(9);
        head.putInt(length << 8 | type).put((byte) flags).putInt(stream);
        try {
            out.write(head.array());
            out.write(payload);
        } catch (IOException e) {
            closed.countDown();
        }
    }

    /** Writes any bytes into the buffer. */
    synchronized void bytes(byte[] bytes) {
        try {
            out.write(bytes);
        } catch (IOException e) {
            closed.countDown();
        }
    }

    /** @return false when the server has closed */
    synchronized boolean flush() {
        try {
            out.flush();
            return !isClosed();
        } catch (IOException e) {
            closed.countDown();
            return false;
        }
    }

    static byte[] ints(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Integer.BYTES);
        for (int value : values) {
            bytes.putInt(value);
        }
        return bytes.array();
    }

    static byte[] setting(int id, int value) {
        return ByteBuffer.allocate(6).putShort((short) id).putInt(value).array();
    }

    /** A message with the five bytes that gRPC puts before it. */
    static byte[] message(byte[] bytes) {
        return message(0, bytes.length, bytes);
    }

    static byte[] message(int flag, int length, byte[] bytes) {
        return ByteBuffer.allocate(5 + bytes.length)
                .put((byte) flag)
                .putInt(length)
                .put(bytes)
                .array();
    }

    /** The header block of a gRPC call. */
    byte[] call(String method, Map<String, String> more) {
        Http2Headers headers = new DefaultHttp2Headers(false)
                .method("POST")
                .scheme("http")
                .path("/" + method)
                .authority("localhost")
                .set("content-type", "application/grpc")
                .set("te", "trailers");
        more.forEach(headers::set);
        return encode(headers);
    }

    synchronized byte[] encode(Http2Headers headers) {
        ByteBuf block = Unpooled.buffer();
        try {
            encoder.encodeHeaders(1, headers, block);
        } catch (Http2Exception e) {
            throw new IllegalStateException(e);
        }
        byte[] bytes = new byte[block.readableBytes()];
        block.readBytes(bytes);
        return bytes;
    }

    /** The headers or trailers of a frame; each must be decoded once, in order. */
    Http2Headers decode(Frame frame) {
        try {
            return decoder.decodeHeaders(
                    frame.stream(), Unpooled.wrappedBuffer(frame.payload().toByteArray()));
        } catch (Http2Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** The next frame of the type given; empty when the connection is closed or the time over before one comes. */
    Optional<Frame> next(int type, long millis) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        try {
            while (true) {
                Frame frame = frames.poll(Math.min(20, millis), TimeUnit.MILLISECONDS);
                if (frame != null && frame.type() == type) {
                    return Optional.of(frame);
                }
                if (frame == null && (isClosed() || System.nanoTime() > end)) {
                    return Optional.empty();
                }
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Frames of the type that have come so far. */
    int count(int type) {
        return counts.get(type);
    }

    boolean isClosed() {
        return closed.getCount() == 0;
    }

    /** @return whether the server has closed in that time */
    boolean closesWithin(long millis) {
        try {
            return closed.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    Optional<GoAway> goAway() {
        return Optional.ofNullable(goAway);
    }

    /** Bytes, one after the other. */
    static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
