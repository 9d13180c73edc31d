package dev.gradwire.cli.conformance;

import dev.gradwire.cli.conformance.Answer.GradFn;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Compares grad_fn names: of the outputs with their next functions, and of every node of a graph. */
final class GradFnCheck {
    private GradFnCheck() {}

    /** The values whose grad_fn is compared. */
    static List<String> values(Case item) {
        List<String> values = new ArrayList<>(item.outputs());
        List<List<@Nullable String>> byNode = item.expected().nodeGradFns();
        for (int node = 0; byNode != null && node < byNode.size(); node++) {
            for (int result = 0; result < byNode.get(node).size(); result++) {
                values.add(value(node, result));
            }
        }
        return values;
    }

    private static String value(int node, int result) {
        return result == 0 ? "n" + node : "n" + node + ":" + result;
    }

    static Verdict of(Case item, Map<String, GradFn> actual) {
        Case.Expected expected = item.expected();
        for (int i = 0; i < item.outputs().size(); i++) {
            String name = item.outputs().get(i);
            String difference = compare(expected.outputs().get(i), actual.get(name));
            if (difference != null) {
                return Verdict.failed("grad_fn of " + name + ": " + difference);
            }
        }
        List<List<@Nullable String>> byNode = expected.nodeGradFns();
        Set<String> overwritten = overwritten(item);
        for (int node = 0; byNode != null && node < byNode.size(); node++) {
            for (int result = 0; result < byNode.get(node).size(); result++) {
                String value = value(node, result);
                if (overwritten.contains(value)) {
                    continue;
                }
                String difference = compareNames(byNode.get(node).get(result), actual.get(value));
                if (difference != null) {
                    return Verdict.failed("grad_fn of " + value + ": " + difference);
                }
            }
        }
        return Verdict.passed(0);
    }

    /**
     * What later nodes change in place. PyTorch's tensor then has the grad_fn of its last change, which the data shows at
     * the node that made the tensor too; in a graph each node has its own.
     */
    private static Set<String> overwritten(Case item) {
        Set<String> values = new HashSet<>();
        for (Request.Call call : item.nodes()) {
            boolean inPlace =
                    call.op().replaceFirst("^aten\\.", "").split("\\.", 2)[0].endsWith("_");
            if (inPlace && call.args().getFirst() instanceof Arg.Ref(String target)) {
                values.add(target);
            }
        }
        return values;
    }

    private static @Nullable String compare(Case.Output expected, @Nullable GradFn actual) {
        String difference = compareNames(expected.gradFn(), actual);
        if (difference != null || expected.gradFn() == null || actual == null) {
            return difference;
        }
        return expected.nextFunctions().equals(actual.nextFunctions())
                ? null
                : "expected next_functions " + expected.nextFunctions() + ", actual " + actual.nextFunctions();
    }

    private static @Nullable String compareNames(@Nullable String expected, @Nullable GradFn actual) {
        // A leaf needs gradient and has no grad_fn of its own.
        String name = actual == null || actual.name().equals(Answer.LEAF) ? null : actual.name();
        return Objects.equals(expected, name) ? null : "expected " + expected + ", actual " + name;
    }
}
