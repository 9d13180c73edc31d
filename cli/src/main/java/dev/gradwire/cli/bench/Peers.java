package dev.gradwire.cli.bench;

import dev.gradwire.cli.ProjectRoot;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The frameworks that we are measured beside, as far as a Python environment has them: {@code bench/peers}. */
final class Peers {
    private static final List<String> NAMES = List.of("pytorch", "pytorch-compile", "jax");
    private static final String VARIABLE = "GRADWIRE_PEERS";
    private static final int PROBE_SECONDS = 120;

    private Peers() {}

    private static Path folder() {
        return ProjectRoot.find().resolve("bench/peers");
    }

    private static Path ownEnvironment() {
        return ProjectRoot.find().resolve("target/venv/peers");
    }

    /**
     * The interpreter to run peers with: the one named, which may be the folder of an environment; else the one that
     * GRADWIRE_PEERS names; else that of the environment that {@link #install} makes, if it is there.
     */
    static @Nullable Path python(@Nullable Path named) {
        String variable = System.getenv(VARIABLE);
        Path chosen = named != null ? named : variable != null ? Path.of(variable) : ownEnvironment();
        Path python = Files.isDirectory(chosen) ? chosen.resolve("bin/python") : chosen;
        return Files.isExecutable(python) ? python.toAbsolutePath() : null;
    }

    /** Makes an environment with all of them. */
    static void install() throws IOException, InterruptedException {
        Path environment = ownEnvironment();
        call("python3", "-m", "venv", environment.toString());
        call(
                environment.resolve("bin/python").toString(),
                "-m",
                "pip",
                "install",
                "-r",
                folder().resolve("requirements.txt").toString());
    }

    private static void call(String... command) throws IOException, InterruptedException {
        int status = new ProcessBuilder(command)
                .redirectOutput(Redirect.INHERIT)
                .redirectError(Redirect.INHERIT)
                .start()
                .waitFor();
        if (status != 0) {
            throw new IOException(String.join(" ", command) + " failed");
        }
    }

    /**
     * Those that are there; the others get a note.
     *
     * @param data the folder of {@link PeerData}
     */
    static List<Contestant> found(Path python, Path data, Path logs, Consumer<String> notes) throws IOException {
        List<Contestant> found = new ArrayList<>();
        Path script = folder().resolve("worker.py");
        for (String name : NAMES) {
            List<String> command = List.of(python.toString(), script.toString(), "--probe", "--engine", name);
            try (WorkerProcess probe = WorkerProcess.start(command, 1, logs.resolve("probe.log"), PROBE_SECONDS)) {
                notes.accept(name + " is there: " + probe.version());
                found.add(Contestant.peer(name, python, script, data));
            } catch (WorkerProcess.Failure e) {
                notes.accept(name + " left out: " + e.getMessage());
            }
        }
        return found;
    }
}
