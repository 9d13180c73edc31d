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
 * The tensors of a loop that stay between its runs: two for each carry, which are read and written in turn, the test's
 * result, and the rows of what is sliced and stacked, as long as those are the same tensors.
 */
final class LoopBuffers implements AutoCloseable {
    static final TensorType VERDICT = new TensorType(DType.BOOL, Shape.SCALAR);

    private final Backend backend;
    private final List<DeviceTensor> first = new ArrayList<>();
    private final List<DeviceTensor> second = new ArrayList<>();
    private final @Nullable DeviceTensor verdict;
    /** By the number of the operand, then of the result. */
    private final @Nullable Rows[] rows;

    /**
     * @param offset where the loop's memory begins in {@code stretch}
     * @param tensors how many operands and results the loop has
     */
    LoopBuffers(Work.Loop loop, Backend backend, MemorySegment stretch, long offset, int tensors) {
        this.backend = backend;
        LoopScratch scratch = loop.scratch();
        for (LoopScratch.Pair pair : scratch.carries()) {
            first.add(buffer(stretch, offset + pair.first(), pair.type()));
            second.add(buffer(stretch, offset + pair.second(), pair.type()));
        }
        verdict = scratch.verdict() < 0 ? null : buffer(stretch, offset + scratch.verdict(), VERDICT);
        rows = new @Nullable Rows[tensors];
    }

    private DeviceTensor buffer(MemorySegment stretch, long offset, TensorType type) {
        return backend.wrapsHostMemory()
                ? backend.wrap(stretch.asSlice(offset, type.lengthInBytes()), type)
                : backend.empty(type);
    }

    /** The tensors that an iteration writes its carries to. */
    DeviceTensor carry(int number, long trips) {
        return (trips % 2 == 0 ? first : second).get(number);
    }

    @Nullable
    DeviceTensor verdict() {
        return verdict;
    }

    /** The rows of an operand or a result. */
    Rows rows(int number, DeviceTensor whole, TensorType type) {
        Rows known = rows[number];
        if (known == null || !known.areOf(whole)) {
            forget(number);
            known = new Rows(backend, whole, type);
            rows[number] = known;
        }
        return known;
    }

    /** Closes the rows of a tensor that does not stay. */
    void forget(int number) {
        Rows known = rows[number];
        if (known != null) {
            known.close();
            rows[number] = null;
        }
    }

    int tensors() {
        int count = first.size() + second.size() + (verdict == null ? 0 : 1);
        for (Rows known : rows) {
            count += known == null ? 0 : known.made();
        }
        return count;
    }

    @Override
    public void close() {
        first.forEach(DeviceTensor::close);
        second.forEach(DeviceTensor::close);
        if (verdict != null) {
            verdict.close();
        }
        for (int i = 0; i < rows.length; i++) {
            forget(i);
        }
    }
}
