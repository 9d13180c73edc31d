package dev.gradwire.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.cli.ProjectRoot;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A client and a server between the cases and the engine change no verdict: seed, graphs but the large ones, and the
 * first case of every fifth operator (the command runs them all).
 */
final class ClientTargetTest {
    private static final int STRIDE = 5;

    private static Target direct;
    private static Target remote;

    @BeforeAll
    static void open() {
        direct = EngineTarget.open(1);
        remote = ClientTarget.start(1);
    }

    @AfterAll
    static void close() {
        remote.close();
        direct.close();
    }

    static Stream<Named<Case>> cases() {
        Path folder = ProjectRoot.find().resolve("conformance");
        List<Path> graphs = Selection.files(folder, null, true);
        List<Path> operators = Selection.files(folder, null, false);
        return Stream.concat(
                        graphs.stream(),
                        IntStream.range(graphs.size(), operators.size())
                                .filter(i -> i % STRIDE == 0)
                                .mapToObj(operators::get))
                .map(path -> CaseFile.read(path).cases().getFirst())
                .filter(item -> !item.tags().contains("large"))
                .map(item -> Named.of(item.id(), item));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void changesNoVerdict(Case item) {
        CaseResult expected = Judge.judge(item, direct);
        CaseResult actual = Judge.judge(item, remote);
        assertThat(Printing.failures(actual)).isEqualTo(Printing.failures(expected));
        assertThat(actual.status()).isEqualTo(expected.status());
    }
}
