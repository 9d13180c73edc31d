package dev.gradwire.op;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The guide to adding an operator shows the code that is there. */
final class GuideTest {
    private static final Path GUIDE = Path.of("../docs/adding-an-operator.md");
    private static final Path SOURCE = Path.of("src/main/java/dev/gradwire/op/SmoothActivation.java");

    @Test
    void theShownDeclarationIsTheRealOne() throws IOException {
        Matcher snippet = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(GUIDE));
        assertThat(snippet.find()).isTrue();
        assertThat(unindented(Files.readString(SOURCE))).contains(unindented(snippet.group(1)));
    }

    private static String unindented(String text) {
        List<String> lines = text.lines().map(String::strip).toList();
        return String.join("\n", lines);
    }
}
