package dev.gradwire.kernel.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Owns one handle of a tensor, which the library counts as one user of the tensor's storage. A tensor over memory that is
 * somebody else's gets its handle when the library first needs it: many are only ever read and written by our own loops.
 */
final class TorchTensor implements DeviceTensor {
    /** In the place of a handle: none was needed yet. */
    private static final long LATER = -1;

    private final AtomicLong handle;
    private final TorchBackend backend;
    private @Nullable Layout layout;
    private @Nullable MemorySegment memory;
    private @Nullable TensorType wholeOf;

    /** Takes the handle over. */
    TorchTensor(TorchBackend backend, long handle) {
        this.backend = backend;
        this.handle = new AtomicLong(handle);
        backend.opened();
    }

    /** A contiguous tensor over memory that stays somebody else's. */
    TorchTensor(TorchBackend backend, MemorySegment memory, TensorType type) {
        this.backend = backend;
        this.handle = new AtomicLong(LATER);
        this.memory = memory;
        this.layout = Layout.contiguous(type.shape());
        this.wholeOf = type;
        backend.opened();
    }

    /** @throws IllegalStateException when closed */
    long handle() {
        long value = handle.get();
        if (value == 0) {
            throw new IllegalStateException("this tensor is closed");
        }
        return value == LATER ? makeHandle() : value;
    }

    private long makeHandle() {
        MemorySegment own = Objects.requireNonNull(memory);
        TensorType type = Objects.requireNonNull(wholeOf);
        long made = LibTorch.fromHost(own.address(), layout(), LibTorch.code(type.dtype()));
        if (handle.compareAndSet(LATER, made)) {
            return made;
        }
        LibTorch.delete(made);
        return handle();
    }

    TorchBackend backend() {
        return backend;
    }

    @Override
    @SuppressWarnings("restricted")
    public Layout layout() {
        Layout known = layout;
        if (known == null) {
            long owned = handle();
            int rank = LibTorch.rank(owned);
            known = new Layout(longs(LibTorch.sizes(owned), rank), longs(LibTorch.strides(owned), rank), 0);
            layout = known;
        }
        return known;
    }

    /** Whether these are all elements of a tensor of this type, in row-major order. */
    boolean isWhole(TensorType type) {
        // Tensors over planned memory are given again and again, with the same type.
        if (type.equals(wholeOf)) {
            return handle.get() != 0;
        }
        boolean whole = hasShape(type.shape())
                && layout().isContiguous()
                && LibTorch.dtype(handle()) == LibTorch.code(type.dtype());
        if (whole) {
            wholeOf = type;
        }
        return whole;
    }

    /** Whether the library left sizes as {@link #layout} found them: it resizes what does not fit a result. */
    @SuppressWarnings("restricted")
    boolean isUnmoved() {
        Layout known = layout();
        long owned = handle();
        boolean same = LibTorch.rank(owned) == known.rank();
        MemorySegment sizes =
                MemorySegment.ofAddress(LibTorch.sizes(owned)).reinterpret(known.rank() * JAVA_LONG.byteSize());
        for (int i = 0; same && i < known.rank(); i++) {
            same = sizes.getAtIndex(JAVA_LONG, i) == known.size(i);
        }
        return same;
    }

    boolean hasShape(Shape shape) {
        Layout own = layout();
        boolean same = own.rank() == shape.rank();
        for (int i = 0; same && i < own.rank(); i++) {
            same = own.size(i) == shape.dim(i);
        }
        return same;
    }

    @Override
    @SuppressWarnings("restricted")
    public MemorySegment memory() {
        MemorySegment known = memory;
        if (known == null) {
            if (backend.deviceType() != LibTorch.CPU) {
                throw new IllegalStateException("a tensor on " + backend.device() + " has no memory on the host");
            }
            long length = layout().reach() * LibTorch.dtypeOf(handle()).sizeInBytes();
            known = length == 0
                    ? MemorySegment.NULL
                    : MemorySegment.ofAddress(LibTorch.dataPointer(handle())).reinterpret(length);
            memory = known;
        }
        return known;
    }

    @SuppressWarnings("restricted")
    private static long[] longs(long address, int count) {
        return MemorySegment.ofAddress(address)
                .reinterpret(count * JAVA_LONG.byteSize())
                .toArray(JAVA_LONG);
    }

    /** @throws IllegalStateException when closed before: a second close is a bug in whoever thinks to own this */
    @Override
    public void close() {
        long value = handle.getAndSet(0);
        if (value == 0) {
            throw new IllegalStateException("this tensor is closed already");
        }
        if (value != LATER) {
            LibTorch.delete(value);
        }
        backend.closed();
    }
}
