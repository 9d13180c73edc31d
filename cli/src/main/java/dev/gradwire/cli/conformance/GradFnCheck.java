package dev.gradwire.cli.conformance;

import dev.gradwire.cli.conformance.Answer.GradFn;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
        for (int node = 0; byNode != null && node < byNode.size(); node++) {
            for (int result = 0; result < byNode.get(node).size(); result++) {
                String value = value(node, result);
                String difference = compareNames(byNode.get(node).get(result), actual.get(value));
                if (difference != null) {
                    return Verdict.failed("grad_fn of " + value + ": " + difference);
                }
            }
        }
        return Verdict.passed(0);
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
