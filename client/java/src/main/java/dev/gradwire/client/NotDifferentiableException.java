package dev.gradwire.client;

/** A derivative was asked for where there is none: of an integer, or of something that no gradient reaches. */
public final class NotDifferentiableException extends InvalidGraphException {
    private static final long serialVersionUID = 1L;

    NotDifferentiableException(Failure failure) {
        super(failure);
    }
}
