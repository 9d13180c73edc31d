package dev.gradwire.runtime;

import dev.gradwire.tensor.Tensor;
import java.util.List;

/**
 * The first non-finite result of a run.
 *
 * @param node the client's node that it belongs to
 * @param output which result of the kernel
 * @param backward whether it arose in the derivative of that node
 * @param operands what went into it
 */
public record Anomaly(String node, int output, boolean backward, List<Range> operands) {
    public Anomaly {
        operands = List.copyOf(operands);
    }

    /**
     * Least and greatest finite element, NaN where there is none, and how many are not finite. Of complex elements both
     * parts count for the range, and an element with a part that is not finite is not.
     *
     * @param name of the client's node or input that the tensor comes from
     */
    public record Range(String name, double min, double max, long nanCount, long infCount) {
        static Range of(String name, Tensor tensor) {
            double min = Double.POSITIVE_INFINITY;
            double max = Double.NEGATIVE_INFINITY;
            long nans = 0;
            long infinities = 0;
            long elements = tensor.type().shape().elements();
            boolean complex = tensor.type().dtype().isComplex();
            for (long i = 0; i < elements; i++) {
                double real = tensor.getReal(i);
                double imaginary = complex ? tensor.getImaginary(i) : real;
                if (Double.isNaN(real) || Double.isNaN(imaginary)) {
                    nans++;
                } else if (Double.isInfinite(real) || Double.isInfinite(imaginary)) {
                    infinities++;
                } else {
                    min = Math.min(min, Math.min(real, imaginary));
                    max = Math.max(max, Math.max(real, imaginary));
                }
            }
            boolean none = nans + infinities == elements;
            return new Range(name, none ? Double.NaN : min, none ? Double.NaN : max, nans, infinities);
        }

        boolean isFinite() {
            return nanCount + infCount == 0;
        }
    }
}
