package dev.gradwire.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.gradwire.v1.TensorChunk;
import org.jspecify.annotations.Nullable;

/** Puts the chunks of one tensor together. A tensor that came in one chunk keeps the bytes that came. */
final class TensorAssembler {
    private final TensorType type;
    private byte @Nullable [] bytes;
    private ByteString only = ByteString.EMPTY;
    private long received;

    /** @throws IllegalArgumentException when the tensor is larger than this side can hold */
    TensorAssembler(TensorType type) {
        if (type.byteCount() > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(type + " is larger than 2 GiB, which this client cannot hold");
        }
        this.type = type;
    }

    void add(TensorChunk chunk) {
        ByteString data = chunk.getData();
        if (chunk.getOffset() != received || received + data.size() > type.byteCount()) {
            throw new IllegalArgumentException("a chunk of " + data.size() + " bytes at " + chunk.getOffset()
                    + " does not continue " + type + " at " + received);
        }
        if (data.size() == type.byteCount()) {
            only = data;
        } else {
            if (bytes == null) {
                bytes = new byte[(int) type.byteCount()];
            }
            data.copyTo(bytes, (int) received);
        }
        received += data.size();
    }

    /** @throws IllegalArgumentException when bytes are missing */
    TensorData finish() {
        if (received != type.byteCount()) {
            throw new IllegalArgumentException("of " + type + " came " + received + " bytes only");
        }
        return new TensorData(type, bytes == null ? only : UnsafeByteOperations.unsafeWrap(bytes));
    }
}
