package dev.gradwire.runtime;

/** A run was asked to stop at the first non-finite value, and did. */
public final class AnomalyException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Anomaly anomaly;

    AnomalyException(Anomaly anomaly) {
        super("a value is not finite");
        this.anomaly = anomaly;
    }

    public Anomaly anomaly() {
        return anomaly;
    }
}
