package dev.gradwire.cli.conformance;

import java.util.Locale;

/** What is compared. */
public enum Kind {
    FORWARD,
    VJP,
    JVP,
    SECOND,
    GRAD_FN;

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
