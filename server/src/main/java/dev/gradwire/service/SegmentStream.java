package dev.gradwire.service;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A message's bytes: a prefix, and a segment after it that is somebody else's. */
final class SegmentStream extends InputStream implements KnownLength, Drainable {
    /** The transport takes arrays only. This one stays in the processor's cache, so that memory is read once. */
    private static final ThreadLocal<byte[]> PIECE = ThreadLocal.withInitial(() -> new byte[32 << 10]);

    private final byte[] prefix;
    private final MemorySegment data;
    private long at;

    SegmentStream(byte[] prefix, MemorySegment data) {
        this.prefix = prefix;
        this.data = data;
    }

    @Override
    public int available() {
        return (int) (prefix.length + data.byteSize() - at);
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
        int total = available();
        byte[] piece = PIECE.get();
        for (int count = read(piece, 0, piece.length); count > 0; count = read(piece, 0, piece.length)) {
            target.write(piece, 0, count);
        }
        return total;
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        if (length == 0) {
            return 0;
        }
        if (available() == 0) {
            return -1;
        }
        int count;
        if (at < prefix.length) {
            count = (int) Math.min(length, prefix.length - at);
            System.arraycopy(prefix, (int) at, target, offset, count);
        } else {
            count = Math.min(length, available());
            MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at - prefix.length, target, offset, count);
        }
        at += count;
        return count;
    }
}
