package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.DeviceTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Where operands and results stand. What is in Java's own memory has no address: its content is copied for the run, and
 * results back as this is closed.
 */
final class Operands implements AutoCloseable {
    final long[] operands;
    final long[] results;

    /** Memory that was copied, and what stands for it: kept until the run has ended. */
    private final List<Copy> copies = new ArrayList<>(0);

    private record Copy(MemorySegment original, MemorySegment copy, boolean isResult) {}

    Operands(DeviceTensor[] operands, DeviceTensor[] results) {
        this.operands = addresses(operands, false);
        this.results = addresses(results, true);
    }

    private long[] addresses(DeviceTensor[] tensors, boolean areResults) {
        long[] addresses = new long[tensors.length];
        for (int i = 0; i < addresses.length; i++) {
            MemorySegment memory = tensors[i].memory();
            addresses[i] = memory.isNative() ? memory.address() : copy(memory, areResults);
        }
        return addresses;
    }

    private long copy(MemorySegment memory, boolean isResult) {
        MemorySegment copy = Arena.ofAuto().allocate(memory.byteSize(), Long.BYTES);
        copies.add(new Copy(memory, copy, isResult));
        return copy.copyFrom(memory).address();
    }

    @Override
    public void close() {
        for (Copy copy : copies) {
            if (copy.isResult) {
                copy.original.copyFrom(copy.copy);
            }
        }
        copies.clear();
    }
}
