package dev.gradwire.engine;

import dev.gradwire.tensor.DType;

/**
 * How gradients are compared with finite differences. An error is allowed up to {@code atol + rtol · |numeric|}.
 *
 * @param samples directions tried of each input: a real element is one, a complex element two; all of them where an
 *     input has no more
 * @param eps step to either side; 0 for 1e-6 where the input is of 64 bits, 1e-2 where it is of 32
 * @param atol 0 for 1e-5, or 1e-2 at 32 bits
 * @param rtol 0 for 1e-3, or 1e-2 at 32 bits
 * @param seed by which directions are drawn
 */
public record GradCheckSettings(int samples, double eps, double atol, double rtol, long seed) {
    public static final int STANDARD_SAMPLES = 16;

    GradCheckSettings withDefaults(DType dtype) {
        boolean wide = dtype.toReal() == DType.FLOAT64;
        return new GradCheckSettings(
                samples,
                eps > 0 ? eps : wide ? 1e-6 : 1e-2,
                atol > 0 ? atol : wide ? 1e-5 : 1e-2,
                rtol > 0 ? rtol : wide ? 1e-3 : 1e-2,
                seed);
    }
}
