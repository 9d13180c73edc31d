package dev.gradwire.kernel.torch;

/** Into how many parts large work is cut: by what it is, never by how many threads there are. */
final class Parts {
    /** Below the first, waking a thread takes longer than it helps; further ones help machines with more cores. */
    private static final double[] FLOPS = {1e7, 4e8, 1.6e9};

    private Parts() {}

    static int of(double flops) {
        int parts = 1;
        for (double bound : FLOPS) {
            if (flops >= bound) {
                parts *= 2;
            }
        }
        return parts;
    }
}
