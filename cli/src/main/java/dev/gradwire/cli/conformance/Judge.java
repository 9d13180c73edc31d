package dev.gradwire.cli.conformance;

import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Runs a case on a target and compares all that the case has figures for. */
public final class Judge {
    /** For cases in which the last place of an input decides about much more of a result. */
    private static final Case.Tolerance LOOSE = new Case.Tolerance(1e-4, 1e-4);

    private final Target target;
    private final Case item;
    private final Case.Tolerance tolerance;
    private final Map<Kind, Verdict> verdicts = new EnumMap<>(Kind.class);
    /** How the vectors of the answer relate to PyTorch's, null where there is no choice. */
    private @Nullable Gauge gauge;

    private Judge(Target target, Case item) {
        this.target = target;
        this.item = item;
        this.tolerance = item.tags().contains("sensitive") ? LOOSE : item.tolerance();
    }

    public static CaseResult judge(Case item, Target target) {
        Judge judge = new Judge(target, item);
        try {
            judge.run();
        } catch (NotConstantException e) {
            judge = new Judge(target, item.withConstants());
            judge.run();
        }
        return new CaseResult(item.id(), judge.verdicts);
    }

    /** A shape depends on an input: then integers and bools are put into the graph, as constants. */
    private static final class NotConstantException extends RuntimeException {
        private static final long serialVersionUID = 1;

        NotConstantException(String message) {
            super(message, null, false, false);
        }
    }

    private interface Check {
        Verdict run() throws Refusal;
    }

    private void run() {
        if (item.unreadable() != null) {
            all(Verdict.unsupported(item.unreadable()));
            return;
        }
        Answer forward;
        try {
            forward = target.run(Requests.forward(item));
        } catch (Refusal e) {
            if (e.reason().equals("NOT_CONSTANT") && item.inputs().stream().anyMatch(Case::canBeConstant)) {
                throw new NotConstantException(e.text());
            }
            all(isUnsupported(e) ? Verdict.unsupported(e.text()) : Verdict.failed(e.text()));
            return;
        }
        align(forward.outputs());
        Case.Expected expected = item.expected();
        List<Tensor> values =
                expected.outputs().stream().map(Case.Output::value).toList();
        check(Kind.FORWARD, () -> {
            Verdict outputs = compare(item.outputs(), forward.outputs(), aligned(values));
            return outputs.status() == Verdict.Status.PASSED ? mutated(outputs) : outputs;
        });
        check(Kind.GRAD_FN, () -> GradFnCheck.of(item, forward.gradFns()));
        check(Kind.VJP, this::vjp);
        Case.Jvp jvp = expected.jvp();
        if (jvp != null) {
            check(Kind.JVP, () -> jvp(jvp));
        }
        Case.Second second = expected.second();
        if (second != null) {
            check(Kind.SECOND, () -> second(second));
        }
    }

    private Verdict mutated(Verdict otherwise) throws Refusal {
        SequencedMap<String, Tensor> mutated = item.expected().mutated();
        if (mutated.isEmpty()) {
            return otherwise;
        }
        Answer answer = target.run(RunningStatistics.request(item));
        return compare(
                mutated.keySet().stream().map(name -> name + " afterwards").toList(),
                answer.outputs(),
                List.copyOf(mutated.values()));
    }

    private void all(Verdict verdict) {
        item.kinds().forEach(kind -> verdicts.put(kind, verdict));
    }

    /**
     * The operator is unknown, or does not take complex numbers. That a rule's own operator is unknown shows later, and
     * is a failure.
     */
    private boolean isUnsupported(Refusal refusal) {
        return refusal.reason().equals("UNKNOWN_OPERATOR")
                || refusal.reason().equals("DTYPE_UNSUPPORTED") && item.isComplex();
    }

    private void check(Kind kind, Check check) {
        try {
            verdicts.put(kind, check.run());
        } catch (Refusal e) {
            verdicts.put(kind, Verdict.failed(e.text()));
        }
    }

    private Verdict vjp() throws Refusal {
        List<@Nullable Tensor> expected = item.expected().grads();
        if (cotangents().stream().allMatch(Objects::isNull)) {
            return Verdict.passed(0);
        }
        Answer answer = target.run(new Requests(item, cotangents()).vjp());
        return compare(inputNames("gradient of "), answer.gradients(), expected);
    }

    private Verdict jvp(Case.Jvp jvp) throws Refusal {
        List<Integer> wanted = IntStream.range(0, item.outputs().size())
                .filter(i ->
                        item.expected().outputs().get(i).value().type().dtype().isDifferentiable())
                .boxed()
                .toList();
        List<String> names = wanted.stream().map(item.outputs()::get).toList();
        List<@Nullable Tensor> all = aligned(jvp.outputs());
        List<@Nullable Tensor> expected = new ArrayList<>();
        wanted.forEach(i -> expected.add(all.get(i)));
        Answer answer = target.run(new Requests(item, cotangents()).jvp(jvp, names));
        return compare(names.stream().map(name -> "tangent of " + name).toList(), answer.outputs(), expected);
    }

    private Verdict second(Case.Second second) throws Refusal {
        Answer answer = target.run(new Requests(item, cotangents()).second(second));
        return compare(inputNames("second gradient of "), answer.outputs(), second.grads());
    }

    private List<String> inputNames(String prefix) {
        return item.differentiable().stream()
                .map(input -> prefix + input.name())
                .toList();
    }

    private List<@Nullable Tensor> cotangents() {
        List<@Nullable Tensor> cotangents = new ArrayList<>();
        item.expected().outputs().forEach(output -> cotangents.add(output.cotangent()));
        return aligned(cotangents);
    }

    private void align(List<Tensor> outputs) {
        if (item.tags().contains("gauge")) {
            List<Tensor> values =
                    item.expected().outputs().stream().map(Case.Output::value).toList();
            Shape decomposed = item.inputs().getFirst().tensor().type().shape();
            gauge = Gauge.of(outputs, values, decomposed, tolerance);
        }
    }

    /** Tensors in the places of outputs, as they are for the vectors that are there. */
    private List<@Nullable Tensor> aligned(List<? extends @Nullable Tensor> tensors) {
        List<@Nullable Tensor> aligned = new ArrayList<>();
        for (int i = 0; i < tensors.size(); i++) {
            Tensor tensor = tensors.get(i);
            aligned.add(tensor == null || gauge == null ? tensor : gauge.align(i, tensor));
        }
        return aligned;
    }

    /** Null stands for zeros on either side. */
    private Verdict compare(
            List<String> names, List<? extends @Nullable Tensor> actual, List<? extends @Nullable Tensor> expected) {
        double worst = 0;
        for (int i = 0; i < names.size(); i++) {
            Comparison comparison = compare(actual.get(i), expected.get(i));
            worst = Math.max(worst, comparison.worstError());
            if (comparison.difference() != null) {
                return new Verdict(Verdict.Status.FAILED, worst, names.get(i) + ": " + comparison.difference());
            }
        }
        return Verdict.passed(worst);
    }

    private Comparison compare(@Nullable Tensor actual, @Nullable Tensor expected) {
        if (actual == null) {
            return expected == null
                    ? Comparison.AGREES
                    : Comparison.withZeros(expected, tolerance).unused();
        }
        return expected == null ? Comparison.withZeros(actual, tolerance) : Comparison.of(actual, expected, tolerance);
    }
}
