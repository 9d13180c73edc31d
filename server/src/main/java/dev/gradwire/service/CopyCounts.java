package dev.gradwire.service;

import java.util.concurrent.atomic.LongAdder;

/**
 * How tensor data went between the transport's memory and tensors: bytes that were copied once, and those that took a
 * detour. Only pieces of {@link #LARGE_BYTES} and more count; what smaller ones cost is not their bytes.
 */
public final class CopyCounts {
    static final int LARGE_BYTES = 64 << 10;

    private final LongAdder receivedOnce = new LongAdder();
    private final LongAdder receivedTwice = new LongAdder();
    private final LongAdder sentInPlace = new LongAdder();
    private final LongAdder sentCopied = new LongAdder();

    /** @param once from the transport's memory straight into the tensor's */
    void received(int bytes, boolean once) {
        if (bytes >= LARGE_BYTES) {
            (once ? receivedOnce : receivedTwice).add(bytes);
        }
    }

    /** @param inPlace read by the transport where the run left it */
    void sent(int bytes, boolean inPlace) {
        if (bytes >= LARGE_BYTES) {
            (inPlace ? sentInPlace : sentCopied).add(bytes);
        }
    }

    /** Share of received bytes that were copied once; 1 where there were none. */
    public double receivedShare() {
        return share(receivedOnce.sum(), receivedTwice.sum());
    }

    /** Share of sent bytes that were read in place; 1 where there were none. */
    public double sentShare() {
        return share(sentInPlace.sum(), sentCopied.sum());
    }

    private static double share(long good, long other) {
        return good + other == 0 ? 1 : (double) good / (good + other);
    }
}
