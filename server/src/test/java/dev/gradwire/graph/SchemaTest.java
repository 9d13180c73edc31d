package dev.gradwire.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SchemaTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor",
                "add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor",
                "index.Tensor(Tensor self, Tensor?[] indices) -> Tensor",
                "sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
                "pad(Tensor self, int[] pad, str mode=\"constant\", float? value=None) -> Tensor",
                "max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)"
            })
    void printsWhatItParsed(String text) {
        assertThat(Schema.parse(text)).hasToString(text);
    }

    @Test
    void bindsInOrderAndByName() {
        Schema schema = Schema.parse("f(Tensor self, int[2] size, float scale=1, *, bool flag=False) -> Tensor");
        Value self = new Value(0, TensorType.of(DType.FLOAT64, 1));
        List<Argument> bound = schema.bind(List.of(self, new Argument.Int(3)), Map.of("flag", new Argument.Bool(true)));
        // One int spreads over a list of fixed size, a default takes its parameter's type.
        assertThat(bound)
                .containsExactly(
                        self,
                        new Argument.Items(List.of(new Argument.Int(3), new Argument.Int(3))),
                        new Argument.Float(1),
                        new Argument.Bool(true));
    }

    @Test
    void mistakesInSchemasAreProgrammingErrors() {
        assertThatThrownBy(() -> Schema.parse("f(Tenso self) -> Tensor"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Tenso self");
    }
}
