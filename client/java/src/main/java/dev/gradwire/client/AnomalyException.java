package dev.gradwire.client;

import dev.gradwire.v1.Anomaly;

/** A value became NaN or infinite, as {@link RunOptions#detectAnomaly} was to find. */
public final class AnomalyException extends GradwireException {
    private static final long serialVersionUID = 1L;

    private final Anomaly anomaly;

    AnomalyException(Failure failure, Anomaly anomaly) {
        super(failure);
        this.anomaly = anomaly;
    }

    /** The first node where it did, forward or backward, with the ranges of what it read. */
    public Anomaly anomaly() {
        return anomaly;
    }
}
