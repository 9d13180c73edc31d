package dev.gradwire.cli.operators;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.cli.ProjectRoot;
import dev.gradwire.cli.conformance.Coverage;
import dev.gradwire.op.Declaration;
import dev.gradwire.op.Operators;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ReferenceTest {
    private static final Path ROOT = ProjectRoot.find();
    private static final Reference REFERENCE = new Reference(Coverage.read(ROOT.resolve("conformance")));

    private static Entry entry(String key) {
        Declaration wanted = Operators.all().overloads(key).getFirst().declaration();
        return REFERENCE.entries().stream()
                .filter(entry -> entry.declaration() == wanted)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void thePageIsAsTheDeclarationsAre() throws IOException {
        Set<String> written = new HashSet<>(Files.readAllLines(ROOT.resolve("docs/operators.md")));
        List<String> missing = REFERENCE
                .markdown()
                .lines()
                .filter(line -> !written.contains(line))
                .toList();
        String help = "docs/operators.md is out of date: ./gradwire operators --write docs/operators.md";
        assertThat(missing).as(help).isEmpty();
        assertThat(ROOT.resolve("docs/operators.md")).as(help).hasContent(REFERENCE.markdown());
    }

    @Test
    void dtypesAreKindsOrSingleOnes() {
        assertThat(entry("add.Tensor").dtypes()).containsExactly("bool", "int", "float", "complex");
        assertThat(entry("softplus").dtypes()).containsExactly("float");
        assertThat(entry("bitwise_and.Tensor").dtypes()).containsExactly("bool", "int");
    }

    @Test
    void derivativesNameTheirParameters() {
        assertThat(entry("atan2").derivatives()).containsExactly("self", "other");
        assertThat(entry("floor").derivatives()).containsExactly("self (zero)");
        assertThat(entry("argmax").derivatives()).containsExactly("none");
        assertThat(entry("grad").derivatives()).containsExactly("any order");
    }

    @Test
    void casesOfACombinationCountForItsParts() {
        assertThat(entry("softplus").cases()).isPositive();
        assertThat(entry("linear").meaning()).isEqualTo("combination");
        assertThat(entry("linear").cases())
                .isPositive()
                .isLessThan(entry("addmm").cases());
    }
}
