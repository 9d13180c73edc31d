package dev.gradwire.cli.demo;

import dev.gradwire.client.GradFn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.graphper.draw.ExecuteException;
import org.graphper.parser.DotParser;

/** Writes a grad_fn graph as files. */
final class Drawing {
    private Drawing() {}

    /** Writes {@code grad_fn.dot} and {@code grad_fn.svg} into a folder, which is made if need be. */
    static void write(GradFn root, Path folder) throws IOException {
        String dot = root.dot();
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("grad_fn.dot"), dot);
        try {
            Files.writeString(
                    folder.resolve("grad_fn.svg"), DotParser.parse(dot).toSvgStr());
        } catch (ExecuteException e) {
            throw new IOException("cannot draw the graph", e);
        }
    }
}
