package dev.gradwire.cli.soak;

/** One fault that servers are put to. */
interface Row {
    /** As docs/reliability.md names it. */
    String id();

    String fault();

    /** Part of the time, beside the other rows' parts. */
    int weight();

    /** Ends in about the trial's time; a failure that is thrown is a promise that was not held. */
    void run(Trial trial) throws Exception;
}
