package dev.gradwire.client;

/** No server could be reached, or it is shutting down; small calls have been tried again already. */
public final class UnavailableException extends GradwireException {
    private static final long serialVersionUID = 1L;

    UnavailableException(Failure failure) {
        super(failure);
    }
}
