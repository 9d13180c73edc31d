package dev.gradwire.engine;

import java.util.List;

/**
 * How the gradient of one input compares with finite differences.
 *
 * @param samples directions that were tried
 * @param maxAbsoluteError |analytic − numeric| at the most
 * @param maxRelativeError |analytic − numeric| / |numeric| at the most; infinite where only the numeric one is 0
 * @param worst the direction whose error is largest against what is allowed
 */
public record GradCheckResult(
        String input, boolean passed, int samples, double maxAbsoluteError, double maxRelativeError, Entry worst) {

    /**
     * The derivative in one direction.
     *
     * @param index of the element, one number for each dimension
     * @param imaginary whether the element's imaginary part was moved
     */
    public record Entry(List<Long> index, boolean imaginary, double analytic, double numeric) {
        static final Entry NONE = new Entry(List.of(), false, 0, 0);

        public Entry {
            index = List.copyOf(index);
        }
    }
}
