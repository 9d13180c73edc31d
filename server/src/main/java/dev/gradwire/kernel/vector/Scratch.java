package dev.gradwire.kernel.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory of each thread for what a loop needs while it runs; grows to what was asked for most. */
final class Scratch {
    /** For one call of a loop: what it keeps of a row. */
    static final Scratch OF_LOOP = new Scratch();

    /** For what a run of a group puts together from parts, some of which the same thread may run. */
    static final Scratch OF_TOTALS = new Scratch();

    private static final long LEAST = 1 << 14;

    private final ThreadLocal<MemorySegment> memory = ThreadLocal.withInitial(() -> allocate(LEAST));

    private Scratch() {}

    private static MemorySegment allocate(long bytes) {
        return Arena.ofAuto().allocate(bytes, 64);
    }

    /** The address of at least that many bytes, which are the calling thread's until it asks again. */
    long get(long bytes) {
        MemorySegment segment = memory.get();
        if (segment.byteSize() < bytes) {
            segment = allocate(2 * Long.highestOneBit(bytes));
            memory.set(segment);
        }
        return segment.address();
    }
}
