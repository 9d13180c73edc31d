package dev.gradwire.op;

import static dev.gradwire.TextProgram.doubles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradwire.TextProgram;
import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.graph.GraphException;
import dev.gradwire.runtime.StepException;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What dense linear algebra does where factors do not exist, and what it refuses. */
final class LinearAlgebraTest {
    private static Engine engine;

    @BeforeAll
    static void open() {
        engine = Engine.open(new EngineSettings(1, 1000));
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static Tensor tensor(String shape, double... elements) {
        long[] dims = Arrays.stream(shape.split(" ")).mapToLong(Long::parseLong).toArray();
        return Tensor.of(DType.FLOAT64, Shape.of(dims), elements);
    }

    private static Map<String, Tensor> run(String program, Map<String, Tensor> inputs) {
        return TextProgram.of(engine, program).run(inputs);
    }

    /** Identity, then a matrix of rank one. */
    private static final Tensor SECOND_IS_SINGULAR = tensor("2 2 2", 1, 0, 0, 1, 1, 2, 2, 4);

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    linalg_inv(a)                                | linalg_inv: matrix 1 of the batch is singular: pivot 2 is zero
                    inverse(a)                                   | linalg_inv: matrix 1 of the batch is singular: pivot 2 is zero
                    linalg_inv_ex(a, check_errors=True)          | linalg_inv: matrix 1 of the batch is singular: pivot 2 is zero
                    linalg_solve(a, a)                           | linalg_lu_factor: matrix 1 of the batch is singular: pivot 2 is zero
                    linalg_lu_factor(a)                          | linalg_lu_factor: matrix 1 of the batch is singular: pivot 2 is zero
                    linalg_matrix_power(a, -3)                   | linalg_inv: matrix 1 of the batch is singular: pivot 2 is zero
                    linalg_cholesky(a)                           | linalg_cholesky: matrix 1 of the batch is not positive definite: its leading minor of order 2 is not
                    cholesky(a, True)                            | linalg_cholesky: matrix 1 of the batch is not positive definite: its leading minor of order 2 is not
                    linalg_ldl_factor(zeros_like(a))             | linalg_ldl_factor: matrix 0 of the batch is singular: block 1 of D is zero
                    """)
    void whatHasNoFactorsIsAnErrorOfItsNode(String call, String message) {
        String program = call.contains("zeros_like")
                ? "z = zeros_like(a)\ny = " + call.replace("zeros_like(a)", "z")
                : "y = " + call;
        assertThatThrownBy(() -> run("a: float64[2, 2, 2]\n" + program + "\nreturn y", Map.of("a", SECOND_IS_SINGULAR)))
                .isInstanceOf(StepException.class)
                .hasMessage(message)
                .extracting(e -> ((StepException) e).node())
                .asString()
                .startsWith("y");
    }

    @Test
    void oneMatrixIsNamedWithoutANumber() {
        assertThatThrownBy(() ->
                        run("a: float64[2, 2]\ny = linalg_inv(a)\nreturn y", Map.of("a", tensor("2 2", 1, 2, 2, 4))))
                .hasMessage("linalg_inv: the matrix is singular: pivot 2 is zero");
    }

    /** Where the client asks for info, it gets that. */
    @ParameterizedTest
    @ValueSource(
            strings = {"linalg_inv_ex(a)", "linalg_solve_ex(a, a)", "linalg_lu_factor_ex(a)", "linalg_cholesky_ex(a)"})
    void infoTellsWhichMatrixItIs(String call) {
        int info = call.startsWith("linalg_lu") ? 2 : 1;
        Map<String, Tensor> values =
                run("a: float64[2, 2, 2]\ny = " + call + "\nreturn y:" + info, Map.of("a", SECOND_IS_SINGULAR));
        assertThat(doubles(values.get("y:" + info))).containsExactly(0, 2);
    }

    /** Tracers write the check as a node that nobody reads. */
    @Test
    void aCheckRunsWithoutAReader() {
        String program = """
                a: float64[2, 2, 2]
                f = linalg_inv_ex(a)
                check = _linalg_check_errors(f:1, "linalg.inv", is_matrix=False)
                y = mul(f, 2)
                return y
                """;
        assertThatThrownBy(() -> run(program, Map.of("a", SECOND_IS_SINGULAR)))
                .isInstanceOf(StepException.class)
                .hasMessage("linalg.inv: matrix 1 of the batch is singular, or not positive definite")
                .extracting(e -> ((StepException) e).node())
                .isEqualTo("check");
        assertThat(doubles(run(program, Map.of("a", tensor("2 2 2", 1, 0, 0, 1, 2, 0, 0, 1)))
                        .get("y")))
                .containsExactly(2, 0, 0, 2, 1, 0, 0, 2);
    }

    /** The cofactors, also where det(A) = 0, first and second order; PyTorch gives zeros and NaN here. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    1 2 2 4 | 4 -2 -2 1 | 1 -1 -1 1
                    0 0 0 0 | 0 0 0 0   | 1 -1 -1 1
                    1 1 1 1 | 1 -1 -1 1 | 1 -1 -1 1
                    """)
    void determinantsOfSingularMatricesHaveDerivatives(String matrix, String first, String second) {
        Map<String, Tensor> values = run("""
                a: float64[2, 2] requires_grad
                y = linalg_det(a)
                g = grad([y], [a], None)
                s = sum(g)
                h = grad([s], [a], None)
                return g, h
                """, Map.of("a", tensor("2 2", numbers(matrix))));
        assertThat(doubles(values.get("g"))).containsExactly(numbers(first), within(1e-12));
        assertThat(doubles(values.get("h"))).containsExactly(numbers(second), within(1e-12));
    }

