package dev.gradwire.cli.bench;

import java.util.Arrays;

/** Times in milliseconds, as many as come. */
final class Samples {
    private double[] millis = new double[64];
    private int count;

    void add(long nanos) {
        if (count == millis.length) {
            millis = Arrays.copyOf(millis, 2 * count);
        }
        millis[count++] = nanos / 1e6;
    }

    int count() {
        return count;
    }

    /** The time that such a share of them does not exceed. */
    double quantile(double share) {
        if (count == 0) {
            throw new IllegalStateException("nothing was timed");
        }
        double[] sorted = Arrays.copyOf(millis, count);
        Arrays.sort(sorted);
        return sorted[(int) (share * (count - 1))];
    }
}
