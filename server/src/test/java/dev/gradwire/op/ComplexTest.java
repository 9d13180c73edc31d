package dev.gradwire.op;

import static dev.gradwire.TextProgram.doubles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.TextProgram;
import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.TextForm;
import dev.gradwire.runtime.Anomaly;
import dev.gradwire.runtime.AnomalyException;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.transform.GradFn;
import dev.gradwire.transform.GradFns;
import java.util.Arrays;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Complex numbers where samples do not go: zeros, kinks, promotion, what is refused. */
final class ComplexTest {
    private static final Engine engine = Engine.open(new EngineSettings(1, 1000));

    @AfterAll
    static void close() {
        engine.close();
    }

    /** PyTorch's values and gradients, for the cotangent 1, or 1 + 0.5i of a complex result. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            abs(z)                               | 0 0    | 0        | 0 0
            abs(z)                               | 3 4    | 5        | 0.6 0.8
            abs(z)                               | nan 0  | nan      | nan nan
            sgn(z)                               | 0 0    | 0 0      | 0 0
            sgn(z)                               | 3 4    | 0.6 0.8  | 0.08 -0.06
            sgn(z)                               | -2 0   | -1 0     | 0 0.25
            angle(z)                             | 0 0    | 0        | 0 0
            angle(z)                             | -2 0   | 3.141592653589793 | 0 -0.5
            angle(z)                             | 3 4    | 0.9272952180016122 | -0.16 0.12
            linalg_vector_norm(z)                | 0 0    | 0        | 0 0
            linalg_vector_norm(z, 0.5)           | 0 0    | 0        | 0 0
            linalg_vector_norm(z, 3)             | 3 4    | 5        | 0.6 0.8
            pow(z, 0)                            | 0 0    | 1 0      | 0 0
            pow(z, 1)                            | nan 0  | nan 0    | 1 0.5
            pow(z, 2)                            | 0 0    | 0 0      | 0 0
            pow(z, 2)                            | 3 4    | -7 24    | 10 -5
            pow(z, 0.5)                          | 3 4    | 2 1      | 0.15 0.2
            pow(z, complex(0.0, 0.0))            | 0 0    | 1 0      | 0 0
            pow(2, z)                            | 0 0    | 1 0      | 0.6931471805599453 0.34657359027997264
            pow(0, z)                            | 1 0    | 0 0      | 0 0
            sqrt(z)                              | -2 0   | 0 1.4142135623730951 | -0.17677669529663687 0.35355339059327373
            log(z)                               | -2 0   | 0.6931471805599453 3.141592653589793 | -0.5 -0.25
            sinc(z)                              | 0 0    | 1 0      | 0 0
            prod(z)                              | 0 0    | 0 0      | 1 0.5
            real(z)                              | 3 4    | 3        | 1 0
            imag(z)                              | 3 4    | 4        | 0 1
            to(z, torch.float64)                 | 3 4    | 3        | 1 0
            conj(z)                              | 3 4    | 3 -4     | 1 -0.5
            """)
    void valuesAndGradientsAreThoseOfPyTorch(String call, String z, String value, String gradient) {
        TextProgram first = TextProgram.of(engine, "z: complex128[]\ny = " + call + "\nreturn y");
        DType dtype = first.run(Map.of("z", complex(z))).get("y").type().dtype();
        TextProgram program = TextProgram.of(
                engine,
                "z: complex128[]\nu: " + dtype.label() + "[]\ny = " + call + "\ng = grad([y], [z], [u])\nreturn y, g");
        Map<String, Tensor> results = program.run(
                Map.of("z", complex(z), "u", dtype.isComplex() ? complex("1 0.5") : Tensor.scalar(dtype, 1.0)));
        assertThat(doubles(results.get("y"))).containsExactly(parts(value), Offset.offset(1e-15));
        assertThat(doubles(results.get("g"))).containsExactly(parts(gradient), Offset.offset(1e-15));
    }

    private static Tensor complex(String text) {
        double[] parts = parts(text);
        return Tensor.scalar(DType.COMPLEX128, parts[0], parts[1]);
    }

    private static double[] parts(String text) {
        return Arrays.stream(text.split(" "))
                .mapToDouble(part -> part.equals("nan") ? Double.NaN : Double.parseDouble(part))
                .toArray();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            mul(f, complex(1.0, 2.0))      | complex64[2]
            mul(d, complex(1.0, 2.0))      | complex128[2]
            mul(i, complex(1.0, 2.0))      | complex64[2]
            mul(c, 2.5)                    | complex64[2]
            add(c, d)                      | complex128[2]
            add(c, s)                      | complex64[2]
            m = sum(c); add(d, m)          | complex128[2]
            abs(c)                         | float32[2]
            angle(i)                       | float32[2]
            view_as_real(c)                | float32[2, 2]
            complex(d, d)                  | complex128[2]
            polar(f, f)                    | complex64[2]
            full([2], complex(1.0, 2.0))   | complex64[2]
            full_like(d, 3, dtype=torch.complex64) | complex64[2]
            var(c)                         | float32[]
            mean(c)                        | complex64[]
            eq(c, d)                       | bool[2]
            m = eq(f, f); where(m, c, d)   | complex128[2]
            real(f)                        | float32[2]
            float_power(f, c)              | complex128[2]
            """)
    void dtypesPromoteAsInPyTorch(String call, String type) {
        assertThat(typeOf(call)).isEqualTo(type);
    }

    private static String typeOf(String call) {
        int last = call.lastIndexOf(';') + 1;
        String lines = call.substring(0, last).replace(';', '\n') + "y = "
                + call.substring(last).strip();
        String text = """
                f: float32[2]
                d: float64[2]
                s: float64[]
                i: int64[2]
                c: complex64[2]
                """ + lines + "\nreturn y";
        return TextForm.parse(text, Operators.all())
                .graph()
                .outputs()
                .getFirst()
                .value()
                .type()
                .toString();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            lt(c, 1)                                       | argument 'self': is complex, which lt.Tensor does not take
            clamp(c, 0)                                    | argument 'self': is complex, which clamp does not take
            max(c)                                         | argument 'self': is complex, which max does not take
            erf(c)                                         | argument 'self': is complex, which erf does not take
            bitwise_and(i, complex(1.0, 2.0))              | argument 'other': is complex, which bitwise_and.Tensor does not take
            imag(f)                                        | argument 'self': must be complex, but is float32
            view_as_real(f)                                | argument 'self': must be complex, but is float32
            view_as_complex(d)                             | argument 'self': must have a last dimension of size 2, but has shape [3]
            view_as_complex(i)                             | argument 'self': must be float32 or float64, but is int64
            complex(f, d)                                  | argument 'imag': is float64, but must be float32 as real is
            polar(i, i)                                    | argument 'abs': must be float32 or float64, but is int64
            add(f, f, alpha=complex(0.0, 1.0))             | argument 'alpha': must be real where the tensors are real
            full([2], complex(0.0, 1.0), dtype=torch.float64) | argument 'fill_value': has an imaginary part, which float64 does not
            masked_fill(f, eq, complex(0.0, 1.0))          | argument 'value': is complex, but self is float32
            linalg_vector_norm(c, dtype=torch.float32)     | argument 'dtype': must be complex as self is
            arange(3, dtype=torch.complex64)               | argument 'dtype': is complex, which arange does not take
            mm(m, c)                                       | argument 'mat2': must have rank 2, but has shape [3]
            grad([z], [c])                                 | argument 'grad_outputs': entry 0 is missing, but only a real output can do without, and this is complex64[]
            """)
    void whatDoesNotFitIsRefused(String call, String message) {
        String text = """
                f: float32[3]
                d: float64[3]
                i: int64[3]
                c: complex64[3]
                m: complex64[3, 3]
                eq = eq(f, f)
                z = sum(c)
                y = %s
                return y
                """.formatted(call);
        assertThatThrownBy(() -> TextForm.parse(text, Operators.all()))
                .isInstanceOf(GraphException.class)
                .hasMessageContaining(message);
    }

    @Test
    void anomaliesOfComplexNumbersAreFound() {
        TextProgram program = TextProgram.of(engine, "z: complex128[2]\nl = log(z)\na = abs(l)\nreturn a");
        Tensor z = Tensor.of(DType.COMPLEX128, Shape.of(2), 0, 0, -3, 4);
        RunOptions options = new RunOptions(() -> false, true, false, false, 0);

        assertThatThrownBy(() -> program.run(Map.of("z", z), options))
                .isInstanceOfSatisfying(AnomalyException.class, e -> {
                    assertThat(e.anomaly().node()).isEqualTo("l");
                    assertThat(e.anomaly().operands()).containsExactly(new Anomaly.Range("z", -3, 4, 0, 0));
                });
    }

    @Test
    void realNumbersAreTheirOwnConjugates() {
        String text =
                "x: float64[2] requires_grad\nc = conj(x)\nr = real(c)\nq = resolve_conj(r)\ny = mul(q, q)\nreturn y";
        assertThat(new GradFns(TextForm.parse(text, Operators.all()), Map.of())
                        .all().stream().map(GradFn::name))
                .containsExactly("AccumulateGrad", "MulBackward0");
    }

    @Test
    void textFormHoldsComplexNumbers() {
        String text = """
                x: complex64[2]
                c = constant(tensor(complex64[2], [complex(1.0, -0.0), complex(inf, nan)]))
                y = add.Tensor(x, c, alpha=complex(0.5, -1.0))
                return y
                """;
        assertThat(TextForm.print(TextForm.parse(text, Operators.all()).graph()))
                .isEqualTo(text);
    }
}
