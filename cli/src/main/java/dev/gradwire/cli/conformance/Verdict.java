package dev.gradwire.cli.conformance;

import org.jspecify.annotations.Nullable;

/**
 * How one kind of comparison of one case ended.
 *
 * @param reason null where it passed
 */
public record Verdict(
        Status status, double worstError, @Nullable String reason) {
    public enum Status {
        PASSED,
        FAILED,
        /** Does not count as agreement, nor as a failure: the server says that it does not have this. */
        UNSUPPORTED
    }

    static Verdict passed(double worstError) {
        return new Verdict(Status.PASSED, worstError, null);
    }

    static Verdict failed(String reason) {
        return new Verdict(Status.FAILED, 0, reason);
    }

    static Verdict unsupported(String reason) {
        return new Verdict(Status.UNSUPPORTED, 0, reason);
    }
}
