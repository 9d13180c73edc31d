package dev.gradwire.client;

import com.google.protobuf.UnsafeByteOperations;
import dev.gradwire.v1.TensorChunk;
import dev.gradwire.wire.ChunkData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Puts the chunks of one tensor together. */
final class TensorAssembler {
    private final TensorType type;
    private final byte[] bytes;
    private int received;

    /** @throws IllegalArgumentException when the tensor is larger than this side can hold */
    TensorAssembler(TensorType type) {
        if (type.byteCount() > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(type + " is larger than 2 GiB, which this client cannot hold");
        }
        this.type = type;
        bytes = new byte[(int) type.byteCount()];
    }

    /** @throws IOException when the data is cut short */
    void add(TensorChunk chunk, ChunkData came) throws IOException {
        ChunkData data = Packing.isRaw(chunk.getEncoding())
                ? came
                : ChunkData.of(Packing.unpack(chunk.getEncoding(), came.bytes(), bytes.length - received));
        long offset = chunk.getOffset();
        if (offset != received || data.length() > bytes.length - received) {
            throw new IllegalArgumentException("a chunk of " + data.length() + " bytes at " + offset
                    + " does not continue " + type + " at " + received);
        }
        data.copyTo(MemorySegment.ofArray(bytes), received);
        received += data.length();
    }

    /** @throws IllegalArgumentException when bytes are missing */
    TensorData finish() {
        if (received != bytes.length) {
            throw new IllegalArgumentException("of " + type + " came " + received + " bytes only");
        }
        return new TensorData(type, UnsafeByteOperations.unsafeWrap(bytes));
    }
}
