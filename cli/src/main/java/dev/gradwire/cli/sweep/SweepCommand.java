package dev.gradwire.cli.sweep;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs operators × dtypes × shapes × special values and reports what is neither a result nor a typed error. */
@Command(
        name = "sweep",
        mixinStandardHelpOptions = true,
        description =
                "Call every operator with tensors and arguments that hardly fit, in a child process. Each case must"
                        + " end with a result or an error that names its node; the process must not end.")
public final class SweepCommand implements Callable<Integer> {
    private static final int SECONDS_PER_CASE = 120;

    @Option(names = "--cases", paramLabel = "N", description = "How many cases (default: ${DEFAULT-VALUE}).")
    private long cases = 100_000;

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "What the cases are made from (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    @Option(names = "--from", paramLabel = "I", description = "Number of the first case (default: ${DEFAULT-VALUE}).")
    private long from;

    private final PrintStream out = System.out;
    private final Map<SweepOutcome.Kind, Long> counts = new EnumMap<>(SweepOutcome.Kind.class);
    private final Set<String> reported = new TreeSet<>();

    @Override
    public Integer call() throws IOException, InterruptedException {
        long end = from + cases;
        long next = from;
        while (next < end) {
            next = child(next, end);
        }
        out.println("cases " + cases + ", seed " + seed + ": " + counts);
        return reported.isEmpty() ? 0 : 1;
    }

    /** Runs cases in a process of their own until they are done or it ends; gives the number of the next one. */
    private long child(long first, long end) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules=jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xmx1g",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SweepRunner.class.getName(),
                        Long.toString(seed),
                        Long.toString(first),
                        Long.toString(end))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        long next = first;
        boolean open = false;
        try (ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
                BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            ScheduledFuture<?> alarm = alarm(clock, process);
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                alarm.cancel(false);
                alarm = alarm(clock, process);
                open = line.startsWith(SweepOutcome.BEGIN);
                if (!open) {
                    count(next++, SweepOutcome.parse(line));
                }
            }
            alarm.cancel(false);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        int status = process.waitFor();
        if (next < end) {
            String what = open ? "the process ended with status " : "the process did not begin: status ";
            count(next++, new SweepOutcome(SweepOutcome.Kind.ABORTED, what + status));
        }
        return next;
    }

    private static ScheduledFuture<?> alarm(ScheduledExecutorService clock, Process process) {
        return clock.schedule(process::destroyForcibly, SECONDS_PER_CASE, TimeUnit.SECONDS);
    }

    private void count(long number, SweepOutcome outcome) {
        counts.merge(outcome.kind(), 1L, Long::sum);
        if (outcome.isFinding()) {
            SweepCase item = SweepCase.of(seed, number);
            if (reported.add(outcome.kind() + " " + item.op())) {
                report(number, outcome, item);
            }
        }
        if ((number + 1 - from) % 5_000 == 0) {
            out.println(number + 1 - from + " cases: " + counts);
        }
    }

    private void report(long number, SweepOutcome outcome, SweepCase item) {
        List<String> inputs = item.inputs().entrySet().stream()
                .map(input -> "# " + input.getKey() + " = "
                        + dev.gradwire.graph.TextForm.print(new dev.gradwire.graph.Argument.Constant(input.getValue())))
                .toList();
        out.println("case " + number + ": " + outcome.line());
        inputs.forEach(out::println);
        out.println(item.text() + "\n");
    }
}
