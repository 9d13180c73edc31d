package dev.gradwire.client;

/** The server has no room for the call now, see {@link #retryAfter}; or a message is larger than allowed. */
public final class ExhaustedException extends GradwireException {
    private static final long serialVersionUID = 1L;

    ExhaustedException(Failure failure) {
        super(failure);
    }
}
