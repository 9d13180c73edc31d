package dev.gradwire.cli.bench;

import dev.gradwire.cli.conformance.Refusal;
import dev.gradwire.pass.Plan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Where the time of a warm run goes: the steps of the plan, those that take longest first. */
final class Profile {
    private static final int RUNS = 101;
    private static final long NANOS = 2_000_000_000;
    private static final int STEPS = 25;

    private record Entry(Plan.Step step, double micros) {}

    private Profile() {}

    static List<String> of(Workload workload, int threads) throws Refusal {
        try (EngineContender contender = new EngineContender(threads);
                EngineContender.Resident loaded = contender.load(workload)) {
            settle(loaded);
            List<Samples> samples = new ArrayList<>();
            loaded.plan().steps().forEach(_ -> samples.add(new Samples()));
            Samples whole = new Samples();
            long end = System.nanoTime() + NANOS;
            for (int run = 0; run < RUNS && (run == 0 || System.nanoTime() < end); run++) {
                long start = System.nanoTime();
                List<Long> nanos = loaded.profile();
                whole.add(System.nanoTime() - start);
                for (int i = 0; i < nanos.size(); i++) {
                    samples.get(i).add(nanos.get(i));
                }
            }
            return lines(workload, loaded.plan(), samples, whole);
        }
    }

    private static void settle(EngineContender.Resident loaded) throws Refusal {
        long end = System.nanoTime() + NANOS;
        do {
            loaded.run();
        } while (System.nanoTime() < end);
    }

    private static List<String> lines(Workload workload, Plan plan, List<Samples> samples, Samples whole) {
        List<Entry> entries = new ArrayList<>();
        double sum = 0;
        for (int i = 0; i < samples.size(); i++) {
            double micros = samples.get(i).count() == 0 ? 0 : samples.get(i).quantile(0.5) * 1e3;
            entries.add(new Entry(plan.steps().get(i), micros));
            sum += micros;
        }
        entries.sort(Comparator.comparingDouble(Entry::micros).reversed());
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "%s: %.1f µs, of which %.1f µs in %d steps",
                workload.name(),
                whole.quantile(0.5) * 1e3,
                sum,
                entries.size()));
        lines.add("%10s %6s %12s %12s  %-24s %s".formatted("µs", "share", "GFLOP/s", "GB/s", "node", "call"));
        for (Entry entry : entries.subList(0, Math.min(STEPS, entries.size()))) {
            Plan.Price price = entry.step.price();
            double nanos = Math.max(1, entry.micros * 1e3);
            lines.add(String.format(
                    Locale.ROOT,
                    "%10.1f %5.1f%% %12.1f %12.1f  %-24s %s",
                    entry.micros,
                    100 * entry.micros / Math.max(sum, 1e-9),
                    price.flops() / nanos,
                    price.bytesMoved() / nanos,
                    entry.step.node() + (entry.step.backward() ? " backward" : ""),
                    entry.step.call().name()));
        }
        return lines;
    }
}
