package dev.gradwire.kernel.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory of a thread for what a loop keeps while it runs; grows to what was asked for most. */
final class Scratch {
    private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);
    private static final long LEAST = 1 << 14;

    private MemorySegment memory = Arena.ofAuto().allocate(LEAST, 64);

    private Scratch() {}

    /** At least that many bytes, which belong to the calling thread until it asks again. */
    static MemorySegment of(long bytes) {
        Scratch scratch = OF_THREAD.get();
        if (scratch.memory.byteSize() < bytes) {
            scratch.memory = Arena.ofAuto().allocate(Long.highestOneBit(bytes) * 2, 64);
        }
        return scratch.memory;
    }
}
