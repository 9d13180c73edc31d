package dev.gradwire.op;

import static dev.gradwire.TextProgram.doubles;
import static java.util.stream.Collectors.joining;

import dev.gradwire.TextProgram;
import dev.gradwire.engine.Engine;
import dev.gradwire.graph.Recording;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import dev.gradwire.transform.GradFns;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Checks the derivatives of one sample. With L = Σ ⟨u, y⟩ over its results, g the gradients of L and S = Σ ⟨w, g⟩: g
 * against central differences of L, the gradients of S against central differences of S, and ⟨u, J d⟩ = ⟨g, d⟩ for
 * tangents d. Complex numbers count as their two parts.
 */
final class DerivativeCheck {
    /** Balances the error of the difference, h² f‴/6, and of rounding, 1e-16 f/h. */
    private static final double STEP = 1e-5;

    private static final double TOLERANCE = 1e-6;
    private static final double EXACT = 1e-10;
    private static final double LOW_PRECISION = 1e-5;
    private static final int DIRECTIONS = 3;

    private final Engine engine;
    private final Sample sample;
    private final SplittableRandom random;
    private final List<String> failures = new ArrayList<>();
    private final Map<String, Tensor> point = new LinkedHashMap<>();
    /** Names of the results that take part in derivatives. */
    private final List<String> outputs = new ArrayList<>();
    /** Names of the inputs with respect to which the sample is differentiable. */
    private final List<String> leaves = new ArrayList<>();

    private DerivativeCheck(Engine engine, Sample sample) {
        this.engine = engine;
        this.sample = sample;
        this.random = sample.random();
    }

    /** Whether a derivative flows into one of the sample's tensors at all. */
    static boolean isDifferentiable(Engine engine, Sample sample) {
        DerivativeCheck check = new DerivativeCheck(engine, sample);
        check.findLeaves();
        return !check.leaves.isEmpty();
    }

    /** What is wrong, a line each; empty where nothing is. */
    static List<String> run(Engine engine, Sample sample) {
        DerivativeCheck check = new DerivativeCheck(engine, sample);
        check.findLeaves();
        check.run();
        return check.failures;
    }

    private void findLeaves() {
        for (int i = 0; i < sample.tensors().size(); i++) {
            point.put("t" + i, sample.tensors().get(i).fill(random));
            if (sample.tensors().get(i).dtype().isDifferentiable()) {
                Recording recording = sample.recordWithOneLeaf(i);
                GradFns gradFns = new GradFns(recording, Map.of());
                List<String> reached = results(recording).entrySet().stream()
                        .filter(result -> gradFns.requiresGrad(result.getValue()))
                        .map(Map.Entry::getKey)
                        .toList();
                if (!reached.isEmpty()) {
                    leaves.add("t" + i);
                }
                reached.stream().filter(name -> !outputs.contains(name)).forEach(outputs::add);
            }
        }
    }

    private static Map<String, Value> results(Recording recording) {
        Map<String, Value> results = new LinkedHashMap<>();
        recording.names().forEach((name, value) -> {
            if (name.equals("y") || name.startsWith("y:")) {
                results.put(name, value);
            }
        });
        return results;
    }

    private void run() {
        if (leaves.isEmpty()) {
            Recording forward = sample.record(
                    "return " + String.join(", ", results(sample.record("")).keySet()));
            TextProgram.of(engine, forward).run(point);
            return;
        }
        Recording recording = sample.record("");
        StringBuilder inputs = new StringBuilder();
        outputs.forEach(name -> declare("u", name, results(recording).get(name).type(), inputs));
        for (String leaf : leaves) {
            TensorType type = point.get(leaf).type();
            declare("w", leaf, type, inputs);
            declare("d", leaf, type, inputs);
            point.put("d" + leaf, filling(leaf).tangent(random));
        }
        String gradient =
                inputs + "g = grad(" + list("", outputs) + ", " + list("", leaves) + ", " + list("u", outputs) + ")\n";
        String gradients = results("g", leaves.size());
        Recording first = sample.record(gradient + "return " + String.join(", ", outputs) + ", " + gradients);
        Recording all = sample.record(gradient
                + "gg = grad([" + gradients + "], " + list("", leaves) + ", " + list("w", leaves) + ")\n"
                + "j = jvp(" + list("", outputs) + ", " + list("", leaves) + ", " + list("d", leaves) + ")\n"
                + "return " + String.join(", ", outputs) + ", " + gradients + ", " + results("gg", leaves.size()) + ", "
                + results("j", outputs.size()));
        Map<String, Tensor> values = TextProgram.of(engine, all).run(point);
        checkAdjoint(values);
        TextProgram program = TextProgram.of(engine, first);
        for (int i = 0; i < leaves.size(); i++) {
            if (exact()) {
                checkDifferences(i, program, values);
            }
        }
    }

