package dev.gradwire.cli.bench.service;

import org.jspecify.annotations.Nullable;

/**
 * One figure of a run.
 *
 * @param unit of value and reference
 * @param reference what it is compared with, in the same run; NaN for nothing
 * @param ratio of value and reference, that the goal is for; NaN for none
 * @param goal the least ratio, or the most where {@code atMost}; null for none
 */
record Figure(
        String name,
        double value,
        String unit,
        double reference,
        double ratio,
        @Nullable Double goal,
        boolean atMost) {
    static Figure plain(String name, double value, String unit) {
        return new Figure(name, value, unit, Double.NaN, Double.NaN, null, false);
    }

    static Figure atLeast(String name, double value, String unit, double reference, double goal) {
        return new Figure(name, value, unit, reference, value / reference, goal, false);
    }

    static Figure atMost(String name, double value, String unit, double reference, double goal) {
        return new Figure(name, value, unit, reference, value / reference, goal, true);
    }

    /** The same, for information only. */
    static Figure beside(String name, double value, String unit, double reference) {
        return new Figure(name, value, unit, reference, value / reference, null, false);
    }

    String met() {
        return goal == null ? "" : (atMost ? ratio <= goal : ratio >= goal) ? "yes" : "no";
    }
}
