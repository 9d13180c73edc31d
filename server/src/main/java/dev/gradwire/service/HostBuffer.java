package dev.gradwire.service;

import dev.gradwire.engine.Engine;
import dev.gradwire.engine.ResidentTensor;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The elements of one tensor in the host's memory, between a stream's chunks and a device. On a device that computes in
 * the host's memory they are the device's own, so that nothing is copied. Owns its memory, or its share of it, until
 * closed.
 */
final class HostBuffer implements AutoCloseable {
    private final TensorType type;
    private final MemorySegment segment;
    private final @Nullable ResidentTensor tensor;
    private final @Nullable Arena arena;

    private HostBuffer(TensorType type, MemorySegment segment, @Nullable ResidentTensor tensor, @Nullable Arena arena) {
        this.type = type;
        this.segment = segment;
        this.tensor = tensor;
        this.arena = arena;
    }

    /** A buffer to fill with what {@link #toDevice} then puts on the device. */
    static HostBuffer toFill(Engine engine, String device, TensorType type) {
        ResidentTensor empty = engine.empty(device, type);
        MemorySegment memory = empty.memory();
        if (memory != null) {
            return new HostBuffer(type, memory, empty, null);
        }
        empty.close();
        return apart(type);
    }

    /** What a device's tensor holds, which stays the caller's. */
    static HostBuffer of(ResidentTensor tensor) {
        MemorySegment memory = tensor.memory();
        if (memory != null) {
            return new HostBuffer(tensor.type(), memory, tensor.share(), null);
        }
        HostBuffer buffer = apart(tensor.type());
        try {
            tensor.read(buffer.segment);
            return buffer;
        } catch (RuntimeException | Error e) {
            buffer.close();
            throw e;
        }
    }

    @SuppressWarnings("MustBeClosedChecker") // closed by close()
    private static HostBuffer apart(TensorType type) {
        Arena arena = Arena.ofShared();
        try {
            return new HostBuffer(type, arena.allocate(type.lengthInBytes(), 64), null, arena);
        } catch (OutOfMemoryError e) {
            arena.close();
            throw e;
        }
    }

    TensorType type() {
        return type;
    }

    long length() {
        return segment.byteSize();
    }

    /** Good until this is closed. */
    MemorySegment memory() {
        return segment;
    }

    /** Whether these are the device's own. */
    boolean inPlace() {
        return tensor != null;
    }

    /** The tensor on the device, which is the caller's; closes this. */
    ResidentTensor toDevice(Engine engine, String device) {
        if (tensor != null) {
            return tensor;
        }
        try (this) {
            return engine.upload(device, new Tensor(type, segment));
        }
    }

    @Override
    public void close() {
        if (tensor != null) {
            tensor.close();
        }
        if (arena != null) {
            arena.close();
        }
    }
}
