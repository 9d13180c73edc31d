package dev.gradwire.kernel.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.kernel.KernelException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SchemaTableTest {
    @Test
    void everyDeclarationParses() {
        SchemaTable table = new SchemaTable(Set.of());
        assertThat(table.names())
                .hasSizeGreaterThan(450)
                .allSatisfy(name -> assertThat(table.get(name).fullName()).isEqualTo(name));
    }

    @Test
    void readsEveryFormOfType() {
        Schema schema = Schema.parse("f.g(Tensor(a!) self, Tensor?[] i, int[2] k=1, SymInt[2] s=[], int[1]? dim, *, "
                + "ScalarType? dtype=None, str m=\"none\", Layout? l=None) -> (Tensor(a!) out, Tensor[] rest)");
        assertThat(schema.parameters().toString())
                .isEqualTo("[tensor, tensor?[], int[2], int[2], int[]?, dtype?, text, omitted?]");
        assertThat(schema.parameters().get(3).mayBeEmpty()).isTrue();
        assertThat(schema.parameters().get(2).mayBeEmpty()).isFalse();
        assertThat(schema.returns().toString()).isEqualTo("[tensor, tensor[]]");
        assertThat(schema.overload()).isEqualTo("g");
    }

    @Test
    void theDeclarationOfAnOutFormFollows() {
        assertThat(OutForm.parse("mm.out(out)").declaration("mm(Tensor self, Tensor mat2) -> Tensor"))
                .isEqualTo("mm.out(Tensor self, Tensor mat2, *, Tensor(a!) out) -> Tensor(a!)");
        assertThat(OutForm.parse("sort.values(values, indices)")
                        .declaration("sort(Tensor self, *, int dim=-1) -> (Tensor values, Tensor indices)"))
                .isEqualTo("sort.values(Tensor self, *, int dim=-1, Tensor(a!) values, Tensor(b!) indices)"
                        + " -> (Tensor(a!) values, Tensor(b!) indices)");
        assertThat(OutForm.parse("max_pool2d_with_indices.out(out, indices)")
                        .declaration("max_pool2d_with_indices(Tensor self) -> (Tensor, Tensor)"))
                .isEqualTo("max_pool2d_with_indices.out(Tensor self, *, Tensor(a!) out, Tensor(b!) indices)"
                        + " -> (Tensor(a!), Tensor(b!))");
    }

    @Test
    void whatTheLibraryLacksIsNotCalled() {
        assertThatThrownBy(() -> new SchemaTable(Set.of("exp")).get("exp")).isInstanceOf(KernelException.class);
    }

    /** The check that guards other versions of the library, on the one that is open. */
    @Test
    void theLibraryDeclaresWhatTheTableSays() throws IOException {
        Map<String, String> declarations = new LinkedHashMap<>(SchemaTable.declarations());
        declarations.put("mm", "mm(Tensor self, Tensor mat2, int other) -> Tensor");
        declarations.put("nope", "nope(Tensor self) -> Tensor");
        Path library = LibraryLoader.load().folder().resolve("libtorch_cpu.so");
        assertThat(SchemaTable.declarations()).containsKeys("mm.out", "sum.IntList_out");
        assertThat(DeclaredSchemas.absentFrom(library, declarations)).containsExactlyInAnyOrder("mm", "nope");
    }
}