    private static double[] numbers(String text) {
        return Arrays.stream(text.strip().split(" "))
                .mapToDouble(Double::parseDouble)
                .toArray();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"linalg_lu_solve(f, p, f)", "lu_solve(f, f, p)", "lu_unpack(f, p)", "linalg_ldl_solve(f, p, f)"})
    void pivotsOutOfRangeAreRefused(String call) {
        for (double pivot : new double[] {0, -1, 4, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            Map<String, Tensor> inputs = Map.of(
                    "f",
                    tensor("3 3", 1, 2, 3, 4, 5, 6, 7, 8, 10),
                    "p",
                    Tensor.of(DType.INT32, Shape.of(3), new double[] {1, 3, pivot}));
            assertThatThrownBy(() -> run("f: float64[3, 3]\np: int32[3]\ny = " + call + "\nreturn y", inputs))
                    .isInstanceOf(StepException.class)
                    .hasMessageContaining("pivot");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    linalg_inv(a)                                   | A
                    linalg_inv(v)                                   | A
                    linalg_det(i)                                   | A
                    linalg_cholesky(a)                              | self
                    linalg_solve(s, a)                              | B
                    linalg_solve(s, v, left=False)                  | left
                    linalg_solve(s, u)                              | B
                    linalg_solve_triangular(s, a, upper=True)       | B
                    linalg_solve_triangular(s, f, upper=True)       | B
                    triangular_solve(a, s)                          | A
                    cholesky_solve(a, s)                            | input2
                    linalg_lu_solve(s, v, s)                        | pivots
                    linalg_lu_solve(s, p, a)                        | B
                    lu_unpack(a, p)                                 | LU_pivots
                    linalg_qr(s, "full")                            | mode
                    linalg_householder_product(a, v)                | input
                    linalg_householder_product(s, t)                | tau
                    ormqr(s, v, a)                                  | input3
                    ormqr(s, u, s)                                  | input2
                    linalg_lstsq(a, v)                              | b
                    linalg_lstsq(s, v, driver="qr")                 | driver
                    linalg_tensorinv(b, 4)                          | ind
                    linalg_tensorinv(b, 1)                          | self
                    linalg_tensorsolve(b, v)                        | other
                    linalg_vander(v, N=1)                           | N
                    linalg_ldl_solve(s, v, s)                       | pivots
                    linalg_matrix_exp(a)                            | self
                    _linalg_check_errors(v, "x", is_matrix=True)    | info
                    """)
    void theArgumentToBlameIsNamed(String call, String argument) {
        String program = """
                a: float64[2, 3]
                s: float64[3, 3]
                f: float32[3, 3]
                b: float64[2, 3, 2]
                i: int64[3, 3]
                v: float64[3]
                u: float64[2]
                t: float64[2, 3, 3]
                p: int32[3]
                y = %s
                return y
                """.formatted(call);
        assertThatThrownBy(() -> TextProgram.of(engine, program))
                .isInstanceOf(GraphException.class)
                .hasMessageContaining("argument '" + argument + "'");
    }
}
