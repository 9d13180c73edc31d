package dev.gradwire.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gradwire.cli.ProjectRoot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** All reference data, a test a file. Files of which nothing is supported are aborted with the reason. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ConformanceTest {
    private static final Path FOLDER = ProjectRoot.find().resolve("conformance");
    private static final KnownDifferences KNOWN = KnownDifferences.read(FOLDER);
    private static final Set<String> SUPPORTED = new HashSet<>();
    private static final Set<KnownDifferences.Row> USED = new HashSet<>();

    private static Target target;

    @BeforeAll
    static void open() {
        target = EngineTarget.open(1);
    }

    @AfterAll
    static void close() {
        target.close();
    }

    static Stream<Named<Path>> files() {
        return Selection.files(FOLDER, null, false).stream().map(file -> Named.of(CaseFile.idOf(file), file));
    }

    @Order(1)
    @ParameterizedTest
    @MethodSource("files")
    void agrees(Path path) {
        CaseFile file = CaseFile.read(path);
        List<CaseResult> results = new ArrayList<>();
        for (Case item : file.cases()) {
            CaseResult result = Judge.judge(item, target);
            KNOWN.rowsOf(result).forEach(USED::add);
            results.add(KNOWN.apply(result));
        }
        StringBuilder failures = new StringBuilder();
        results.forEach(result -> failures.append(Printing.failures(result)));
        assertThat(failures.toString()).isEmpty();
        boolean supported = results.stream().anyMatch(result -> result.status() == Verdict.Status.PASSED);
        assumeTrue(supported, () -> String.valueOf(results.getFirst().reason()));
        SUPPORTED.add(file.id());
    }

    /** The list may grow, by the operators of which {@code conformance --json} says that some passed. */
    @Order(2)
    @Test
    void nothingSupportedIsLost() throws IOException {
        try (var list = ConformanceTest.class.getResourceAsStream("supported.txt")) {
            assertThat(list).isNotNull();
            List<String> expected = new String(list.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            assertThat(SUPPORTED).containsAll(expected);
        }
    }

    @Order(2)
    @Test
    void noKnownDifferenceHasGone() {
        assertThat(KNOWN.rows()).allSatisfy(row -> {
            assertThat(row.reason()).isNotBlank();
            assertThat(USED).contains(row);
        });
    }
}
