package dev.gradwire.cli.bench;

import dev.gradwire.cli.conformance.Refusal;
import dev.gradwire.tensor.Tensor;
import java.util.List;

/** A way to run graphs. */
interface Contender extends AutoCloseable {
    String name();

    /**
     * Takes a workload's inputs to where it will run.
     *
     * @throws Refusal when it cannot
     */
    Loaded load(Workload workload) throws Refusal;

    /** A workload with its inputs in place. */
    interface Loaded extends AutoCloseable {
        /**
         * Nanoseconds from a graph never seen to its answer.
         *
         * @param number not given before in this process
         */
        long firstNanos(int number) throws Refusal;

        /** Runs the workload once; it has been planned by the second time. */
        void run() throws Refusal;

        /** Its outputs, gradients among them. */
        List<Tensor> values() throws Refusal;

        /** Bytes that the plan says are alive at one time at the most; 0 where this way does not tell. */
        long plannedBytes() throws Refusal;

        @Override
        void close();
    }

    /** Brings what a server's start would have warmed up to where it is some time later. */
    default void warmUp() {}

    @Override
    void close();
}
