package dev.gradwire.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.gradwire.graph.TextForm;
import dev.gradwire.op.Operators;
import dev.gradwire.runtime.AnomalyException;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.transform.GradFn;
import dev.gradwire.transform.GradFns;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Programs with functions through the engine: shared plans and their names, metadata. */
final class FunctionProgramsTest {
    private static final String LOGS = """
            def f(c, x):
              d = sub(c, x)
              e = log(d)
              return e
            def g(c, x):
              s = scan(@f, [c], [x])
              return s
            a: float64[2] requires_grad
            xs: float64[3, 2]
            r = scan(@f, [a], [xs])
            k = checkpoint(@g, [r, xs])
            t = sum(k)
            return t
            """;
    private static final String OTHER_LOGS = LOGS.replaceAll("\\b([acdekrstx]|xs)\\b(?!\\()", "$1$1");

    private static Engine engine;

    @BeforeAll
    static void open() {
        engine = Engine.open(EngineSettings.DEFAULT);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static Program program(String text) {
        return new Program(TextForm.parse(text, Operators.all()), 1, List.of(), List.of());
    }

    private static List<String> stepNames(Compiled compiled) {
        return compiled.plan().withBodies().stream()
                .flatMap(plan -> plan.steps().stream())
                .flatMap(step -> step.nodes().stream())
                .distinct()
                .sorted()
                .toList();
    }

    @Test
    void sharedPlansSpeakOfTheirOwnProgramsNodes() {
        Compiled first = engine.compile(program(LOGS), Engine.DEFAULT_DEVICE);
        Compiled second = engine.compile(program(OTHER_LOGS), Engine.DEFAULT_DEVICE);
        assertThat(first.cacheHit()).isFalse();
        assertThat(second.cacheHit()).isTrue();
        assertThat(stepNames(first)).containsExactly("d", "e", "k/s", "r", "t");
        assertThat(stepNames(second)).containsExactly("dd", "ee", "kk/ss", "rr", "tt");
    }

    @Test
    void namesThatCannotBeToldApartMakeAPlanOfTheirOwn() {
        String text = """
                def f(c):
                  y = sin(c)
                  return y
                def g(c):
                  y = cos(c)
                  return y
                a: float64[2]
                p: bool[]
                r = cond(p, @f, @g, [a])
                return r
                """;
        engine.compile(program(text), Engine.DEFAULT_DEVICE);
        String other = text.replace("y = cos(c)\n  return y", "z = cos(c)\n  return z");
        Compiled compiled = engine.compile(program(other), Engine.DEFAULT_DEVICE);
        assertThat(compiled.cacheHit()).isFalse();
        assertThat(stepNames(compiled)).containsExactly("r", "y", "z");
    }

    @Test
    void anomaliesInSharedPlansNameTheirOwnNodes() {
        engine.compile(program(LOGS), Engine.DEFAULT_DEVICE);
        Compiled compiled = engine.compile(program(OTHER_LOGS), Engine.DEFAULT_DEVICE);
        RunOptions detecting = new RunOptions(() -> false, true, false, false, 0);
        try (ResidentTensor a = engine.upload("cpu", Tensor.of(DType.FLOAT64, Shape.of(2), 1.5, 1.25));
                ResidentTensor xs = engine.upload("cpu", Tensor.of(DType.FLOAT64, Shape.of(3, 2), 1, 1, 1, 1, 1, 1))) {
            assertThatThrownBy(() -> engine.run(compiled, List.of(a, xs), detecting))
                    .isInstanceOfSatisfying(
                            AnomalyException.class,
                            e -> assertThat(e.anomaly().node()).isEqualTo("rr/ee"));
        }
        assertThat(engine.liveTensors()).isZero();
    }

    @Test
    void nodesWithFunctionsHaveGradFns() {
        GradFns gradFns = new GradFns(program(LOGS).recording(), Map.of());
        assertThat(gradFns.all())
                .extracting(GradFn::node, GradFn::name)
                .containsExactly(
                        tuple("a", GradFn.LEAF),
                        tuple("r", "ScanBackward0"),
                        tuple("k", "CheckpointBackward0"),
                        tuple("t", "SumBackward0"));
        GradFn scan = gradFns.all().get(1);
        assertThat(scan.resultTypes()).hasSize(1);
        assertThat(scan.nextFunctions()).containsExactly(new GradFn.Edge("a", 0), new GradFn.Edge("", 0));
    }
}
