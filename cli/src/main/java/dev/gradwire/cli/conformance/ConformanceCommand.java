package dev.gradwire.cli.conformance;

import dev.gradwire.cli.ProjectRoot;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Compares values, derivatives and grad_fn metadata with PyTorch's, case by case. */
@Command(
        name = "conformance",
        mixinStandardHelpOptions = true,
        description = "Check operators and gradients against reference data. Exit status: 0 where nothing failed.")
public final class ConformanceCommand implements Callable<Integer> {
    // From Java 25 on there is no console where there is no terminal, as before Java 22.
    @SuppressWarnings("SystemConsoleNull")
    private static final boolean TERMINAL =
            System.console() != null && System.console().isTerminal();

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "Folder with ops, graphs and seed (default: the project's).")
    private @Nullable Path folder;

    @Option(names = "--op", paramLabel = "PATTERN", description = "Only operators that match, e.g. 'add*'.")
    private @Nullable String pattern;

    @Option(names = "--graphs", description = "Only graphs, no single operators.")
    private boolean graphs;

    @Option(names = "--in-process", description = "Call the engine directly, without client and server.")
    private boolean inProcess;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Option(names = "--verbose", description = "List each failing case and where it differs.")
    private boolean verbose;

    @Spec
    private @Nullable CommandSpec spec;

    private final PrintStream out = System.out;
    private final Report report = new Report();

    @Override
    public Integer call() {
        Path directory = folder != null ? folder : ProjectRoot.find().resolve("conformance");
        if (!Files.isDirectory(directory)) {
            throw usage("there is no folder " + directory);
        }
        List<Path> files = Selection.files(directory, pattern, graphs);
        if (files.isEmpty()) {
            throw usage("no operator matches " + pattern);
        }
        KnownDifferences known = KnownDifferences.read(directory);
        try (Target target = open()) {
            for (int i = 0; i < files.size(); i++) {
                progress(i, files.size(), files.get(i));
                judge(files.get(i), target, known);
            }
        }
        clearProgress();
        out.println(
                json
                        ? Printing.json(report)
                        : Printing.summary(report, known.rows().size()));
        return report.total().failed() == 0 ? 0 : 1;
    }

    private Target open() {
        return inProcess ? EngineTarget.open(1) : ClientTarget.start(1);
    }

    private void judge(Path path, Target target, KnownDifferences known) {
        CaseFile file = CaseFile.read(path);
        List<CaseResult> results = new ArrayList<>();
        for (Case item : file.cases()) {
            results.add(known.apply(Judge.judge(item, target)));
        }
        Report.Row row = report.add(file.id(), results);
        if (json) {
            return;
        }
        clearProgress();
        if (report.rows().size() == 1) {
            out.println(Printing.heading());
        }
        out.println(Printing.row(row));
        if (verbose) {
            results.forEach(result -> out.print(Printing.failures(result)));
        } else if (row.tally().failed() > 0) {
            out.println("    " + row.reason());
        }
    }

    private static void progress(int done, int all, Path file) {
        if (TERMINAL) {
            System.err.printf("\r%d of %d: %-60s", done, all, CaseFile.idOf(file));
        }
    }

    private static void clearProgress() {
        if (TERMINAL) {
            System.err.print("\r\033[K");
        }
    }

    private ParameterException usage(String message) {
        if (spec == null) {
            throw new IllegalStateException(message);
        }
        return new ParameterException(spec.commandLine(), message);
    }
}
