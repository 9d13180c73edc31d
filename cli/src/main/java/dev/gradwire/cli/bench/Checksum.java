package dev.gradwire.cli.bench;

import dev.gradwire.tensor.Tensor;

/**
 * A tensor as two numbers, by which engines are compared: Σ wᵢ·xᵢ and Σ wᵢ·|xᵢ| with weights 1 … 7 in turn, so that
 * elements in other places give another sum.
 */
record Checksum(double sum, double size) {
    private static final int PERIOD = 7;

    static Checksum of(Tensor tensor) {
        double sum = 0;
        double size = 0;
        for (long i = 0; i < tensor.type().shape().elements(); i++) {
            double weighted = (1 + i % PERIOD) * tensor.getReal(i);
            sum += weighted;
            size += Math.abs(weighted);
        }
        return new Checksum(sum, size);
    }

    /**
     * Whether both stand for the same values up to rounding.
     *
     * @param relative to their size
     * @param absolute for values that are zero but for rounding
     */
    boolean agrees(Checksum other, double relative, double absolute) {
        double most = relative * Math.max(size, other.size) + absolute;
        return Math.abs(sum - other.sum) <= most && Math.abs(size - other.size) <= most;
    }
}
