package dev.gradwire.engine;

import dev.gradwire.tensor.TensorType;

/** Gathers the errors of one input. */
final class GradCheckTally {
    private final GradCheckSettings settings;
    private int samples;
    private double maxAbsolute;
    private double maxRelative;
    private double worstShare = -1;
    private GradCheckResult.Entry worst = GradCheckResult.Entry.NONE;

    GradCheckTally(GradCheckSettings settings) {
        this.settings = settings;
    }

    double eps() {
        return settings.eps();
    }

    void add(TensorType type, long direction, double analytic, double numeric) {
        samples++;
        double error = Math.abs(analytic - numeric);
        maxAbsolute = Math.max(maxAbsolute, error);
        maxRelative = Math.max(maxRelative, error == 0 ? 0 : error / Math.abs(numeric));
        double share = error / (settings.atol() + settings.rtol() * Math.abs(numeric));
        // NaN and infinities agree with nothing.
        double comparable = Double.isFinite(error) ? share : Double.POSITIVE_INFINITY;
        if (comparable > worstShare) {
            worstShare = comparable;
            worst = new GradCheckResult.Entry(
                    SampledDirections.index(type, direction),
                    SampledDirections.isImaginary(type, direction),
                    analytic,
                    numeric);
        }
    }

    GradCheckResult result(String input) {
        return new GradCheckResult(input, worstShare <= 1, samples, maxAbsolute, maxRelative, worst);
    }
}
