package dev.gradwire.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.TextProgram;
import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.graph.Recording;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Declaration.BatchKind;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import dev.gradwire.transform.Batched;
import dev.gradwire.transform.GradFns;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every operator's samples in a batch, with each tensor alone batched and with all of them: the results and the vjp must
 * be those of single calls.
 */
final class BatchingTest {
    private static final int SIZE = 3;
    private static final double TOLERANCE = 1e-9;
    private static final double LOW_PRECISION = 1e-3;
    private static final Set<DType> EXACT = Set.of(DType.FLOAT64, DType.COMPLEX128);

    private static Engine engine;

    @BeforeAll
    static void open() {
        engine = Engine.open(new EngineSettings(1, EngineSettings.DEFAULT.maxCachedSteps()));
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    static Stream<Sample> samples() {
        return Operators.all().declarations().stream()
                .flatMap(declaration -> Sample.of(declaration).stream())
                .filter(sample -> !sample.tensors().isEmpty());
    }

    @ParameterizedTest
    @MethodSource("samples")
    void resultsAreThoseOfSingleCalls(Sample sample) {
        List<String> results = results(sample.record(""));
        check(sample, sample.record("return " + String.join(", ", results)));
    }

    @ParameterizedTest
    @MethodSource("samples")
    void gradientsAreThoseOfSingleCalls(Sample sample) {
        Recording forward = sample.record("");
        GradFns gradFns = new GradFns(forward, Map.of());
        List<String> outputs = results(forward).stream()
                .filter(name -> gradFns.requiresGrad(value(forward, name)))
                .toList();
        List<String> leaves = new ArrayList<>();
        for (int i = 0; i < sample.tensors().size(); i++) {
            if (sample.tensors().get(i).dtype().isDifferentiable()) {
                leaves.add("t" + i);
            }
        }
        if (outputs.isEmpty()) {
            return;
        }
        StringBuilder more = new StringBuilder();
        List<String> cotangents = new ArrayList<>();
        for (String output : outputs) {
            String name = "u" + cotangents.size();
            more.append(name).append(": ").append(value(forward, output).type()).append('\n');
            cotangents.add(name);
        }
        more.append("g = grad(" + outputs + ", " + leaves + ", " + cotangents + ")\nreturn g");
        for (int i = 1; i < leaves.size(); i++) {
            more.append(", g:").append(i);
        }
        check(sample, sample.record(more.toString()));
    }

    /** One element after another is for few: a new operator should have a rule, or parts that have one. */
    @Test
    void kinds() {
        Map<BatchKind, List<String>> kinds = new EnumMap<>(BatchKind.class);
        for (Declaration declaration : Operators.all().declarations()) {
            kinds.computeIfAbsent(declaration.batchKind(), _ -> new ArrayList<>())
                    .add(declaration.canonical().key());
        }
        kinds.forEach((kind, operators) -> System.out.println("batched by " + kind + ": " + operators.size()));
        System.out.println("one element after another: " + kinds.get(BatchKind.LOOP));
        assertThat(kinds.get(BatchKind.LOOP)).hasSizeLessThan(20);
    }

    private static Value value(Recording recording, String name) {
        Value value = recording.names().get(name);
        if (value == null) {
            throw new IllegalStateException("there is no value " + name);
        }
        return value;
    }

    private static List<String> results(Recording recording) {
        return recording.names().keySet().stream()
                .filter(name -> name.equals("y") || name.startsWith("y:"))
                .toList();
    }

    private static void check(Sample sample, Recording recording) {
        TextProgram single = TextProgram.of(engine, recording);
        List<String> inputs =
                recording.graph().inputs().stream().map(input -> input.name()).toList();
        Set<Set<String>> choices = new LinkedHashSet<>();
        inputs.forEach(input -> choices.add(Set.of(input)));
        choices.add(Set.copyOf(inputs));
        SplittableRandom random = sample.random();
        List<Map<String, Tensor>> points = new ArrayList<>();
        for (int i = 0; i < SIZE; i++) {
            points.add(point(sample, recording, random));
        }
        for (Set<String> batched : choices) {
            check(sample, recording, single, points, batched);
        }
    }

    private static void check(
            Sample sample,
            Recording recording,
            TextProgram single,
            List<Map<String, Tensor>> points,
            Set<String> batched) {
        Recording whole = Batched.of(recording.graph(), SIZE, batched);
        Map<String, Tensor> wholeInputs = new HashMap<>(points.getFirst());
        batched.forEach(name -> wholeInputs.put(
                name, stack(points.stream().map(point -> point.get(name)).toList())));
        Map<String, Tensor> actual = TextProgram.of(engine, whole).run(wholeInputs);
        for (int i = 0; i < SIZE; i++) {
            Map<String, Tensor> one = new HashMap<>(points.getFirst());
            for (String name : batched) {
                one.put(name, points.get(i).get(name));
            }
            Map<String, Tensor> expected = single.run(one);
            for (Map.Entry<String, Tensor> output : expected.entrySet()) {
                assertThat(difference(output.getValue(), actual.get(output.getKey()), i))
                        .as("%s of element %d, %s batched", output.getKey(), i, batched)
                        .isLessThanOrEqualTo(exact(sample) ? TOLERANCE : LOW_PRECISION);
            }
        }
    }

    private static boolean exact(Sample sample) {
        return sample.tensors().stream()
                .allMatch(tensor -> !tensor.dtype().isDifferentiable() || EXACT.contains(tensor.dtype()));
    }

    private static Map<String, Tensor> point(Sample sample, Recording recording, SplittableRandom random) {
        Map<String, Tensor> point = new LinkedHashMap<>();
        sample.tensors().forEach(tensor -> point.put("t" + point.size(), tensor.fill(random)));
        recording.graph().inputs().stream()
                .filter(input -> !point.containsKey(input.name()))
                .forEach(input -> {
                    TensorType type = input.value().type();
                    point.put(input.name(), new Sample.Filling(type.dtype(), type.shape(), -1, 1).fill(random));
                });
        return point;
    }

    private static Tensor stack(List<Tensor> parts) {
        TensorType type = parts.getFirst().type();
        double[] elements = parts.stream()
                .flatMapToDouble(part -> Arrays.stream(TextProgram.doubles(part)))
                .toArray();
        return Tensor.of(type.dtype(), type.shape().insertDim(0, parts.size()), elements);
    }

    /** The largest difference, relative to numbers larger than 1, between a tensor and one of a batch. */
    private static double difference(Tensor expected, Tensor whole, int index) {
        assertThat(whole.type())
                .isEqualTo(expected.type().withShape(expected.type().shape().insertDim(0, SIZE)));
        double[] one = TextProgram.doubles(expected);
        double[] all = TextProgram.doubles(whole);
        double most = 0;
        for (int i = 0; i < one.length; i++) {
            double a = one[i];
            double b = all[index * one.length + i];
            boolean same = a == b || Double.isNaN(a) && Double.isNaN(b);
            most = Math.max(most, same ? 0 : Math.abs(a - b) / Math.max(1, Math.abs(a)));
            most = Double.isNaN(most) ? Double.POSITIVE_INFINITY : most;
        }
        return most;
    }
}
