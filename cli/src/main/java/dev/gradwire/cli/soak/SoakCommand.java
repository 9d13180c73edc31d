package dev.gradwire.cli.soak;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs the long rows of the test matrix and says whether their figures hold. */
@Command(
        name = "soak",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Treat servers badly for a while: bad networks, overload, noisy callers, cancelled calls, long use. Each row"
                    + " of docs/reliability.md starts servers of its own and holds figures to their limits.",
            "Exit status 1 where one does not hold."
        })
public final class SoakCommand implements Callable<Integer> {
    private static final double LEAST_SECONDS = 5;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            description = "For all rows together (default: ${DEFAULT-VALUE}).",
            defaultValue = "10")
    private double minutes;

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "What is random is made from it (default: ${DEFAULT-VALUE}).",
            defaultValue = "1")
    private long seed;

    @Option(names = "--row", paramLabel = "ID", description = "Only this row; may be given several times.")
    private List<String> only = new ArrayList<>();

    @Option(names = "--json", description = "Print the figures as JSON, and progress on the error stream.")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final PrintStream out = System.out;

    /** Rows in their order, anew for each run. */
    static List<Row> rows() {
        return List.of(
                new MixedCalls(),
                new BadNetwork(),
                new Overload(),
                new ManyClients(),
                new NoisyTenant(),
                new Hedging(),
                new Cancels(),
                new JavaClient());
    }

    /** What came of one row. */
    record Outcome(Row row, List<Trial.Figure> figures) {}

    @Override
    public Integer call() {
        List<Row> rows = rows().stream()
                .filter(row -> only.isEmpty() || only.contains(row.id()))
                .toList();
        List<String> known = rows().stream().map(Row::id).toList();
        only.stream().filter(id -> !known.contains(id)).findFirst().ifPresent(id -> {
            throw new ParameterException(spec.commandLine(), "no row " + id + "; there are: " + known);
        });
        double weights = rows.stream().mapToInt(Row::weight).sum();
        List<Outcome> outcomes = new ArrayList<>();
        for (Row row : rows) {
            double seconds = Math.max(LEAST_SECONDS, 60 * minutes * row.weight() / weights);
            outcomes.add(run(row, seconds));
        }
        if (json) {
            out.println(json(outcomes, seed));
        } else {
            table(outcomes, seed).forEach(out::println);
        }
        return outcomes.stream().allMatch(SoakCommand::holds) ? 0 : 1;
    }

    private Outcome run(Row row, double seconds) {
        PrintStream progress = json ? System.err : out;
        progress.printf(Locale.ROOT, "%s for %.0f s: %s%n", row.id(), seconds, row.fault());
        Trial trial = new Trial(seconds, seed);
        List<Trial.Figure> figures;
        try {
            row.run(trial);
            figures = trial.figures();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (Exception e) {
            figures = new ArrayList<>(trial.figures());
            figures.add(new Trial.Figure("ended early: " + e, 1, "", "0", false));
        }
        figures.forEach(figure -> progress.println("  " + figure.what() + ": " + figure.text()
                + (Boolean.FALSE.equals(figure.held()) ? ", not " + figure.limit() : "")));
        return new Outcome(row, figures);
    }

    private static boolean holds(Outcome outcome) {
        return outcome.figures.stream().noneMatch(figure -> Boolean.FALSE.equals(figure.held()));
    }

    static List<String> table(List<Outcome> outcomes, long seed) {
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.add("seed " + seed);
        lines.add("%-4s %-64s %18s  %-18s %s".formatted("row", "figure", "value", "limit", "held"));
        for (Outcome outcome : outcomes) {
            lines.add("%-4s %s".formatted(outcome.row.id(), outcome.row.fault()));
            for (Trial.Figure figure : outcome.figures) {
                String held = figure.held() == null ? "" : figure.held() ? "yes" : "no";
                lines.add("%-4s %-64s %18s  %-18s %s"
                        .formatted(
                                "", figure.what(), figure.text(), figure.limit().strip(), held)
                        .stripTrailing());
            }
        }
        return lines;
    }

    static String json(List<Outcome> outcomes, long seed) {
        JsonArray array = new JsonArray();
        for (Outcome outcome : outcomes) {
            for (Trial.Figure figure : outcome.figures) {
                JsonObject object = new JsonObject();
                object.addProperty("row", outcome.row.id());
                object.addProperty("fault", outcome.row.fault());
                object.addProperty("figure", figure.what());
                object.addProperty("value", figure.value());
                object.addProperty("unit", figure.unit());
                object.addProperty("limit", figure.limit());
                object.addProperty("held", figure.held());
                object.addProperty("seed", seed);
                array.add(object);
            }
        }
        return new GsonBuilder()
                .setPrettyPrinting()
                .serializeNulls()
                .serializeSpecialFloatingPointValues()
                .create()
                .toJson(array);
    }
}
