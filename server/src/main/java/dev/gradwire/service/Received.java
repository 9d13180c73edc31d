package dev.gradwire.service;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.gradwire.v1.SessionRequest;
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
 * A message of a session whose chunk, where it is one, has its data apart, left in the transport's memory.
 *
 * @param message without the chunk's data
 * @param data of the chunk; none in other messages
 */
record Received(SessionRequest message, ChunkData data) {
    private static final int CHUNK = tag(SessionRequest.CHUNK_FIELD_NUMBER);
    private static final int DATA = tag(TensorChunk.DATA_FIELD_NUMBER);
    /** What stands before a chunk's data is a name, a type and a few numbers. */
    private static final int MAX_HEAD_BYTES = 4096;

    private static int tag(int field) {
        return field << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;
    }

    /** @throws IOException when it is no message */
    static Received parse(InputStream stream) throws IOException {
        Head head = new Head(stream);
        if (stream instanceof KnownLength) {
            Received chunk = head.chunk(stream.available());
            if (chunk != null) {
                return chunk;
            }
        }
        return whole(SessionRequest.parseFrom(new SequenceInputStream(head.again(), stream)));
    }

    static Received whole(SessionRequest message) {
        return new Received(
                message, message.hasChunk() ? ChunkData.of(message.getChunk().getData()) : ChunkData.NONE);
    }

    /** Reads what stands before a chunk's data, byte for byte, and remembers it. */
    private static final class Head {
        private final InputStream stream;
        private final ByteArrayOutputStream seen = new ByteArrayOutputStream(128);

        private Head(InputStream stream) {
            this.stream = stream;
        }

        InputStream again() {
            return new ByteArrayInputStream(seen.toByteArray());
        }

        /**
         * The message, if it is one chunk whose data comes last, as everybody sends it; else null.
         *
         * @param total length of the message
         */
        @Nullable
        Received chunk(int total) throws IOException {
            if (total == 0 || varint() != CHUNK || varint() != total - seen.size()) {
                return null;
            }
            int begin = seen.size();
            while (seen.size() < total && seen.size() < MAX_HEAD_BYTES) {
                int end = seen.size();
                long tag = varint();
                if (tag == DATA) {
                    long length = varint();
                    return length == total - seen.size()
                            ? of(begin, end, new ChunkData(stream, (int) length))
                            : null;
                }
                if (!skip((int) tag, total)) {
                    return null;
                }
            }
            return seen.size() == total ? of(begin, total, ChunkData.NONE) : null;
        }

        private Received of(int begin, int end, ChunkData data) throws IOException {
            TensorChunk chunk = TensorChunk.parseFrom(
                    CodedInputStream.newInstance(seen.toByteArray(), begin, end - begin));
            return new Received(SessionRequest.newBuilder().setChunk(chunk).build(), data);
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
