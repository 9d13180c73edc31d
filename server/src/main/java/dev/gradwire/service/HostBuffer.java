package dev.gradwire.service;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.gradwire.engine.ResidentTensor;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The elements of one tensor in host memory, between a stream's chunks and a device. Owns its memory until closed;
 * small ones live on the heap, where closing is nothing.
 */
final class HostBuffer implements AutoCloseable {
    private static final long HEAP_BYTES = 1 << 20;

    private final TensorType type;
    private final @Nullable Arena arena;
    private final MemorySegment segment;

    @SuppressWarnings("MustBeClosedChecker") // closed by close()
    private HostBuffer(TensorType type) {
        this.type = type;
        long length = type.lengthInBytes();
        arena = length > HEAP_BYTES ? Arena.ofShared() : null;
        segment = arena == null ? MemorySegment.ofArray(new byte[(int) length]) : allocate(arena, length);
    }

    private static MemorySegment allocate(Arena arena, long length) {
        try {
            return arena.allocate(length, 64);
        } catch (OutOfMemoryError e) {
            arena.close();
            throw e;
        }
    }

    /** A buffer to fill. */
    static HostBuffer of(TensorType type) {
        return new HostBuffer(type);
    }

    /** A copy of a device's tensor. */
    static HostBuffer copyOf(ResidentTensor tensor) {
        HostBuffer buffer = new HostBuffer(tensor.type());
        try {
            tensor.read(buffer.segment);
            return buffer;
        } catch (RuntimeException | Error e) {
            buffer.close();
            throw e;
        }
    }

    TensorType type() {
        return type;
    }

    long length() {
        return segment.byteSize();
    }

    void write(long offset, ByteString data) {
        MemorySegment.copy(MemorySegment.ofBuffer(data.asReadOnlyByteBuffer()), 0, segment, offset, data.size());
    }

    /** A copy of a part, which may outlive this. */
    ByteString read(long offset, int length) {
        byte[] bytes = new byte[length];
        MemorySegment.copy(segment, offset, MemorySegment.ofArray(bytes), 0, length);
        return UnsafeByteOperations.unsafeWrap(bytes);
    }

    /** A view, good until this is closed. */
    Tensor tensor() {
        return new Tensor(type, segment);
    }

    @Override
    public void close() {
        if (arena != null) {
            arena.close();
        }
    }
}
