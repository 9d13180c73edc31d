package dev.gradwire.runtime;

/** The caller went away, or its deadline passed, while its graph ran. */
public final class CancelledException extends RuntimeException {
    private static final long serialVersionUID = 1;

    CancelledException() {
        super("cancelled", null, false, false);
    }
}
