package dev.gradwire.cli.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An engine that workers can be started for.
 *
 * @param name in tables
 * @param ours whether it is this project's
 * @param command starts a worker, but for the number of threads
 */
record Contestant(String name, boolean ours, List<String> command) {
    /** All touched at the start, so that the growth of a process is that of its tensors, not of Java's heap. */
    private static final List<String> HEAP = List.of("-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch");

    Contestant {
        command = List.copyOf(command);
    }

    static Contestant ours(String name) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(HEAP);
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.gradwire.cli.Main", "bench-worker"));
        command.addAll(List.of("--engine", name));
        return new Contestant(name, true, command);
    }

    /** @param data the folder of {@link PeerData} */
    static Contestant peer(String name, Path python, Path script, Path data) {
        return new Contestant(
                name,
                false,
                List.of(python.toString(), script.toString(), "--data", data.toString(), "--engine", name));
    }

    /** With one thread, on one processor, and so on: some libraries start more threads than they are told. */
    List<String> command(int threads) throws IOException {
        List<String> whole = new ArrayList<>(Processors.pin(threads));
        whole.addAll(command);
        whole.addAll(List.of("--threads", String.valueOf(threads)));
        return whole;
    }
}
