package dev.gradwire.cli.conformance;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reports as text for people and as JSON for tools. */
final class Printing {
    private Printing() {}

    static String json(Report report) {
        JsonObject total = counts(report.total());
        JsonObject totalFirst = new JsonObject();
        totalFirst.addProperty("cases", report.total().all());
        total.entrySet().forEach(entry -> totalFirst.add(entry.getKey(), entry.getValue()));
        JsonObject kinds = new JsonObject();
        for (Kind kind : Kind.values()) {
            kinds.add(kind.label(), counts(report.tally(kind)));
        }
        JsonArray operators = new JsonArray();
        for (Report.Row row : report.rows()) {
            JsonObject operator = new JsonObject();
            operator.addProperty("op", row.op());
            counts(row.tally()).entrySet().forEach(entry -> operator.add(entry.getKey(), entry.getValue()));
            operator.addProperty("worst_error", row.worstError());
            operator.add("reason", row.reason() == null ? JsonNull.INSTANCE : new JsonPrimitive(row.reason()));
            operators.add(operator);
        }
        JsonObject json = new JsonObject();
        json.add("total", totalFirst);
        json.add("kinds", kinds);
        json.add("operators", operators);
        return new GsonBuilder()
                .setPrettyPrinting()
                .disableHtmlEscaping()
                .serializeNulls()
                .create()
                .toJson(json);
    }

    private static JsonObject counts(Tally tally) {
        JsonObject json = new JsonObject();
        json.addProperty("passed", tally.passed());
        json.addProperty("failed", tally.failed());
        json.addProperty("unsupported", tally.unsupported());
        return json;
    }

    static String heading() {
        return "%-52s %7s %7s %12s %12s".formatted("", "passed", "failed", "unsupported", "worst error");
    }

    static String row(String name, Tally tally) {
        return "%-52s %7d %7d %12d".formatted(name, tally.passed(), tally.failed(), tally.unsupported());
    }

    static String row(Report.Row row) {
        String error = row.tally().passed() + row.tally().failed() == 0
                ? ""
                : String.format(Locale.ROOT, "%.1e", row.worstError());
        return row(row.op(), row.tally()) + " %12s".formatted(error);
    }

    /** What differs in a case, a line for each reason; empty where nothing failed. */
    static String failures(CaseResult result) {
        Map<String, List<String>> kinds = new LinkedHashMap<>();
        result.verdicts().forEach((kind, verdict) -> {
            if (verdict.status() == Verdict.Status.FAILED) {
                kinds.computeIfAbsent(String.valueOf(verdict.reason()), _ -> new ArrayList<>())
                        .add(kind.label());
            }
        });
        StringBuilder text = new StringBuilder();
        kinds.forEach((reason, failed) ->
                text.append("    %s %s: %s%n".formatted(result.id(), String.join(", ", failed), reason)));
        return text.toString();
    }

    static String summary(Report report, int knownDifferences) {
        StringBuilder text = new StringBuilder("\n").append(heading()).append('\n');
        for (Kind kind : Kind.values()) {
            text.append(row(kind.label(), report.tally(kind))).append('\n');
        }
        text.append(row("all %d cases".formatted(report.total().all()), report.total()));
        return text.append("\nknown differences from PyTorch: ")
                .append(knownDifferences)
                .toString();
    }
}
