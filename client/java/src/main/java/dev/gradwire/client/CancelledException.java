package dev.gradwire.client;

/** The calling thread was interrupted, or the client closed; the server has stopped computing. */
public final class CancelledException extends GradwireException {
    private static final long serialVersionUID = 1L;

    CancelledException(Failure failure) {
        super(failure);
    }
}
