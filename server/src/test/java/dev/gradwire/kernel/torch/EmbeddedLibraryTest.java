package dev.gradwire.kernel.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedLibraryTest {
    @TempDir
    Path temporary;

    private Path cache;

    @BeforeEach
    void setUp() {
        cache = temporary.resolve("cache");
    }

    private EmbeddedLibrary library(String fingerprint) throws IOException {
        List<EmbeddedLibrary.Source> sources = new ArrayList<>();
        for (String name : List.of("a.so", "b.so.1")) {
            Path file = temporary.resolve(name);
            Files.writeString(file, name.repeat(1000));
            sources.add(new EmbeddedLibrary.Source(name, file.toUri().toURL(), Files.size(file), fingerprint));
        }
        return new EmbeddedLibrary(sources);
    }

    private List<Path> folders() throws IOException {
        try (Stream<Path> files = Files.list(cache)) {
            return files.toList();
        }
    }

    @Test
    void unpacksOnce() throws IOException {
        Path folder = library("1").unpack(cache);
        assertThat(folder.resolve("a.so")).hasContent("a.so".repeat(1000));
        assertThat(folder.resolve("b.so.1")).hasContent("b.so.1".repeat(1000));
        Files.writeString(folder.resolve("a.so"), "x".repeat(4000));
        assertThat(library("1").unpack(cache)).isEqualTo(folder);
        assertThat(folder.resolve("a.so")).hasContent("x".repeat(4000));
    }

    @Test
    void otherContentGoesElsewhere() throws IOException {
        assertThat(library("1").unpack(cache)).isNotEqualTo(library("2").unpack(cache));
    }

    @Test
    void whatIsBrokenIsReplaced() throws IOException {
        Path folder = library("1").unpack(cache);
        Files.writeString(folder.resolve("a.so"), "cut");
        assertThat(library("1").unpack(cache)).isEqualTo(folder);
        assertThat(folder.resolve("a.so")).hasContent("a.so".repeat(1000));
        assertThat(folders()).containsExactly(folder);
    }

    @Test
    void manyAtOnceAgree() throws Exception {
        EmbeddedLibrary library = library("1");
        Callable<Path> unpack = () -> library.unpack(cache);
        try (var pool = Executors.newFixedThreadPool(8)) {
            for (Future<Path> folder : pool.invokeAll(Collections.nCopies(8, unpack))) {
                assertThat(folder.get().resolve("b.so.1")).hasContent("b.so.1".repeat(1000));
            }
        }
        assertThat(folders()).hasSize(1);
    }

    @Test
    void theClassPathHasOne() throws IOException {
        assertThat(EmbeddedLibrary.find()).isPresent();
    }
}
