package dev.gradwire.wire;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.gradwire.v1.SessionRequest;
import dev.gradwire.v1.SessionResponse;
import dev.gradwire.v1.TensorChunk;
import io.grpc.KnownLength;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A message of a session. Of a chunk the data stands apart, still in the transport's memory.
 *
 * @param message null for a chunk
 * @param chunk without its data; null for another message
 * @param data of the chunk
 */
public record Received<M>(@Nullable M message, @Nullable TensorChunk chunk, ChunkData data) {
    private static final int DATA = tag(TensorChunk.DATA_FIELD_NUMBER);
    /** What stands before a chunk's data is a name, a type and a few numbers. */
    private static final int MAX_HEAD_BYTES = 4096;

    private static int tag(int field) {
        return field << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;
    }

    /** @throws IOException when it is no message */
    public static Received<SessionRequest> request(InputStream stream) throws IOException {
        Head head = new Head(stream);
        Received<SessionRequest> chunk = head.read(tag(SessionRequest.CHUNK_FIELD_NUMBER));
        return chunk != null ? chunk : of(SessionRequest.parseFrom(head.again()));
    }

    /** @throws IOException when it is no message */
    public static Received<SessionResponse> response(InputStream stream) throws IOException {
        Head head = new Head(stream);
        Received<SessionResponse> chunk = head.read(tag(SessionResponse.CHUNK_FIELD_NUMBER));
        return chunk != null ? chunk : of(SessionResponse.parseFrom(head.again()));
    }

    private static Received<SessionRequest> of(SessionRequest message) {
        return message.hasChunk() ? of(message.getChunk()) : new Received<>(message, null, ChunkData.NONE);
    }

    private static Received<SessionResponse> of(SessionResponse message) {
        return message.hasChunk() ? of(message.getChunk()) : new Received<>(message, null, ChunkData.NONE);
    }

    private static <M> Received<M> of(TensorChunk chunk) {
        return new Received<>(null, chunk, ChunkData.of(chunk.getData()));
    }

    /** Reads what stands before a chunk's data, byte for byte, and remembers it. */
    private static final class Head {
        private final InputStream stream;
        private final ByteArrayOutputStream seen = new ByteArrayOutputStream(128);

        private Head(InputStream stream) {
            this.stream = stream;
        }

        /** The whole message, from its beginning. */
        InputStream again() {
            return new SequenceInputStream(new ByteArrayInputStream(seen.toByteArray()), stream);
        }

        /** The message, if it is one chunk whose data comes last, as everybody sends it; else null. */
        <M> @Nullable Received<M> read(int chunkTag) throws IOException {
            int total = stream instanceof KnownLength ? stream.available() : 0;
            if (total == 0 || varint() != chunkTag || varint() != total - seen.size()) {
                return null;
            }
            int begin = seen.size();
            while (seen.size() < total && seen.size() < MAX_HEAD_BYTES) {
                int end = seen.size();
                long tag = varint();
                if (tag == DATA) {
                    long length = varint();
                    return length == total - seen.size()
                            ? this.<M>of(begin, end, new ChunkData(stream, (int) length))
                            : null;
                }
                if (!skip((int) tag, total)) {
                    return null;
                }
            }
            return seen.size() == total ? of(begin, total, ChunkData.NONE) : null;
        }

        private <M> Received<M> of(int begin, int end, ChunkData data) throws IOException {
            TensorChunk chunk =
                    TensorChunk.parseFrom(CodedInputStream.newInstance(seen.toByteArray(), begin, end - begin));
            return new Received<>(null, chunk, data);
        }

        private boolean skip(int tag, int total) throws IOException {
            return switch (WireFormat.getTagWireType(tag)) {
                case WireFormat.WIRETYPE_VARINT -> varint() != -1;
                case WireFormat.WIRETYPE_LENGTH_DELIMITED -> bytes(varint(), total);
                case WireFormat.WIRETYPE_FIXED32 -> bytes(Integer.BYTES, total);
                case WireFormat.WIRETYPE_FIXED64 -> bytes(Long.BYTES, total);
                default -> false;
            };
        }

        private boolean bytes(long count, int total) throws IOException {
            if (count < 0 || count > MAX_HEAD_BYTES || count > total - seen.size()) {
                return false;
            }
            seen.writeBytes(stream.readNBytes((int) count));
            return true;
        }

        /** A number; -1 for one of more than 63 bits. */
        private long varint() throws IOException {
            long value = 0;
            for (int shift = 0; shift < 63; shift += 7) {
                int next = stream.read();
                if (next < 0) {
                    throw new EOFException("the message is cut short");
                }
                seen.write(next);
                value |= (long) (next & 0x7f) << shift;
                if (next < 0x80) {
                    return value;
                }
            }
            return -1;
        }
    }
}
