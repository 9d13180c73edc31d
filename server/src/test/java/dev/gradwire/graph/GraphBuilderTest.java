package dev.gradwire.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.gradwire.op.Operators;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a client's graph can get wrong, and how the error names it. */
final class GraphBuilderTest {
    private static final String INPUTS = "x: float64[2, 3] requires_grad\nv: float64[4]\ni: int64[2]\n";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    n = no_such(x)              | UNKNOWN_OPERATOR | n |          | no operator 'no_such'
                    n = add(x, v)               | SHAPE_MISMATCH   | n | other    | [4]
                    n = mm(x, x)                | SHAPE_MISMATCH   | n | mat2     | [2, 3]
                    n = sum(x, 2)               | SHAPE_MISMATCH   | n | dim      | 2
                    n = add(x)                  | MISSING_ARGUMENT | n | other    | missing
                    n = add(x, x, x, x)         | UNKNOWN_ARGUMENT | n |          | too many
                    n = add(x, other=x, be=1)   | UNKNOWN_ARGUMENT | n | be       | not a parameter
                    n = mul(x, self=x)          | INVALID_ARGUMENT | n | self     | given twice
                    n = relu([x])               | INVALID_ARGUMENT | n | self     | must be Tensor
                    n = transpose(x, 0, "a")    | INVALID_ARGUMENT | n | dim1     | must be int, but is a str
                    n = view(x, [4])            | SHAPE_MISMATCH   | n | size     | 6
                    x = relu(v)                 | DUPLICATE_NAME   | x |          | 'x'
                    n = mean(i)                 | DTYPE_UNSUPPORTED| n | self     | int64
                    n = grad([i], [x])          | NOT_DIFFERENTIABLE | n | outputs | int64
                    n = grad([x], [x])          | SHAPE_MISMATCH   | n | grad_outputs | one element
                    n = grad([x], [x], [v])     | SHAPE_MISMATCH   | n | grad_outputs | [4]
                    n = jvp([x], [x], [v, v])   | SHAPE_MISMATCH   | n | tangents | 2 entries
                    n = expand(x, [9223372036854775807, 9223372036854775807, 2, 3]) | SIZE_OVERFLOW | n | | 64 bits
                    """)
    void errorsNameNodeAndArgument(String node, Reason reason, String name, String argument, String detail) {
        GraphException error = catchThrowableOfType(
                GraphException.class, () -> TextForm.parse(INPUTS + node.strip(), Operators.all()));
        assertThat(error).as(node).isNotNull();
        assertThat(error.reason()).isEqualTo(reason);
        assertThat(error.node()).isEqualTo(name);
        assertThat(error.argument()).isEqualTo(argument);
        assertThat(error).hasMessageContaining(detail).hasMessageContaining("node '" + name + "'");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    x: float64[1]      | DUPLICATE_NAME
                    w: int64[1] requires_grad | NOT_DIFFERENTIABLE
                    n = relu(missing)  | UNKNOWN_VALUE
                    """)
    void errorsOutsideOfNodes(String line, Reason reason) {
        GraphException error = catchThrowableOfType(
                GraphException.class, () -> TextForm.parse(INPUTS + line.strip(), Operators.all()));
        assertThat(error).isNotNull();
        assertThat(error.reason()).isEqualTo(reason);
    }
}
