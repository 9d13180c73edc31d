package dev.gradwire.service;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.gradwire.v1.SessionResponse;
import dev.gradwire.v1.TensorChunk;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.protobuf.ProtoUtils;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A message to a session's client. The data of a chunk stays where it is and stays its owner's, who keeps it until the
 * message has been sent: the transport copies it into its own memory before the call that sends returns.
 */
final class Reply {
    private static final Marshaller<SessionResponse> WHOLE =
            ProtoUtils.marshaller(SessionResponse.getDefaultInstance());

    private final SessionResponse message;
    private final @Nullable MemorySegment data;

    private Reply(SessionResponse message, @Nullable MemorySegment data) {
        this.message = message;
        this.data = data;
    }

    static Reply of(SessionResponse message) {
        return new Reply(message, null);
    }

    /** @param head the chunk without its data */
    static Reply chunk(TensorChunk head, MemorySegment data) {
        return new Reply(SessionResponse.newBuilder().setChunk(head).build(), data.byteSize() == 0 ? null : data);
    }

    InputStream stream() {
        return data == null ? WHOLE.stream(message) : new SegmentStream(prefix(data.byteSize()), data);
    }

    /** What a message with data of this length has before it; the data is the last field of both messages. */
    private byte[] prefix(long dataBytes) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
        CodedOutputStream out = CodedOutputStream.newInstance(bytes, 128);
        TensorChunk head = message.getChunk();
        int length = (int) dataBytes;
        int headBytes = head.getSerializedSize()
                + CodedOutputStream.computeTagSize(TensorChunk.DATA_FIELD_NUMBER)
                + CodedOutputStream.computeUInt32SizeNoTag(length);
        try {
            out.writeTag(SessionResponse.CHUNK_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt32NoTag(Math.addExact(headBytes, length));
            head.writeTo(out);
            out.writeTag(TensorChunk.DATA_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt32NoTag(length);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
