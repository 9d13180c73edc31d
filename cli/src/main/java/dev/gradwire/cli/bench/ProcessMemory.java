package dev.gradwire.cli.bench;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * Memory of this process that is in use, as Linux counts it. Workers of peers do the same, in Python: {@code
 * bench/peers/memory.py}. On other systems all figures are 0.
 */
final class ProcessMemory {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path CLEAR = Path.of("/proc/self/clear_refs");

    private static final long COMPILER_NANOS = 3_000_000_000L;
    private static final long QUIET_NANOS = 200_000_000;

    private ProcessMemory() {}

    /** Bytes in use when Java's compiler has nothing to do and garbage is gone. */
    static long settledBytes() {
        awaitCompiler();
        System.gc();
        trim();
        return field("VmRSS:");
    }

    private static void awaitCompiler() {
        CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
        if (compiler == null || !compiler.isCompilationTimeMonitoringSupported()) {
            return;
        }
        long end = System.nanoTime() + COMPILER_NANOS;
        long before;
        do {
            before = compiler.getTotalCompilationTime();
            LockSupport.parkNanos(QUIET_NANOS);
        } while (compiler.getTotalCompilationTime() != before && System.nanoTime() < end);
    }

    /** Begins to watch for {@link #peakBytes}. */
    static void watch() {
        if (Files.isWritable(CLEAR)) {
            try {
                Files.writeString(CLEAR, "5"); // 5 resets the peak
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The most bytes that were in use since {@link #watch}. */
    static long peakBytes() {
        return field("VmHWM:");
    }

    private static long field(String name) {
        if (!Files.isReadable(STATUS)) {
            return 0;
        }
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(name)) {
                    return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
                }
            }
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gives what the C library keeps of freed memory back to the system; a library without the call keeps it. */
    @SuppressWarnings("restricted")
    private static void trim() {
        Linker linker = Linker.nativeLinker();
        linker.defaultLookup().find("malloc_trim").ifPresent(address -> {
            try {
                var _ = (int) linker.downcallHandle(address, FunctionDescriptor.of(JAVA_INT, JAVA_LONG))
                        .invokeExact(0L);
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        });
    }
}
