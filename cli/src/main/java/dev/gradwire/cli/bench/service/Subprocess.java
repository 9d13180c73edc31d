package dev.gradwire.cli.bench.service;

import dev.gradwire.cli.Main;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A command of this program in a process of its own, started as this one was. */
final class Subprocess implements AutoCloseable {
    private final Process process;
    private final List<Integer> ports;

    private Subprocess(Process process, List<Integer> ports) {
        this.process = process;
        this.ports = ports;
    }

    /** Waits for the first line, which ends with the ports that it listens on. */
    static Subprocess start(List<String> options, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader lines = process.inputReader();
        String line = lines.readLine();
        while (line != null && line.startsWith("[")) { // Java's own log
            line = lines.readLine();
        }
        if (line == null) {
            throw new IOException("'" + arguments[0] + "' did not start");
        }
        List<Integer> ports = new ArrayList<>();
        for (String part : line.substring(line.lastIndexOf(' ') + 1).split(":", -1)) {
            if (part.chars().allMatch(Character::isDigit)) {
                ports.add(Integer.parseInt(part));
            }
        }
        return new Subprocess(process, ports);
    }

    int port() {
        return ports.getLast();
    }

    int firstPort() {
        return ports.getFirst();
    }

    /** Processor time so far, which other work on the machine disturbs less than the clock. */
    Duration cpu() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
