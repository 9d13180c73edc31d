package dev.gradwire.cli.bench;

import dev.gradwire.cli.conformance.Refusal;
import dev.gradwire.cli.conformance.Request;

/** A way to run graphs. */
interface Contender extends AutoCloseable {
    String name();

    /**
     * All that it takes from a graph never seen to its answer.
     *
     * @throws Refusal when it cannot
     */
    Prepared prepare(Request request) throws Refusal;

    /** A graph that has been answered once. */
    interface Prepared extends AutoCloseable {
        void run() throws Refusal;

        /** Bytes that the plan says are alive at one time at the most; 0 where this way does not tell. */
        long peakBytes();

        @Override
        void close();
    }

    @Override
    void close();
}
