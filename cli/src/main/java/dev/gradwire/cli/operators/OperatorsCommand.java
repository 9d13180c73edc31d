package dev.gradwire.cli.operators;

import dev.gradwire.cli.ProjectRoot;
import dev.gradwire.cli.conformance.Coverage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints or writes the operator reference. */
@Command(
        name = "operators",
        mixinStandardHelpOptions = true,
        description = "Show what operators there are: schemas, dtypes, derivatives, coverage.")
public final class OperatorsCommand implements Callable<Integer> {
    @Parameters(
            arity = "0..1",
            paramLabel = "PATTERN",
            description = "Only operators whose name matches, e.g. 'fft*' (default: all).")
    private @Nullable String pattern;

    @Option(names = "--write", paramLabel = "FILE", description = "Write the whole reference as Markdown instead.")
    private @Nullable Path file;

    @Spec
    private @Nullable CommandSpec spec;

    private final PrintStream out = System.out;

    @Override
    public Integer call() throws IOException {
        if (file != null && pattern != null) {
            throw usage("--write takes no pattern: it writes all operators");
        }
        PathMatcher wanted = matcher(pattern == null ? "*" : pattern);
        Reference reference = reference();
        if (file != null) {
            Files.writeString(file, reference.markdown());
            return 0;
        }
        List<Entry> chosen = reference.entries().stream()
                .filter(entry -> entry.names().stream().anyMatch(name -> wanted.matches(Path.of(name))))
                .toList();
        if (chosen.isEmpty()) {
            throw usage("no operator matches " + pattern);
        }
        chosen.forEach(entry -> out.println(Reference.lines(entry)));
        return 0;
    }

    private PathMatcher matcher(String glob) {
        try {
            return FileSystems.getDefault().getPathMatcher("glob:" + glob);
        } catch (PatternSyntaxException e) {
            throw usage(glob + " is no pattern: " + e.getDescription());
        }
    }

    private Reference reference() {
        Path folder = ProjectRoot.find().resolve("conformance");
        if (!Files.isDirectory(folder)) {
            throw usage("there is no folder " + folder);
        }
        return new Reference(Coverage.read(folder));
    }

    private ParameterException usage(String message) {
        if (spec == null) {
            throw new IllegalStateException(message);
        }
        return new ParameterException(spec.commandLine(), message);
    }
}
