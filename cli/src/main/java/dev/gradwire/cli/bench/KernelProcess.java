package dev.gradwire.cli.bench;

import dev.gradwire.cli.ProjectRoot;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs the benchmarks of module {@code bench}, which is on no class path of what is shipped, in a process of its own. */
final class KernelProcess {
    private static final String MAIN = "dev.gradwire.bench.KernelBench";

    private KernelProcess() {}

    /**
     * Its exit status.
     *
     * @param patterns of the kernels' names, none for all
     */
    static int run(List<String> patterns, boolean json) throws IOException, InterruptedException {
        Path folder = ProjectRoot.find().resolve("bench/target");
        Path jar = folder.resolve("gradwire-bench.jar");
        if (!Files.isRegularFile(jar)) {
            throw new IOException("there is no " + jar + ": ./gradwire build makes it");
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.add("--sun-misc-unsafe-memory-access=allow"); // JMH's own, of which Java would warn
        command.add("-cp");
        command.add(jar + System.getProperty("path.separator") + Files.readString(folder.resolve("classpath")));
        command.add(MAIN);
        command.add(json ? "json" : "table");
        command.addAll(patterns);
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        WorkerProcess.setThreads(builder, 1);
        return builder.start().waitFor();
    }
}
