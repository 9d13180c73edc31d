package dev.gradwire.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.graph.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page for users names every reason. */
final class ErrorsPageTest {
    /** Told as LIMIT_EXCEEDED. */
    private static final Set<String> LIMITS = Set.of(Reason.TOO_MANY_VALUES.name(), Reason.FUNCTIONS_TOO_DEEP.name());

    @Test
    void namesEveryReason() throws IOException {
        String page = Files.readString(Path.of("../docs/errors.md"));
        assertThat(Stream.concat(Arrays.stream(Problem.values()), Arrays.stream(Reason.values()))
                        .map(Enum::name)
                        .filter(name -> !LIMITS.contains(name))
                        .filter(name -> !page.contains("`" + name + "`")))
                .isEmpty();
    }
}
