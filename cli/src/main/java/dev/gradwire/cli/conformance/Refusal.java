package dev.gradwire.cli.conformance;

/** A target answered with an error. */
public final class Refusal extends Exception {
    private static final long serialVersionUID = 1;

    private final String reason;

    public Refusal(String reason, String detail) {
        super(detail, null, false, false);
        this.reason = reason;
    }

    /** The server's name for the reason, e.g. {@code UNKNOWN_OPERATOR}. */
    public String reason() {
        return reason;
    }

    public String text() {
        return reason + ": " + getMessage();
    }
}
