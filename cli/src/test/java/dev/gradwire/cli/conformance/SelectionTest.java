package dev.gradwire.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.cli.ProjectRoot;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SelectionTest {
    private static final Path FOLDER = ProjectRoot.find().resolve("conformance");

    private static List<String> ids(String pattern, boolean graphsOnly) {
        return Selection.files(FOLDER, pattern, graphsOnly).stream()
                .map(CaseFile::idOf)
                .toList();
    }

    @Test
    void findsOperatorsWithAndWithoutTheirModule() {
        assertThat(ids("softplus", false)).containsExactly("nn.functional.softplus");
        assertThat(ids("linalg.norm", false)).containsExactly("linalg.norm");
        assertThat(ids("addmm*", false)).containsExactly("addmm", "addmm__decomposed");
        assertThat(ids("nothing", false)).isEmpty();
    }

    @Test
    void seedAndGraphsComeFirst() {
        assertThat(ids(null, true)).hasSize(32).startsWith("tutorial_sum_of_squares_float32");
        assertThat(ids("diamond", true)).containsExactly("diamond");
        assertThat(ids(null, false)).hasSize(520);
    }
}
