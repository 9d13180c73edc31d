package dev.gradwire.op;

import static dev.gradwire.TextProgram.doubles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gradwire.TextProgram;
import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Recording;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Checks every operator by the samples of its declaration. */
final class SamplesTest {
    private static final Offset<Double> CLOSE = Offset.offset(1e-9);

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
        return Operators.all().declarations().stream().flatMap(declaration -> Sample.of(declaration).stream());
    }

    @ParameterizedTest
    @MethodSource("samples")
    void derivativesAgree(Sample sample) {
        assertThat(DerivativeCheck.run(engine, sample)).isEmpty();
    }

    static Stream<Sample> decomposable() {
        return samples()
                .filter(sample -> sample.declaration().kernel().isPresent()
                        && sample.declaration().decomposition().isPresent());
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("decomposable")
    void decompositionAgreesWithKernel(Sample sample) {
        Recording recording = sample.record("");
        Node call = recording.graph().nodes().getLast();
        GraphBuilder builder = new GraphBuilder(Operators.all());
        Value[] map = new Value[recording.graph().valueCount()];
        recording
                .graph()
                .inputs()
                .forEach(input -> map[input.value().id()] =
                        builder.input(input.name(), input.value().type(), false));
        List<Argument> args =
                call.args().stream().map(arg -> GraphBuilder.remap(arg, map)).toList();
        builder.setOrigin("y", false);
        List<Value> whole = builder.apply(call.op(), args);
        List<Expr> parts =
                sample.declaration().decomposition().orElseThrow().apply(new Args(builder, new Call(call.op(), args)));
        for (int i = 0; i < whole.size(); i++) {
            boolean alternative = whole.get(i).type().equals(parts.get(i).type());
            assumeTrue(alternative, "the decomposition is for calls that the kernel does not take");
            builder.output("kernel" + i, whole.get(i));
            builder.output("parts" + i, parts.get(i).value());
        }
        Map<String, Tensor> values = TextProgram.of(engine, builder.recording()).run(sample.fill());
        for (int i = 0; i < whole.size(); i++) {
            assertThat(doubles(values.get("parts" + i))).containsExactly(doubles(values.get("kernel" + i)), CLOSE);
        }
    }

    @Test
    void everyDifferentiableOperatorHasADifferentiableSample() {
        assertThat(Operators.all().declarations())
                .filteredOn(declaration -> declaration.isDifferentiable() && declaration.isSampled())
                .filteredOn(declaration -> Sample.of(declaration).stream()
                        .noneMatch(sample -> DerivativeCheck.isDifferentiable(engine, sample)))
                .extracting(declaration -> declaration.canonical().key())
                .isEmpty();
    }

    /** Otherwise only its parts could tell. */
    @Test
    void compositesOfComplexNumbersSaySo() {
        assertThat(Operators.all().declarations())
                .filteredOn(declaration -> declaration.isComposite() && !declaration.isComplex())
                .filteredOn(declaration -> Sample.of(declaration).stream()
                        .map(Sample::withComplexNumbers)
                        .allMatch(sample -> sample.isComplex() && sample.fits()))
                .filteredOn(declaration -> !declaration.samples().isEmpty())
                .extracting(declaration -> declaration.canonical().key())
                .isEmpty();
    }

    @Test
    void everyComplexOperatorHasAComplexSample() {
        assertThat(Operators.all().declarations())
                .filteredOn(declaration ->
                        declaration.isComplex() && declaration.isDifferentiable() && declaration.isSampled())
                .filteredOn(declaration -> Sample.of(declaration).stream()
                        .noneMatch(sample -> sample.isComplex() && DerivativeCheck.isDifferentiable(engine, sample)))
                .extracting(declaration -> declaration.canonical().key())
                .isEmpty();
    }
}
