package dev.gradwire.service.reliability;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What the tests of this package measured, for the table in docs/reliability.md: one line a figure. */
public final class Figures {
    private static final Path FILE = Path.of("target", "reliability.tsv");

    private Figures() {}

    /**
     * Appends a line.
     *
     * @param row of the test matrix, e.g. {@code R2}
     * @param figure what was measured, with its unit
     * @param limit what it has to hold, with its unit
     * @param seed of what was random; 0 where nothing was
     */
    public static synchronized void add(String row, String figure, String limit, long seed) {
        String line = String.join("\t", row, figure, limit, Long.toString(seed)) + "\n";
        try {
            Files.createDirectories(FILE.toAbsolutePath().getParent());
            // One write in append mode: test classes may run in several processes.
            Files.write(
                    FILE, line.getBytes(StandardCharsets.UTF_8), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
