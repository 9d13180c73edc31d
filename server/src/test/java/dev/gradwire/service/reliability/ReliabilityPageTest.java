package dev.gradwire.service.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/reliability.md names tests that there are, and has a row for whatever was measured. */
final class ReliabilityPageTest {
    private static final Path ROOT = Path.of("..");
    private static final List<String> TESTS =
            List.of("server/src/test/java", "client/java/src/test/java", "cli/src/test/java");
    private static final Pattern ROW = Pattern.compile("\\| ([A-Z]\\d+) \\|.*");
    private static final Pattern CLASS = Pattern.compile("\\b\\w+Test\\b");
    private static final Pattern FIGURE = Pattern.compile("Figures\\.add\\(\\s*\"([A-Z]\\d+)");

    /** Cells by their column's number, from 1. */
    private static List<List<String>> rows() throws IOException {
        List<List<String>> rows = Files.readAllLines(ROOT.resolve("docs/reliability.md")).stream()
                .takeWhile(line -> !line.startsWith("## "))
                .filter(line -> ROW.matcher(line).matches())
                .map(line ->
                        Arrays.stream(line.split("\\|", -1)).map(String::strip).toList())
                .toList();
        assertThat(rows)
                .hasSizeGreaterThan(40)
                .allSatisfy(row -> assertThat(row).hasSize(9));
        return rows;
    }

    private static Set<String> testClasses() throws IOException {
        Set<String> names = new TreeSet<>();
        for (String folder : TESTS) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
                files.map(file -> file.getFileName().toString())
                        .filter(name -> name.endsWith("Test.java"))
                        .map(name -> name.substring(0, name.length() - ".java".length()))
                        .forEach(names::add);
            }
        }
        return names;
    }

    @Test
    void rowsOfTestsNameTestsThatThereAre() throws IOException {
        Set<String> there = testClasses();
        for (List<String> row : rows()) {
            Set<String> named = CLASS.matcher(row.get(5))
                    .results()
                    .map(found -> found.group())
                    .collect(Collectors.toCollection(TreeSet::new));
            assertThat(there).as(row.get(1)).containsAll(named);
            assertThat(named.isEmpty()).as(row.get(1)).isNotEqualTo(row.get(4).startsWith("CI"));
            assertThat(row.get(4)).as(row.get(1)).matches("CI|N|CI, N|not yet");
        }
    }

    @Test
    void whatIsMeasuredHasARow() throws IOException {
        Set<String> ids = rows().stream().map(row -> row.get(1)).collect(Collectors.toCollection(TreeSet::new));
        Set<String> measured = new TreeSet<>();
        try (Stream<Path> files = Files.walk(ROOT.resolve(TESTS.getFirst()))) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".java")).toList()) {
                Matcher figures = FIGURE.matcher(Files.readString(file));
                while (figures.find()) {
                    measured.add(figures.group(1));
                }
            }
        }
        assertThat(measured).isNotEmpty();
        assertThat(ids).containsAll(measured);
    }
}
