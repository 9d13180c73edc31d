package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.DeviceUnavailableException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Opens libtorch, once a process: the one that {@code GRADWIRE_LIBTORCH} points to (the {@code lib} folder of a
 * PyTorch from 2.10 on), else the one embedded in the class path.
 */
@SuppressWarnings("restricted")
final class LibraryLoader {
    static final String VARIABLE = "GRADWIRE_LIBTORCH";

    /**
     * @param symbols of the library, its CUDA part included
     * @param folder where its files lie
     * @param operatorNew C++'s {@code operator new} as the library sees it
     * @param absent names of {@link SchemaTable} that it lacks or declares differently
     */
    record Loaded(SymbolLookup symbols, Path folder, MemorySegment operatorNew, boolean hasCuda, Set<String> absent) {}

    private static @Nullable Loaded loaded;
    private static @Nullable String failure;

    private LibraryLoader() {}

    /** @throws DeviceUnavailableException when there is no usable library; the first answer stands for good */
    static synchronized Loaded load() {
        if (loaded != null) {
            return loaded;
        }
        if (failure != null) {
            throw new DeviceUnavailableException(failure);
        }
        try {
            loaded = open();
            return loaded;
        } catch (DeviceUnavailableException e) {
            failure = e.getMessage();
            throw e;
        } catch (IOException | IllegalArgumentException | UnsatisfiedLinkError e) {
            failure = "libtorch cannot be loaded: " + e.getMessage();
            throw new DeviceUnavailableException(failure, e);
        }
    }

    static DeviceUnavailableException lacks(String symbol) {
        return new DeviceUnavailableException("this libtorch has no " + symbol + "; PyTorch 2.10 or later is needed");
    }

    private static Loaded open() throws IOException {
        String folder = System.getenv(VARIABLE);
        if (folder == null || folder.isBlank()) {
            EmbeddedLibrary embedded = EmbeddedLibrary.find()
                    .orElseThrow(() -> new DeviceUnavailableException(
                            "there is no libtorch: none is embedded for this platform, and " + VARIABLE
                                    + " does not name the lib folder of a PyTorch"));
            return open(embedded.unpack(EmbeddedLibrary.cache()), Set.of());
        }
        Path path = Path.of(folder);
        Path cpu = path.resolve("libtorch_cpu.so");
        if (!Files.isRegularFile(cpu)) {
            throw new DeviceUnavailableException(
                    VARIABLE + " does not name the lib folder of a PyTorch: " + cpu + " is missing");
        }
        return open(path, DeclaredSchemas.absentFrom(cpu, SchemaTable.declarations()));
    }

    private static Loaded open(Path folder, Set<String> absent) {
        // A dependency of a dependency is not searched beside it, but it is found when it is open already.
        SymbolLookup dependencies = symbol -> Optional.empty();
        for (String name : new String[] {"libquadmath.so.0", "libgfortran.so.5", "libopenblas.so.0", "libc10.so"}) {
            Path file = folder.resolve(name);
            if (Files.isRegularFile(file)) {
                dependencies = dependencies.or(lookup(file));
            }
        }
        SymbolLookup symbols = lookup(folder.resolve("libtorch_cpu.so")).or(dependencies);
        Path cuda = folder.resolve("libtorch_cuda.so");
        boolean hasCuda = false;
        if (Files.isRegularFile(cuda)) {
            try {
                symbols = symbols.or(lookup(cuda));
                hasCuda = true;
            } catch (IllegalArgumentException e) {
                // A CUDA build on a machine without CUDA's libraries still serves its CPU part.
            }
        }
        MemorySegment operatorNew = SymbolLookup.libraryLookup("libstdc++.so.6", Arena.global())
                .find("_Znwm")
                .orElseThrow(() -> lacks("operator new"));
        return new Loaded(symbols, folder, operatorNew, hasCuda, absent);
    }

    private static SymbolLookup lookup(Path library) {
        return SymbolLookup.libraryLookup(library.toAbsolutePath(), Arena.global());
    }
}
