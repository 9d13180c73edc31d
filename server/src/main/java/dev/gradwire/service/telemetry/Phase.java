package dev.gradwire.service.telemetry;

import java.util.Locale;

/** What the time of a run goes into. */
public enum Phase {
    QUEUE,
    COMPILE,
    COMPUTE,
    COPY;

    /** The value of the attribute "phase", and the name of a span. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
