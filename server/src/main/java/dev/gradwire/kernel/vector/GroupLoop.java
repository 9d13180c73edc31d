package dev.gradwire.kernel.vector;

/**
 * A generated loop. Operands are addresses: those of the reads, of the writes, then of the rows that values are kept in
 * ({@link LoopPlan#kept}), each of the first element of a row. Results of reductions over the rows are combined into what
 * is there; a frame is memory of the calling thread for values that stand once for a row.
 */
interface GroupLoop {
    /**
     * Runs whole rows.
     *
     * @param steps from one row to the next, in bytes, one for each address
     */
    void rows(long[] addresses, long[] steps, long frame, long rows, long columns);

    /**
     * Runs some columns of one phase of one row; reductions end in the frame.
     *
     * @param from a multiple of {@link ReductionOrder#CHUNK}
     */
    void phase(int phase, long[] addresses, long frame, long from, long to);

    /** Computes what stands once for a row after a phase, when its reductions are in the frame. */
    void after(int phase, long[] addresses, long frame);
}
