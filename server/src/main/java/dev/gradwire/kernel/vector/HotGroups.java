package dev.gradwire.kernel.vector;

/** Makes faster ways to run groups that are run a lot, in the background. */
interface HotGroups {
    /** Leaves every group to the tile interpreter. */
    HotGroups NONE = kernel -> {};

    /** How many elements a group computes, instructions times places, before it is offered: of 20 to 50 ms' work. */
    default long patience() {
        return 1L << 28;
    }

    /** How many ways it has made. */
    default long loops() {
        return 0;
    }

    /**
     * Called once for a kernel, on a thread that has an answer to give: returns at once, and perhaps calls
     * {@link TieredKernel#swap} later.
     */
    void offer(TieredKernel kernel);
}
