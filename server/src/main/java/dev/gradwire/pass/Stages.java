package dev.gradwire.pass;

/** Hears of each stage of planning as it ends, to measure it, or to end planning there by an exception. */
@FunctionalInterface
public interface Stages {
    Stages UNHEARD = (_, _) -> {};

    /**
     * @param stage what ended: {@code digest}, {@code differentiate}, a pass by its name, {@code schedule}, …
     * @param nodes of the graph it left
     */
    void ended(String stage, int nodes);
}
