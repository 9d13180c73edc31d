package dev.gradwire.cli.conformance;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All results, counted. */
final class Report {
    /**
     * The results of one file.
     *
     * @param reason of the first case that did not pass, failures first; null if all passed
     */
    record Row(
            String op,
            Tally tally,
            double worstError,
            @Nullable String reason) {}

    private final Tally total = new Tally();
    private final Map<Kind, Tally> kinds = new EnumMap<>(Kind.class);
    private final List<Row> rows = new ArrayList<>();

    Report() {
        for (Kind kind : Kind.values()) {
            kinds.put(kind, new Tally());
        }
    }

    Row add(String op, List<CaseResult> results) {
        Tally tally = new Tally();
        double worst = 0;
        String failure = null;
        String gap = null;
        for (CaseResult result : results) {
            tally.add(result.status());
            total.add(result.status());
            worst = Math.max(worst, result.worstError());
            result.verdicts().forEach((kind, verdict) -> tally(kind).add(verdict.status()));
            boolean failed = result.status() == Verdict.Status.FAILED;
            failure = failure == null && failed ? result.reason() : failure;
            gap = gap == null && !failed ? result.reason() : gap;
        }
        Row row = new Row(op, tally, worst, failure != null ? failure : gap);
        rows.add(row);
        return row;
    }

    Tally total() {
        return total;
    }

    Tally tally(Kind kind) {
        return kinds.computeIfAbsent(kind, _ -> new Tally());
    }

    List<Row> rows() {
        return List.copyOf(rows);
    }
}
