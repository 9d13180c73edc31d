package dev.gradwire.engine;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.Recording;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Transforms;
import dev.gradwire.pass.Plan;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Compares a program's gradients with central finite differences of its roots. With cotangents c the roots r stand for
 * the real number L = Σ Re(conj(c) · r), whose gradient is what a backward pass gives; a sampled direction of an input is
 * moved by ±eps and the roots are computed anew, by one plan for all samples.
 */
public final class GradCheck {
    private final Engine engine;
    private final GradCheckSettings settings;
    private final Graph graph;
    private final List<String> inputs;
    /** The roots, followed by those cotangents that are values of the graph. */
    private final Compiled forward;

    private final int rootCount;
    /** For each root the index of its cotangent among the outputs; null for ones. */
    private final List<@Nullable Integer> cotangents = new ArrayList<>();

    private GradCheck(Engine engine, Compiled compiled, GradCheckSettings settings) {
        this.engine = engine;
        this.settings = settings;
        Program program = compiled.program();
        graph = program.recording().graph();
        inputs = program.gradientInputs();
        List<Graph.Output> outputs = new ArrayList<>();
        program.roots().forEach(root -> outputs.add(new Graph.Output("root", root)));
        rootCount = outputs.size();
        Node grad = graph.nodes().getLast();
        for (int i = 0; i < rootCount; i++) {
            List<Argument> given = grad.call().has("grad_outputs") ? grad.call().items("grad_outputs") : List.of();
            boolean value = !given.isEmpty() && given.get(i) instanceof Value;
            cotangents.add(value ? outputs.size() : null);
            if (value) {
                outputs.add(new Graph.Output("cotangent", (Value) given.get(i)));
            }
        }
        List<Node> nodes = graph.nodes().subList(0, graph.nodes().size() - 1);
        Graph values = new Graph(graph.inputs(), nodes, outputs, graph.valueCount());
        Recording recording = new Recording(values, program.recording().names());
        Program roots = new Program(recording, outputs.size(), List.of(), List.of());
        forward = engine.compile(roots, compiled.plan().device());
    }

    /**
     * @param compiled with a backward pass
     * @throws GraphException when an input or root is of less than 32 bits, or there is nothing to check
     */
    public static GradCheck of(Engine engine, Compiled compiled, GradCheckSettings settings) {
        Program program = compiled.program();
        boolean backward = !program.roots().isEmpty()
                && program.recording()
                        .graph()
                        .nodes()
                        .getLast()
                        .op()
                        .schema()
                        .name()
                        .equals(Transforms.GRAD);
        if (!backward) {
            throw new GraphException(
                    Reason.NOT_DIFFERENTIABLE, "there are no gradients to check: ask for a backward pass");
        }
        for (Compiled.Gradient gradient : compiled.gradients()) {
            requireWide(gradient.type().dtype(), "the input '" + gradient.input() + "'");
        }
        for (Value root : program.roots()) {
            requireWide(root.type().dtype(), "a root");
        }
        return new GradCheck(engine, compiled, settings);
    }

    private static void requireWide(DType dtype, String what) {
        if (dtype.isDifferentiable() && dtype.toReal().sizeInBytes() < 4) {
            throw new GraphException(
                    Reason.DTYPE_UNSUPPORTED,
                    "finite differences need float32, float64 or complex numbers of those, but " + what + " is "
                            + dtype.label());
        }
    }

    /** Of one of the {@link #runs}. */
    public Plan.Price price() {
        return forward.plan().price();
    }

    /** How often the roots are computed. */
    public long runs() {
        long runs = 1;
        for (String input : inputs) {
            Value value = graph.inputs().get(indexOf(input)).value();
            runs += 2L * SampledDirections.count(value.type(), settings.samples());
        }
        return runs;
    }

    /**
     * @param tensors one for each input of the graph, in order; they stay the caller's
     * @param gradients one for each differentiated input, null where no root depends on it, which counts as zeros
     * @return one for each differentiated input
     */
    public List<GradCheckResult> run(
            List<ResidentTensor> tensors, List<@Nullable ResidentTensor> gradients, RunOptions options) {
        List<Tensor> atRest = values(tensors, options);
        List<GradCheckResult> results = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            ResidentTensor gradient = gradients.get(i);
            results.add(check(i, tensors, gradient == null ? null : gradient.read(), atRest, options));
        }
        return results;
    }

    private GradCheckResult check(
            int number,
            List<ResidentTensor> tensors,
            @Nullable Tensor gradient,
            List<Tensor> atRest,
            RunOptions options) {
        int at = indexOf(inputs.get(number));
        Tensor base = tensors.get(at).read();
        GradCheckTally tally =
                new GradCheckTally(settings.withDefaults(base.type().dtype()));
        for (long direction : SampledDirections.draw(base.type(), settings.samples(), settings.seed(), number)) {
            SampledDirections.Moved up = SampledDirections.move(base, direction, tally.eps());
            SampledDirections.Moved down = SampledDirections.move(base, direction, -tally.eps());
            List<Tensor> above = values(tensors, at, up.tensor(), options);
            List<Tensor> below = values(tensors, at, down.tensor(), options);
            double numeric = difference(above, below, atRest) / (up.at() - down.at());
            double analytic = gradient == null ? 0 : SampledDirections.part(gradient, direction);
            tally.add(base.type(), direction, analytic, numeric);
        }
        return tally.result(inputs.get(number));
    }

    private List<Tensor> values(List<ResidentTensor> tensors, int at, Tensor moved, RunOptions options) {
        try (ResidentTensor uploaded = engine.upload(forward.plan().device(), moved)) {
            List<ResidentTensor> inPlace = new ArrayList<>(tensors);
            inPlace.set(at, uploaded);
            return values(inPlace, options);
        }
    }

    private List<Tensor> values(List<ResidentTensor> tensors, RunOptions options) {
        try (RunResult result = engine.run(forward, tensors, options)) {
            return result.outputs().stream().map(ResidentTensor::read).toList();
        }
    }

    /** L above − L below, element by element, so that what does not change cancels first. */
    private double difference(List<Tensor> above, List<Tensor> below, List<Tensor> atRest) {
        double sum = 0;
        for (int root = 0; root < rootCount; root++) {
            Integer cotangent = cotangents.get(root);
            Tensor weights = cotangent == null ? null : atRest.get(cotangent);
            Tensor high = above.get(root);
            Tensor low = below.get(root);
            for (long i = 0; i < high.type().shape().elements(); i++) {
                double real = weights == null ? 1 : weights.getReal(i);
                double imaginary = weights == null ? 0 : weights.getImaginary(i);
                sum += real * (high.getReal(i) - low.getReal(i));
                sum += imaginary * (high.getImaginary(i) - low.getImaginary(i));
            }
        }
        return sum;
    }

    private int indexOf(String input) {
        for (int i = 0; i < graph.inputs().size(); i++) {
            if (graph.inputs().get(i).name().equals(input)) {
                return i;
            }
        }
        throw new IllegalStateException("'" + input + "' is no input");
    }
}
