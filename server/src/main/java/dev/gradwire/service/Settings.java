package dev.gradwire.service;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * Values for options that the command line leaves out: from the environment ({@code --max-flops} is {@code
 * GRADWIRE_MAX_FLOPS}), else from a file of properties ({@code max-flops=…}). The option itself is the one place for name,
 * type and default.
 */
record Settings(Map<String, String> environment, Properties file) {
    private static final String PREFIX = "GRADWIRE_";

    /** Variables of the launcher and the library, no options. */
    private static final Set<String> OTHERS = Set.of("help", "version", "config");

    /** @throws ParameterException when the file cannot be read, or names no option */
    static Settings read(CommandSpec spec, Map<String, String> environment, @Nullable Path path) {
        Properties file = new Properties();
        if (path != null) {
            try (Reader reader = Files.newBufferedReader(path)) {
                file.load(reader);
            } catch (IOException e) {
                throw error(spec, "cannot read " + path + ": " + e.getMessage());
            }
            file.stringPropertyNames().stream()
                    .filter(key -> spec.findOption("--" + key) == null || OTHERS.contains(key))
                    .findFirst()
                    .ifPresent(key -> {
                        throw error(spec, path + " sets '" + key + "', which is no option of this command");
                    });
        }
        return new Settings(environment, file);
    }

    /**
     * Parses again, with what is set here in the place of what was not given.
     *
     * @throws ParameterException when a value is not what its option takes
     */
    void applyTo(CommandSpec spec, ParseResult given) {
        List<String> args = new ArrayList<>();
        for (OptionSpec option : spec.options()) {
            if (given.hasMatchedOption(option)) {
                option.originalStringValues().forEach(value -> args.add(option.longestName() + "=" + value));
            } else {
                value(option).ifPresent(value -> args.add(option.longestName() + "=" + value));
            }
        }
        spec.commandLine().parseArgs(args.toArray(String[]::new));
    }

    private Optional<String> value(OptionSpec option) {
        String key = option.longestName().substring(2);
        if (OTHERS.contains(key)) {
            return Optional.empty();
        }
        String variable = PREFIX + key.replace('-', '_').toUpperCase(Locale.ROOT);
        return Optional.ofNullable(environment.getOrDefault(variable, file.getProperty(key)));
    }

    private static ParameterException error(CommandSpec spec, String text) {
        return new ParameterException(spec.commandLine(), text);
    }
}
