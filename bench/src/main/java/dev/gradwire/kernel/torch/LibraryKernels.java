package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.Kernel;
import dev.gradwire.kernel.KernelCall;
import java.util.Set;
import org.jspecify.annotations.NullMarked;

/** The library's own kernels, also for what has another one here; in this package as nobody else needs them. */
@NullMarked
public final class LibraryKernels {
    private static final SchemaTable SCHEMAS = new SchemaTable(Set.of());

    private LibraryKernels() {}

    /** Through the library's dispatcher, into memory that is there where the library has such an overload. */
    public static Kernel of(TorchBackend backend, KernelCall call) {
        Arguments arguments = Arguments.check(call, SCHEMAS.get(call.name()));
        return new TorchKernel(
                backend, call, WriteForms.of(backend, arguments, new DispatcherKernel(backend, arguments)));
    }
}
