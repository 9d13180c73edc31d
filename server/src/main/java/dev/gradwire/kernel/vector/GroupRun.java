package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Lane;

/**
 * One way to run one group. Stateless, safe for use by many threads. All ways give the same bits (NaN for NaN), since a
 * group may be run by another one each time.
 */
interface GroupRun {
    /**
     * Reads operands and fills results, one for each of the group's reads and writes, checked before by
     * {@link TieredKernel}: contiguous, long enough, and no result shares memory with anything else, but for an operand
     * that it may replace ({@link InPlace}).
     */
    void run(DeviceTensor[] operands, DeviceTensor[] results, Lane lane);
}
