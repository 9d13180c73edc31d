package dev.gradwire.engine;

import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A tensor on a device, to run programs with or to read. Whoever received it closes it, exactly once. */
public final class ResidentTensor implements AutoCloseable {
    private final Backend backend;
    private final TensorType type;
    private final DeviceTensor tensor;

    ResidentTensor(Backend backend, TensorType type, DeviceTensor tensor) {
        this.backend = backend;
        this.type = type;
        this.tensor = tensor;
    }

    public TensorType type() {
        return type;
    }

    DeviceTensor tensor() {
        return tensor;
    }

    String device() {
        return backend.device();
    }

    /**
     * The elements in row-major order where the device has them, without a copy; null where that is not the host's
     * memory, or in another order. Good until this is closed; to be written to only by whoever got it {@link
     * Engine#empty} and has given it to nobody.
     */
    public @Nullable MemorySegment memory() {
        return backend.wrapsHostMemory() && tensor.layout().isContiguous() ? tensor.memory() : null;
    }

    /** Copies the elements in row-major order into {@code target}, which has just their length. */
    public void read(MemorySegment target) {
        backend.download(tensor, type, target);
    }

    /** The elements as host data on the Java heap; only for less than 2 GiB. */
    public Tensor read() {
        MemorySegment bytes = MemorySegment.ofArray(new byte[Math.toIntExact(type.lengthInBytes())]);
        read(bytes);
        return new Tensor(type, bytes);
    }

    /** A second handle of the same tensor, to be closed apart from this one. */
    public ResidentTensor share() {
        return new ResidentTensor(backend, type, backend.share(tensor));
    }

    @Override
    public void close() {
        tensor.close();
    }
}
