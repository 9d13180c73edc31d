package dev.gradwire.engine;

import static dev.gradwire.TextProgram.doubles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.TextProgram;
import dev.gradwire.graph.Argument;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.runtime.AnomalyException;
import dev.gradwire.runtime.CancelledException;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.runtime.StepException;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EngineTest {
    private static Engine engine;

    @BeforeAll
    static void open() {
        engine = Engine.open(new EngineSettings(1, 1000));
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static Tensor vector(double... elements) {
        return Tensor.of(DType.FLOAT64, Shape.of(elements.length), elements);
    }

    /** sum(op(x)) with a backward pass, under names of the caller's choice. */
    private static Program program(String input, String node, String op, int size) {
        ProgramBuilder program = new ProgramBuilder();
        GraphBuilder graph = program.graph();
        graph.input(input, TensorType.of(DType.FLOAT64, size), true);
        graph.record(node, op, List.of(graph.lookup(input)), Map.of());
        graph.record(node + "_sum", "sum", List.of(graph.lookup(node)), Map.of());
        program.output(node + "_sum");
        return program.build(List.of(), List.of(), List.of());
    }

    @Test
    void equalGraphsUnderOtherNamesShareThePlan() {
        Compiled first = engine.compile(program("x", "a", "cosh", 3), Engine.DEFAULT_DEVICE);
        Compiled second = engine.compile(program("y", "b", "cosh", 3), Engine.DEFAULT_DEVICE);
        Compiled other = engine.compile(program("x", "a", "cosh", 4), Engine.DEFAULT_DEVICE);
        assertThat(first.cacheHit()).isFalse();
        assertThat(second.cacheHit()).isTrue();
        assertThat(other.cacheHit()).isFalse();
        assertThat(second.gradients()).extracting(Compiled.Gradient::input).containsExactly("y");
        assertThat(second.gradFns().all()).extracting("node").containsExactly("y", "b", "b_sum");
        assertThat(second.plan().inputs()).extracting("name").containsExactly("y");
        assertThat(second.plan().steps()).flatExtracting("nodes").containsExactly("b", "b_sum");
        assertThat(first.plan().steps()).flatExtracting("nodes").containsExactly("a", "a_sum");
    }

    @Test
    void errorsOfASharedPlanCarryTheNamesOfTheirOwnProgram() {
        for (String name : List.of("mine", "yours")) {
            TextProgram logarithm = TextProgram.of(engine, "x: float64[2]\n" + name + " = log10(x)\nreturn " + name);
            RunOptions options = new RunOptions(() -> false, true, false, false, 0);
            assertThatThrownBy(() -> logarithm.run(Map.of("x", vector(1, -1)), options))
                    .isInstanceOfSatisfying(
                            AnomalyException.class,
                            e -> assertThat(e.anomaly().node()).isEqualTo(name));
            TextProgram choice = TextProgram.of(
                    engine, "x: float64[3]\ni: int64[1]\n" + name + " = index_select(x, 0, i)\nreturn " + name);
            Map<String, Tensor> inputs = Map.of("x", vector(1, 2, 3), "i", Tensor.of(DType.INT64, Shape.of(1), 7));
            assertThatThrownBy(() -> choice.run(inputs))
                    .isInstanceOfSatisfying(
                            StepException.class, e -> assertThat(e.node()).isEqualTo(name));
        }
    }

    @Test
    void stepsOfFunctionsCarryTheNamesOfTheirOwnProgram() {
        String text = """
                def {inner}(v):
                  {part} = sinh(v)
                  return {part}
                def {outer}(v):
                  {node} = vmap(@{inner}, [v])
                  return {node}
                x: float64[2, 3]
                {node} = vmap(@{outer}, [x])
                return {node}
                """;
        for (List<String> names : List.of(List.of("f", "g", "a", "b"), List.of("g", "f", "b", "a/b"))) {
            String own = text.replace("{inner}", names.get(0))
                    .replace("{outer}", names.get(1))
                    .replace("{part}", names.get(2))
                    .replace("{node}", names.get(3));
            Compiled compiled = TextProgram.of(engine, own).compiled();
            assertThat(compiled.cacheHit()).isEqualTo(names.contains("a/b"));
            assertThat(compiled.plan().steps())
                    .extracting("node")
                    .containsExactly(names.get(3) + "/" + names.get(3) + "/" + names.get(2));
        }
    }

    @Test
    void gradientsAreNullWhereNothingDependsOnTheInput() {
        ProgramBuilder program = new ProgramBuilder();
        GraphBuilder graph = program.graph();
        graph.input("x", TensorType.of(DType.FLOAT64), true);
        graph.input("z", TensorType.of(DType.FLOAT64), true);
        graph.record("y", "mul", List.of(graph.lookup("x"), new Argument.Int(3)), Map.of());
        program.output("y");
        Compiled compiled = engine.compile(program.build(List.of(), List.of(), List.of()), Engine.DEFAULT_DEVICE);
        try (ResidentTensor one = engine.upload(Engine.DEFAULT_DEVICE, Tensor.scalar(DType.FLOAT64, 1.0));
                RunResult result = engine.run(compiled, List.of(one, one), RunOptions.DEFAULT)) {
            assertThat(result.gradients().get(0).read().getDouble(0)).isEqualTo(3);
            assertThat(result.gradients().get(1)).isNull();
        }
    }

    @Test
    void aRootWithoutGradientIsRefused() {
        ProgramBuilder program = new ProgramBuilder();
        program.graph().input("x", TensorType.of(DType.FLOAT64), false);
        program.graph().record("y", "sin", List.of(program.graph().lookup("x")), Map.of());
        program.output("y");
        assertThatThrownBy(() -> program.build(List.of("y"), List.of(), List.of()))
                .isInstanceOfSatisfying(GraphException.class, e -> {
                    assertThat(e.reason()).isEqualTo(Reason.NOT_DIFFERENTIABLE);
                    assertThat(e.node()).isEqualTo("y");
                });
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 13, 207, 4098})
    void oddSizes(int size) {
        double[] elements =
                IntStream.range(0, size).mapToDouble(i -> i - size / 2.0).toArray();
        TextProgram program = TextProgram.of(
                engine, "x: float64[" + size + "]\ny = mul(x, x)\ns = sum(y)\ng = grad([s], [x])\nreturn s, g");
        Map<String, Tensor> values = program.run(Map.of("x", vector(elements)));
        double sum = Arrays.stream(elements).map(x -> x * x).sum();
        assertThat(values.get("s").getDouble(0)).isEqualTo(sum);
        assertThat(doubles(values.get("g")))
                .containsExactly(Arrays.stream(elements).map(x -> 2 * x).toArray());
    }

    @Test
    void nonFiniteNumbersGoThrough() {
        TextProgram program = TextProgram.of(engine, "x: float64[4]\ny = mul(x, 2.0)\nm = maximum(x, y)\nreturn y, m");
        double inf = Double.POSITIVE_INFINITY;
        Map<String, Tensor> values = program.run(Map.of("x", vector(Double.NaN, inf, -inf, -0.0)));
        assertThat(doubles(values.get("y"))).containsExactly(Double.NaN, inf, -inf, -0.0);
        assertThat(doubles(values.get("m"))).startsWith(Double.NaN, inf, -inf);
    }

    @Test
    void outputsMayBeInputsConstantsAndEachOther() {
        TextProgram program = TextProgram.of(
                engine, "x: float64[1]\nk = constant(tensor(float64[1], [5]))\ny = neg(x)\nreturn x, k, y, y, x");
        assertThat(program.run(Map.of("x", vector(2))).values().stream().map(t -> t.getDouble(0)))
                .containsExactlyInAnyOrder(2.0, 5.0, -2.0);
    }

    @Test
    void anomaliesNameTheFirstNode() {
        TextProgram program =
                TextProgram.of(engine, "x: float64[2]\na = mul(x, 2.0)\nb = log(a)\nc = exp(b)\nreturn c");
        RunOptions options = new RunOptions(() -> false, true, false, false, 0);
        assertThatThrownBy(() -> program.run(Map.of("x", vector(1, -1)), options))
                .isInstanceOfSatisfying(AnomalyException.class, e -> {
                    assertThat(e.anomaly().node()).isEqualTo("b");
                    assertThat(e.anomaly().backward()).isFalse();
                    assertThat(e.anomaly().operands().getFirst().min()).isEqualTo(-2);
                });
        assertThat(program.run(Map.of("x", vector(1, 2)), options)).containsKey("c");
    }

    @Test
    void anomaliesOfTheBackwardPass() {
        TextProgram program = TextProgram.of(engine, "x: float64[]\ny = sqrt(x)\ng = grad([y], [x])\nreturn y, g");
        RunOptions options = new RunOptions(() -> false, true, false, false, 0);
        assertThatThrownBy(() -> program.run(Map.of("x", Tensor.scalar(DType.FLOAT64, 0.0)), options))
                .isInstanceOfSatisfying(AnomalyException.class, e -> {
                    assertThat(e.anomaly().node()).isEqualTo("y");
                    assertThat(e.anomaly().backward()).isTrue();
                });
    }

    @Test
    void cancellationIsSeenBetweenSteps() {
        TextProgram program = TextProgram.of(engine, "x: float64[1]\na = sin(x)\nb = cos(a)\nreturn b");
        int[] polls = {0};
        RunOptions options = new RunOptions(() -> ++polls[0] == 2, false, false, false, 0);
        assertThatThrownBy(() -> program.run(Map.of("x", vector(1)), options)).isInstanceOf(CancelledException.class);
        assertThat(polls[0]).isEqualTo(2);
    }

    @Test
    void failuresOfKernelsNameTheNode() {
        TextProgram program =
                TextProgram.of(engine, "x: float64[2]\ni: int64[1]\npart = index_select(x, 0, i)\nreturn part");
        Map<String, Tensor> inputs = Map.of("x", vector(1, 2), "i", Tensor.of(DType.INT64, Shape.of(1), 7));
        assertThatThrownBy(() -> program.run(inputs))
                .isInstanceOfSatisfying(
                        StepException.class, e -> assertThat(e.node()).isEqualTo("part"));
    }

    @Test
    void runsSideBySide() throws Exception {
        Compiled compiled = engine.compile(program("x", "y", "exp", 1000), Engine.DEFAULT_DEVICE);
        Callable<Double> run = () -> {
            try (ResidentTensor zeros = engine.upload(Engine.DEFAULT_DEVICE, vector(new double[1000]));
                    RunResult result = engine.run(compiled, List.of(zeros), RunOptions.DEFAULT)) {
                return result.outputs().getFirst().read().getDouble(0);
            }
        };
        try (var pool = Executors.newFixedThreadPool(4)) {
            for (var future : pool.invokeAll(Collections.nCopies(50, run))) {
                assertThat(future.get()).isEqualTo(1000);
            }
        }
    }
}