    private void declare(String prefix, String name, TensorType type, StringBuilder lines) {
        String input = prefix + name.replace(":", "_");
        point.put(input, new Sample.Filling(type.dtype(), type.shape(), -1, 1).fill(random));
        lines.append(input).append(": ").append(type).append('\n');
    }

    private Sample.Filling filling(String input) {
        return sample.tensors().get(Integer.parseInt(input.substring(1)));
    }

    private static String list(String prefix, List<String> names) {
        return names.stream()
                .map(name -> prefix.isEmpty() ? name : prefix + name.replace(":", "_"))
                .collect(joining(", ", "[", "]"));
    }

    private static String results(String node, int count) {
        StringBuilder names = new StringBuilder(node);
        for (int i = 1; i < count; i++) {
            names.append(", ").append(result(node, i));
        }
        return names.toString();
    }

    private static String result(String node, int index) {
        return index == 0 ? node : node + ":" + index;
    }

    private void checkAdjoint(Map<String, Tensor> values) {
        double forward = 0;
        double scale = 1;
        for (int i = 0; i < outputs.size(); i++) {
            Tensor cotangent = point.get("u" + outputs.get(i).replace(":", "_"));
            forward += dot(cotangent, values.get(result("j", i)));
            scale += size(cotangent, values.get(result("j", i)));
        }
        double reverse = 0;
        for (int i = 0; i < leaves.size(); i++) {
            Tensor tangent = point.get("d" + leaves.get(i));
            reverse += dot(tangent, values.get(result("g", i)));
            scale += size(tangent, values.get(result("g", i)));
        }
        compare("⟨u, J d⟩ and ⟨g, d⟩", forward, reverse, scale * (exact() ? EXACT : LOW_PRECISION));
    }

    private boolean exact() {
        return sample.tensors().stream()
                .allMatch(tensor -> tensor.dtype().toReal() == DType.FLOAT64
                        || !tensor.dtype().isDifferentiable());
    }

    private void checkDifferences(int leaf, TextProgram program, Map<String, Tensor> values) {
        String name = leaves.get(leaf);
        for (int n = 0; n < DIRECTIONS && point.get(name).type().shape().elements() > 0; n++) {
            Tensor direction = filling(name).tangent(random);
            Map<String, Tensor> above = program.run(moved(name, direction, STEP));
            Map<String, Tensor> below = program.run(moved(name, direction, -STEP));
            compare("first order, " + name, direction, values.get(result("g", leaf)), above, below, this::value);
            compare("second order, " + name, direction, values.get(result("gg", leaf)), above, below, this::firstOrder);
        }
    }

    private void compare(
            String what,
            Tensor direction,
            Tensor gradient,
            Map<String, Tensor> above,
            Map<String, Tensor> below,
            Function<Map<String, Tensor>, Double> function) {
        double difference = (function.apply(above) - function.apply(below)) / (2 * STEP);
        double scale = 1 + size(gradient, direction) + Math.abs(function.apply(above));
        compare(what + " and difference", dot(gradient, direction), difference, scale * TOLERANCE);
    }

    private Map<String, Tensor> moved(String name, Tensor direction, double step) {
        Map<String, Tensor> inputs = new LinkedHashMap<>(point);
        double[] elements = doubles(point.get(name));
        double[] along = doubles(direction);
        for (int i = 0; i < elements.length; i++) {
            elements[i] += step * along[i];
        }
        inputs.put(name, Tensor.of(direction.type().dtype(), direction.type().shape(), elements));
        return inputs;
    }

    /** L. */
    private double value(Map<String, Tensor> values) {
        double sum = 0;
        for (String output : outputs) {
            sum += dot(point.get("u" + output.replace(":", "_")), values.get(output));
        }
        return sum;
    }

    /** S. */
    private double firstOrder(Map<String, Tensor> values) {
        double sum = 0;
        for (int i = 0; i < leaves.size(); i++) {
            sum += dot(point.get("w" + leaves.get(i)), values.get(result("g", i)));
        }
        return sum;
    }

    private void compare(String what, double a, double b, double tolerance) {
        boolean agree = Math.abs(a - b) <= tolerance || Double.isNaN(a) && Double.isNaN(b);
        if (!agree) {
            failures.add(what + ": " + a + " and " + b);
        }
    }

    /** Re Σ conj(a) · b. */
    private static double dot(Tensor a, Tensor b) {
        return products(a, b).sum();
    }

    private static double size(Tensor a, Tensor b) {
        return products(a, b).map(Math::abs).sum();
    }

    private static DoubleStream products(Tensor a, Tensor b) {
        double[] x = doubles(a);
        double[] y = doubles(b);
        return IntStream.range(0, x.length).mapToDouble(i -> x[i] * y[i]);
    }
}
