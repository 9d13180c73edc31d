package dev.gradwire.cli.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Measurements of one number of threads for people: all of them, then ours beside the best peer's and the goals. */
final class BenchTable {
    private static final String OURS = "gradwire";
    private static final String EAGER = "pytorch";

    /** Processes grow by so much anyway. */
    private static final long NOISE_BYTES = 4_000_000;

    private BenchTable() {}

    static List<String> all(List<Measurement> measurements) {
        List<String> lines = new ArrayList<>();
        lines.add("%-36s %-16s %7s %11s %11s %21s %6s %9s %9s"
                .formatted(
                        "workload",
                        "engine",
                        "threads",
                        "cold ms",
                        "warm ms",
                        "quarters",
                        "runs",
                        "peak MB",
                        "tensor MB"));
        for (Measurement each : measurements) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%-36s %-16s %7d %11.3f %11.4f %21s %6d %9.1f %9s",
                    each.workload(),
                    each.engine(),
                    each.threads(),
                    each.coldMillis(),
                    each.warmMillis(),
                    String.format(Locale.ROOT, "%.4f–%.4f", each.lowMillis(), each.highMillis()),
                    each.runs(),
                    each.peakBytes() / 1e6,
                    each.tensorBytes() == 0 ? "" : String.format(Locale.ROOT, "%.1f", each.tensorBytes() / 1e6)));
        }
        return lines;
    }

    /** One line for each workload that there is a goal for and that peers ran, too; empty where there is none. */
    static List<String> goals(List<Measurement> measurements) {
        List<String> lines = new ArrayList<>();
        for (String workload : Workloads.names()) {
            List<Measurement> rows = measurements.stream()
                    .filter(each -> each.workload().equals(workload))
                    .toList();
            Measurement ours = of(rows, OURS);
            Workloads.Goal goal = Workloads.goal(workload);
            if (ours != null && goal != null) {
                best(rows, Measurement::warmMillis).ifPresent(best -> lines.add(line(ours, rows, best, goal)));
            }
        }
        if (!lines.isEmpty()) {
            lines.addFirst("%-12s %7s | %-16s %8s %6s %4s | %-16s %9s | %9s %6s %4s | %8s %8s %4s"
                    .formatted(
                            "workload",
                            "threads",
                            "best warm",
                            "ours/it",
                            "goal",
                            "met",
                            "best cold",
                            "ours/it",
                            "cold−warm",
                            "goal",
                            "met",
                            "MB/eager",
                            "tensors",
                            "met"));
        }
        return lines;
    }

    private static String line(Measurement ours, List<Measurement> rows, Measurement best, Workloads.Goal goal) {
        double warm = ours.warmMillis() / best.warmMillis();
        Measurement coldest = best(rows, Measurement::coldMillis).orElse(best);
        double planning = ours.coldMillis() - ours.warmMillis();
        Measurement eager = of(rows, EAGER);
        return String.format(
                Locale.ROOT,
                "%-12s %7d | %-16s %8.3f %6.2f %4s | %-16s %9.4f | %9.2f %6.0f %4s | %s",
                ours.workload(),
                ours.threads(),
                best.engine(),
                warm,
                goal.warmRatio(),
                met(warm <= goal.warmRatio()),
                coldest.engine(),
                ours.coldMillis() / coldest.coldMillis(),
                planning,
                goal.planMillis(),
                met(planning <= goal.planMillis()),
                eager == null ? "" : memory(ours, eager));
    }

    /** Of the processes' growth and of the tensors by the engines' own account; both may not be above PyTorch's. */
    private static String memory(Measurement ours, Measurement eager) {
        boolean grown = ours.peakBytes() <= Math.max(eager.peakBytes(), NOISE_BYTES);
        return String.format(
                Locale.ROOT,
                "%8.2f %8.2f %4s",
                ratio(ours.peakBytes(), eager.peakBytes()),
                ratio(ours.tensorBytes(), eager.tensorBytes()),
                met(grown && ours.tensorBytes() <= eager.tensorBytes()));
    }

    private static double ratio(long ours, long theirs) {
        return (double) ours / Math.max(1, theirs);
    }

    private static String met(boolean met) {
        return met ? "yes" : "no";
    }

    private static Optional<Measurement> best(List<Measurement> rows, ToDoubleFunction<Measurement> time) {
        return rows.stream().filter(row -> !row.engine().startsWith(OURS)).min(Comparator.comparingDouble(time));
    }

    private static @Nullable Measurement of(List<Measurement> rows, String engine) {
        return rows.stream()
                .filter(row -> row.engine().equals(engine))
                .findFirst()
                .orElse(null);
    }
}
