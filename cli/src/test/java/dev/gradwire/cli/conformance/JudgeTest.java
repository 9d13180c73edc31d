package dev.gradwire.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.cli.conformance.Verdict.Status;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The judge must be able to say no: a target that is wrong in one way fails in just that kind. */
final class JudgeTest {
    private static Tensor number(double value) {
        return Tensor.scalar(DType.FLOAT64, value);
    }

    /** The square of 3 with cotangent 2, tangent 5 and weight 7. */
    private static Case square(Set<String> tags) {
        return new Case(
                "square",
                tags,
                null,
                new Case.Tolerance(1e-9, 1e-9),
                List.of(new Request.Input("x0", number(3), true)),
                List.of(new Request.Call("n0", "aten.square.default", List.of(new Arg.Ref("x0")), Map.of())),
                List.of("n0"),
                new Case.Expected(
                        List.of(new Case.Output(number(9), "PowBackward0", List.of("AccumulateGrad"), number(2))),
                        List.of(number(12)),
                        new Case.Jvp(List.of(number(5)), List.of(number(30))),
                        new Case.Second(List.of(number(7)), List.of(number(28))),
                        null,
                        new LinkedHashMap<>()));
    }

    /** Answers each kind of request with a number of its own. */
    private record Fixed(double value, double gradient, double tangent, double second, String gradFn)
            implements Target {
        static final Fixed RIGHT = new Fixed(9, 12, 30, 28, "PowBackward0");

        @Override
        public Answer run(Request request) {
            double output = switch (request.nodes().getLast().name()) {
                case "jvp" -> tangent;
                case "gg" -> second;
                default -> value;
            };
            return new Answer(
                    List.of(number(output)),
                    request.backward() == null ? List.of() : List.of(number(gradient)),
                    Map.of("n0", new Answer.GradFn(gradFn, List.of("AccumulateGrad"))));
        }

        @Override
        public void close() {}
    }

    private static CaseResult judge(Target target) {
        return Judge.judge(square(Set.of()), target);
    }

    @Test
    void passesWhatAgrees() {
        CaseResult result = judge(Fixed.RIGHT);
        assertThat(result.status()).isEqualTo(Status.PASSED);
        assertThat(result.verdicts()).containsOnlyKeys(Kind.values());
    }

    @Test
    void failsEachKindByItself() {
        Map<Kind, Target> wrong = Map.of(
                Kind.FORWARD, new Fixed(8, 12, 30, 28, "PowBackward0"),
                Kind.VJP, new Fixed(9, 11, 30, 28, "PowBackward0"),
                Kind.JVP, new Fixed(9, 12, 31, 28, "PowBackward0"),
                Kind.SECOND, new Fixed(9, 12, 30, 0, "PowBackward0"),
                Kind.GRAD_FN, new Fixed(9, 12, 30, 28, "MulBackward0"));
        wrong.forEach((kind, target) -> {
            CaseResult result = judge(target);
            assertThat(result.status()).isEqualTo(Status.FAILED);
            result.verdicts()
                    .forEach((each, verdict) ->
                            assertThat(verdict.status()).isEqualTo(each == kind ? Status.FAILED : Status.PASSED));
        });
    }

    private record Refusing(String reason) implements Target {
        @Override
        public Answer run(Request request) throws Refusal {
            throw new Refusal(reason, "no");
        }

        @Override
        public void close() {}
    }

    @Test
    void onlyUnknownOperatorsAndComplexNumbersAreUnsupported() {
        assertThat(judge(new Refusing("UNKNOWN_OPERATOR")).status()).isEqualTo(Status.UNSUPPORTED);
        assertThat(judge(new Refusing("DTYPE_UNSUPPORTED")).status()).isEqualTo(Status.FAILED);
        assertThat(judge(new Refusing("INVALID_ARGUMENT")).status()).isEqualTo(Status.FAILED);
        CaseResult complex = Judge.judge(square(Set.of("complex")), new Refusing("DTYPE_UNSUPPORTED"));
        assertThat(complex.status()).isEqualTo(Status.UNSUPPORTED);
    }

    @Test
    void knownDifferencesAreNoFailures() {
        CaseResult result = judge(new Fixed(9, 12, 31, 28, "PowBackward0"));
        KnownDifferences other = new KnownDifferences(List.of(new KnownDifferences.Row("square", "vjp", "why")));
        KnownDifferences known = new KnownDifferences(List.of(new KnownDifferences.Row("square", "jvp", "why")));
        KnownDifferences all = new KnownDifferences(List.of(new KnownDifferences.Row("square", "*", "why")));
        assertThat(all.apply(result).status()).isEqualTo(Status.UNSUPPORTED);
        assertThat(all.rowsOf(judge(Fixed.RIGHT))).isEmpty();
        assertThat(other.apply(result).status()).isEqualTo(Status.FAILED);
        assertThat(known.apply(result).status()).isEqualTo(Status.UNSUPPORTED);
        assertThat(known.apply(result).reason()).isEqualTo("known difference: why");
    }
}
