package dev.gradwire.kernel.vector;

/** Makes faster ways to run groups that are run a lot, in the background. */
interface HotGroups {
    /** Leaves every group to the tile interpreter. */
    HotGroups NONE = kernel -> {};

    /**
     * Called once for a kernel, on a thread that has an answer to give: returns at once, and perhaps calls
     * {@link TieredKernel#swap} later.
     */
    void offer(TieredKernel kernel);
}
