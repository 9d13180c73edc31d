package dev.gradwire.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The page of limits is made from the enum: with {@code -Dgradwire.write-pages=true} this writes it. */
final class LimitsPageTest {
    private static final Path PAGE = Path.of("../docs/limits.md");
    private static final String HEAD = """
            # Limits

            What one server holds requests to; `GetServerInfo` lists names and values of the server that is asked. Each is
            set by a flag (`--max-flops 1000`), in the environment (`GRADWIRE_MAX_FLOPS=1000`) or in the file of
            properties (`max-flops=1000`). "Ends in" is the reason of the error (docs/errors.md) or, where a connection
            is at fault, what the connection tells. Refusals are counted by name in `gradwire.limit.hits{limit}`.

            Generated from the enum `Limit`: `mvn -pl server -am test -Dtest=LimitsPageTest -Dgradwire.write-pages=true`.

            | name | flag | default | unit | ends in | what |
            |---|---|---|---|---|---|
            """;

    private static String page() {
        return Arrays.stream(Limit.values())
                .map(limit -> "| `%s` | `%s` | %s | %s | `%s` | %s |\n"
                        .formatted(
                                limit.label(),
                                limit.flag(),
                                limit.standardText(),
                                limit.unit(),
                                limit.effect(),
                                limit.description()))
                .collect(Collectors.joining("", HEAD, ""));
    }

    @Test
    void isUpToDate() throws IOException {
        if (Boolean.getBoolean("gradwire.write-pages")) {
            Files.writeString(PAGE, page());
        }
        assertThat(PAGE).content().isEqualTo(page());
    }

    @Test
    void eachReasonIsOneOfTheCatalogueOrOfTheConnection() {
        Set<String> reasons = Arrays.stream(Problem.values()).map(Enum::name).collect(Collectors.toSet());
        Set<String> connection = Set.of(
                "HTTP 431", "REFUSED_STREAM", "the connection ends", "GOAWAY NO_ERROR", "GOAWAY ENHANCE_YOUR_CALM");
        assertThat(Arrays.stream(Limit.values()).map(Limit::effect))
                .allMatch(effect -> reasons.contains(effect) || connection.contains(effect));
    }
}
