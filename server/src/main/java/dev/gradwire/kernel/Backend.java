package dev.gradwire.kernel;

import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** One device with its kernels. Safe for use by many threads. */
public interface Backend extends AutoCloseable {
    /** {@code cpu}, {@code cuda:0}, … */
    String device();

    /** Name and version of the library behind it, for people. */
    String library();

    /** Copies host data to the device. The caller owns the result and closes it. */
    DeviceTensor upload(Tensor tensor);

    /** Copies a device tensor of {@code type} in row-major order into {@code target}, which has just its length. */
    void download(DeviceTensor tensor, TensorType type, MemorySegment target);

    /** A new tensor whose elements nobody has set yet. The caller owns it. */
    DeviceTensor empty(TensorType type);

    /** What runs groups here; null where each node has a kernel of its own. */
    @Nullable
    Groups groups();

    /** A new tensor of zeros, which {@link #write} may fill until somebody else gets it. The caller owns it. */
    DeviceTensor zeros(TensorType type);

    /** Copies {@code source} into {@code target}, of the same type, and so into all that shares its storage. */
    void write(DeviceTensor target, DeviceTensor source);

    /** Whether {@link #wrap} may be called: on a device that computes in the host's memory. */
    boolean wrapsHostMemory();

    /**
     * A tensor over the host's memory, in row-major order from its first byte, without a copy. The caller owns the
     * tensor, and the memory stays the caller's: it must live until the tensor and all that shares its storage are
     * closed. Kernels write to it only as a result that they are given. The bytes of a bool are to be 0 or 1.
     *
     * @param memory native, of the type's length at least, aligned as its elements
     * @throws UnsupportedOperationException where {@link #wrapsHostMemory} says no
     */
    DeviceTensor wrap(MemorySegment memory, TensorType type);

    /**
     * The elements of a tensor in another layout, whose offset counts from its first element. The caller owns the view;
     * it shares the storage, which lives (or, where it is wrapped memory, must live) until both are closed.
     *
     * @throws IllegalArgumentException when the layout reaches beyond the elements from the base's first to its last
     */
    DeviceTensor view(DeviceTensor base, Layout layout);

    /** A new tensor with the same elements in row-major order. The caller owns it. */
    DeviceTensor copy(DeviceTensor tensor);

    /**
     * A slice along the first dimension of a tensor in row-major order. The caller owns it, and keeps the tensor open
     * until it is closed.
     *
     * @param type of the slice
     */
    DeviceTensor row(DeviceTensor tensor, long index, TensorType type);

    /** A view of one slice of a tensor. The caller owns it. */
    DeviceTensor slice(DeviceTensor tensor, int dim, long index);

    /** Tensors of this backend that nobody has closed yet: the sum over all callers, for tests and metrics. */
    long liveTensors();

    /** A second handle of the same tensor, to be closed apart from the first. */
    DeviceTensor share(DeviceTensor tensor);

    /**
     * Finds the kernel for a call whose operands have these types; checks all arguments, so that a resolved kernel
     * never hands native code an argument it would abort on.
     *
     * @throws KernelException when this backend has no such kernel
     */
    Kernel resolve(KernelCall call);

    @Override
    void close();
}
