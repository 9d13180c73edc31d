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

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup SYMBOLS = LibraryLoader.load().symbols();

    private static final @Nullable MethodHandle WHAT =
            findOptional("torch_exception_get_what_without_backtrace", FunctionDescriptor.of(ADDRESS));

    static {
        silenceLog();
    }

    private Native() {}

    /** 2.10 tells the text of an error to its log alone, with a backtrace; a client's bad index is no log line. */
    private static void silenceLog() {
        SYMBOLS.find("FLAGS_caffe2_log_level")
                .ifPresent(flag -> flag.reinterpret(JAVA_INT.byteSize()).set(JAVA_INT, 0, 4));
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
