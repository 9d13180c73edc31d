package dev.gradwire.kernel;

/** A kernel is missing on a backend, or failed for the values it was given. */
public final class KernelException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public KernelException(String message) {
        super(message);
    }
}
