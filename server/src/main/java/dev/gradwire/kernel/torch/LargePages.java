package dev.gradwire.kernel.torch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * Asks the system for large pages behind large tensors. New memory is given page by page as it is first written to: with
 * pages of 4 KiB that costs as much as copying the tensor. A system that has none changes nothing.
 */
final class LargePages {
    private static final long LEAST_BYTES = 4 << 20;
    private static final long SMALL_PAGE_BYTES = 4096;
    private static final int MADV_HUGEPAGE = 14;

    private static final @Nullable MethodHandle MADVISE = madvise();

    private LargePages() {}

    @SuppressWarnings("restricted")
    private static @Nullable MethodHandle madvise() {
        if (!System.getProperty("os.name", "").equals("Linux")) {
            return null;
        }
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup()
                .find("madvise")
                .map(symbol ->
                        linker.downcallHandle(symbol, FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT)))
                .orElse(null);
    }

    /** @param memory that nobody has written to yet */
    static void ask(MemorySegment memory) {
        if (MADVISE == null || memory.byteSize() < LEAST_BYTES) {
            return;
        }
        long begin = Math.ceilDiv(memory.address(), SMALL_PAGE_BYTES) * SMALL_PAGE_BYTES;
        long end = (memory.address() + memory.byteSize()) / SMALL_PAGE_BYTES * SMALL_PAGE_BYTES;
        try {
            // What it says does not matter.
            int _ = (int) MADVISE.invokeExact(MemorySegment.ofAddress(begin), end - begin, MADV_HUGEPAGE);
        } catch (Throwable e) {
            throw new IllegalStateException("madvise throws nothing", e);
        }
    }
}
