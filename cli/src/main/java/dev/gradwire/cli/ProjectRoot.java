package dev.gradwire.cli;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the project's own files lie. */
public final class ProjectRoot {
    private ProjectRoot() {}

    /** The folder that the launcher names; without a launcher, the nearest one above that holds it. */
    public static Path find() {
        String named = System.getProperty("gradwire.root");
        if (named != null) {
            return Path.of(named);
        }
        Path here = Path.of("").toAbsolutePath();
        for (Path folder = here; folder != null; folder = folder.getParent()) {
            if (Files.isRegularFile(folder.resolve("gradwire")) && Files.isDirectory(folder.resolve("conformance"))) {
                return folder;
            }
        }
        return here;
    }
}
