package dev.gradwire.cli.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The files of a conformance folder that are asked for. */
public final class Selection {
    private Selection() {}

    /**
     * Files in the order seed, graphs, operators.
     *
     * @param pattern a glob for operator files, with or without {@code nn.functional.} and its like; null for all
     * @param graphsOnly leave the operators out
     */
    public static List<Path> files(Path folder, @Nullable String pattern, boolean graphsOnly) {
        List<Path> files = new ArrayList<>();
        if (pattern == null || graphsOnly) {
            files.addAll(list(folder.resolve("seed")));
            files.addAll(list(folder.resolve("graphs")));
        }
        if (!graphsOnly) {
            files.addAll(list(folder.resolve("ops")));
        }
        return pattern == null
                ? files
                : files.stream()
                        .filter(file -> matches(CaseFile.idOf(file), pattern))
                        .toList();
    }

    private static boolean matches(String id, String pattern) {
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
        String bare = id.substring(id.lastIndexOf('.') + 1);
        String base = bare.contains("__") && !bare.startsWith("__") ? bare.substring(0, bare.indexOf("__")) : bare;
        return Stream.of(id, bare, base).anyMatch(name -> matcher.matches(Path.of(name)));
    }

    private static List<Path> list(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(file -> file.toString().endsWith(".json.gz"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
