package dev.gradwire.runtime;

import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.pass.LoopScratch;
import dev.gradwire.pass.Work;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of a loop that stay between its runs: two for each carry, which are read and written in turn, and the
 * test's result.
 */
record LoopBuffers(
        List<DeviceTensor> first,
        List<DeviceTensor> second,
        @Nullable DeviceTensor verdict) implements AutoCloseable {
    static final TensorType VERDICT = new TensorType(DType.BOOL, Shape.SCALAR);

    /** @param offset where the loop's memory begins in {@code stretch} */
    static LoopBuffers open(Work.Loop loop, Backend backend, MemorySegment stretch, long offset) {
        LoopScratch scratch = loop.scratch();
        List<DeviceTensor> first = new ArrayList<>();
        List<DeviceTensor> second = new ArrayList<>();
        for (LoopScratch.Pair pair : scratch.carries()) {
            first.add(buffer(backend, stretch, offset + pair.first(), pair.type()));
            second.add(buffer(backend, stretch, offset + pair.second(), pair.type()));
        }
        boolean tested = scratch.verdict() >= 0;
        return new LoopBuffers(
                first, second, tested ? buffer(backend, stretch, offset + scratch.verdict(), VERDICT) : null);
    }

    private static DeviceTensor buffer(Backend backend, MemorySegment stretch, long offset, TensorType type) {
        return backend.wrapsHostMemory()
                ? backend.wrap(stretch.asSlice(offset, type.lengthInBytes()), type)
                : backend.empty(type);
    }

    int tensors() {
        return first.size() + second.size() + (verdict == null ? 0 : 1);
    }

    @Override
    public void close() {
        first.forEach(DeviceTensor::close);
        second.forEach(DeviceTensor::close);
        if (verdict != null) {
            verdict.close();
        }
    }
}
