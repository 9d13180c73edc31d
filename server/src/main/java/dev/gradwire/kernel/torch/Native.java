package dev.gradwire.kernel.torch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradwire.kernel.KernelException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** How functions of the library are found, and what their statuses mean. */
@SuppressWarnings("restricted")
final class Native {
    /** For functions that return within a microsecond and never call back. */
    static final Linker.Option SHORT = Linker.Option.critical(false);

    /** Names of {@code malloc.h}. */
    private static final int M_TRIM_THRESHOLD = -1;

    private static final int M_MMAP_THRESHOLD = -3;

    /** Free memory at the end of a heap that is kept. */
    private static final int KEPT_BYTES = 1 << 28;

    /** Larger pieces come from the system one by one and go back to it; glibc allows no greater bound. */
    private static final int MAPPED_BYTES = 1 << 25;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup SYMBOLS = LibraryLoader.load().symbols();

    private static final @Nullable MethodHandle WHAT =
            findOptional("torch_exception_get_what_without_backtrace", FunctionDescriptor.of(ADDRESS));

    static {
        silenceLog();
        keepFreedMemory();
    }

    private Native() {}

    /** 2.10 tells the text of an error to its log alone, with a backtrace; a client's bad index is no log line. */
    private static void silenceLog() {
        SYMBOLS.find("FLAGS_caffe2_log_level")
                .ifPresent(flag -> flag.reinterpret(JAVA_INT.byteSize()).set(JAVA_INT, 0, 4));
    }

    /**
     * glibc gives memory above some size back to the system when it is freed, and gets it anew page by page: a
     * convolution that makes 4 MB takes 8 ms instead of 0.8 for that. What the library frees is kept for its next call,
     * up to a bound.
     */
    private static void keepFreedMemory() {
        LINKER.defaultLookup().find("mallopt").ifPresent(address -> {
            MethodHandle mallopt = LINKER.downcallHandle(address, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
            try {
                int trimmed = (int) mallopt.invokeExact(M_TRIM_THRESHOLD, KEPT_BYTES);
                int mapped = (int) mallopt.invokeExact(M_MMAP_THRESHOLD, MAPPED_BYTES);
                assert trimmed == 1 && mapped == 1 : "mallopt knows these names since ever";
            } catch (Throwable e) {
                throw failed(e);
            }
        });
    }

    /** A function of that many pointers or 64-bit numbers that returns a status. */
    static MethodHandle status(String symbol, int parameters, Linker.Option... options) {
        MemoryLayout[] layouts = new MemoryLayout[parameters];
        Arrays.fill(layouts, JAVA_LONG);
        return find(symbol, FunctionDescriptor.of(JAVA_INT, layouts), options);
    }

    static MethodHandle find(String symbol, FunctionDescriptor descriptor, Linker.Option... options) {
        return LINKER.downcallHandle(
                SYMBOLS.find(symbol).orElseThrow(() -> LibraryLoader.lacks(symbol)), descriptor, options);
    }

    static @Nullable MethodHandle findOptional(String symbol, FunctionDescriptor descriptor) {
        return SYMBOLS.find(symbol)
                .map(address -> LINKER.downcallHandle(address, descriptor))
                .orElse(null);
    }

    /** @throws KernelException unless {@code status} is 0; {@code what} names the kernel */
    static void check(int status, String what) {
        if (status != 0) {
            String text = errorText();
            throw new KernelException(text.startsWith(what + ": ") ? text : what + ": " + text);
        }
    }

    private static String errorText() {
        if (WHAT == null) {
            return "the values are not allowed here (an index out of range, shapes that do not fit, no memory)";
        }
        try {
            MemorySegment text = (MemorySegment) WHAT.invokeExact();
            return text.address() == 0
                    ? "failed"
                    : Errors.tidy(text.reinterpret(Long.MAX_VALUE).getString(0));
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** Downcalls declare {@code Throwable} but raise only what this class throws itself. */
    static RuntimeException failed(Throwable e) {
        if (e instanceof RuntimeException runtime) {
            return runtime;
        }
        if (e instanceof Error error) {
            throw error;
        }
        return new IllegalStateException(e);
    }

    /** A function by its address. */
    static MethodHandle function(MemorySegment address, FunctionDescriptor descriptor, Linker.Option... options) {
        return LINKER.downcallHandle(address, descriptor, options);
    }
}
