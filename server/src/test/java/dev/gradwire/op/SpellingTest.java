package dev.gradwire.op;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Other spellings lead to the one declaration. */
final class SpellingTest {
    @ParameterizedTest
    @CsvSource({
        "aten.add.Tensor, add",
        "torch.add, add",
        "__radd__, add",
        "__rsub__, rsub",
        "H, matrix_H",
        "T, numpy_T",
        "special.expit, sigmoid",
        "special_expit, sigmoid",
        "linalg.solve, linalg_solve",
        "torch.linalg.svd, linalg_svd",
        "fft.rfft, fft_rfft",
        "nn.functional.gelu, gelu",
        "torch.nn.functional.cross_entropy, cross_entropy_loss",
        "nn.functional.scaled_dot_product_attention, scaled_dot_product_attention",
        "__rdiv__, __rtruediv__",
        "pow.Tensor_Scalar, pow"
    })
    void leadsToTheDeclaration(String spelling, String name) {
        assertThat(Operators.all().overloads(spelling))
                .isNotEmpty()
                .allSatisfy(
                        overload -> assertThat(overload.declaration().name()).isEqualTo(name));
    }

    @ParameterizedTest
    @CsvSource({"nn.functional", "linalg.", "aten.", "torch.linalg.nothing", "__nothing__"})
    void leadsNowhere(String spelling) {
        assertThat(Operators.all().overloads(spelling)).isEmpty();
    }
}
