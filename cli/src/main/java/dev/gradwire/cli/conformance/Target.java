package dev.gradwire.cli.conformance;

/** Something that runs graphs. */
public interface Target extends AutoCloseable {
    /** @throws Refusal when it answers with an error */
    Answer run(Request request) throws Refusal;

    @Override
    void close();
}
