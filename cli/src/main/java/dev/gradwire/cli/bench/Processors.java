package dev.gradwire.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Pins a process that is to be started to as many processors as it has threads, where {@code taskset} can. */
final class Processors {
    private static final Path TASKSET = Path.of("/usr/bin/taskset");
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String ALLOWED = "Cpus_allowed_list:";

    private Processors() {}

    static boolean canPin() {
        return Files.isExecutable(TASKSET) && Files.isReadable(STATUS);
    }

    /** What to put in front of its command; nothing where it cannot be pinned. */
    static List<String> pin(int threads) throws IOException {
        if (!canPin()) {
            return List.of();
        }
        for (String line : Files.readAllLines(STATUS)) {
            if (line.startsWith(ALLOWED)) {
                List<Integer> allowed = parse(line.substring(ALLOWED.length()).strip());
                List<String> chosen = allowed.subList(0, Math.min(threads, allowed.size())).stream()
                        .map(String::valueOf)
                        .toList();
                return List.of(TASKSET.toString(), "-c", String.join(",", chosen));
            }
        }
        return List.of();
    }

    /** A list as {@code 0-2,5}. */
    static List<Integer> parse(String list) {
        List<Integer> numbers = new ArrayList<>();
        for (String range : list.split(",", -1)) {
            String[] ends = range.split("-", -1);
            for (int i = Integer.parseInt(ends[0]); i <= Integer.parseInt(ends[ends.length - 1]); i++) {
                numbers.add(i);
            }
        }
        return numbers;
    }
}
