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
        file.cases().forEach(item -> results.add(KNOWN.apply(Judge.judge(item, target))));
        StringBuilder failures = new StringBuilder();
        results.forEach(result -> failures.append(Printing.failures(result)));
        assertThat(failures.toString()).isEmpty();
        boolean supported = results.stream().anyMatch(result -> result.status() == Verdict.Status.PASSED);
        assumeTrue(supported, () -> String.valueOf(results.getFirst().reason()));
        SUPPORTED.add(file.id());
    }

    /** The list may grow, and is renewed from what the command prints; what stands in it must not be lost. */
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

    @Test
    void knownDifferencesNameWhatExists() {
        Set<String> ids = new HashSet<>();
        for (Path path : Selection.files(FOLDER, null, false)) {
            CaseFile file = CaseFile.read(path);
            ids.add(file.id());
            file.cases().forEach(item -> ids.add(item.id()));
        }
        assertThat(KNOWN.rows()).allSatisfy(row -> {
            assertThat(ids).contains(row.id());
            assertThat(Stream.of(Kind.values()).map(Kind::label)).contains(row.kind());
            assertThat(row.reason()).isNotBlank();
        });
    }
}
