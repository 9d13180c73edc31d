package dev.gradwire.wire;

import com.google.protobuf.ByteString;
import io.grpc.HasByteBuffer;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * The data of one chunk, still where the transport put it: to be read once, before the handler of its message returns,
 * as the transport takes its memory back then.
 */
public final class ChunkData {
    static final ChunkData NONE = new ChunkData(InputStream.nullInputStream(), 0);

    private static final int PIECE_BYTES = 16 << 10;

    private final InputStream stream;
    private final int length;

    /** @param stream that begins with the data */
    ChunkData(InputStream stream, int length) {
        this.stream = stream;
        this.length = length;
    }

    public static ChunkData of(ByteString bytes) {
        return new ChunkData(bytes.newInput(), bytes.size());
    }

    public int length() {
        return length;
    }

    /**
     * Reads the data.
     *
     * @return whether it went from the transport's memory straight to the target's
     * @throws IOException when the message ends before its data does
     */
    public boolean copyTo(MemorySegment target, long offset) throws IOException {
        boolean inPlace = stream instanceof HasByteBuffer buffers && buffers.byteBufferSupported();
        if (inPlace) {
            copyOnce((HasByteBuffer) stream, target.asSlice(offset, length));
        } else {
            copyTwice(target.asSlice(offset, length));
        }
        return inPlace;
    }

    /** Reads the data as it is, where it is packed. */
    public byte[] bytes() throws IOException {
        byte[] bytes = stream.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the data is cut short");
        }
        return bytes;
    }

    private void copyOnce(HasByteBuffer buffers, MemorySegment target) throws IOException {
        for (long at = 0; at < length; ) {
            ByteBuffer buffer = buffers.getByteBuffer();
            if (buffer == null || !buffer.hasRemaining()) {
                throw new EOFException("the data is cut short");
            }
            int count = (int) Math.min(length - at, buffer.remaining());
            MemorySegment.copy(MemorySegment.ofBuffer(buffer), 0, target, at, count);
            stream.skipNBytes(count);
            at += count;
        }
    }

    private void copyTwice(MemorySegment target) throws IOException {
        byte[] piece = new byte[Math.min(PIECE_BYTES, length)];
        for (long at = 0; at < length; ) {
            int count = stream.readNBytes(piece, 0, (int) Math.min(piece.length, length - at));
            if (count == 0) {
                throw new EOFException("the data is cut short");
            }
            MemorySegment.copy(MemorySegment.ofArray(piece), 0, target, at, count);
            at += count;
        }
    }
}
