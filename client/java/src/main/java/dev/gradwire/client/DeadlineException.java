package dev.gradwire.client;

/** The call took longer than {@link GradwireBuilder#deadline} allows; the server has stopped computing. */
public final class DeadlineException extends GradwireException {
    private static final long serialVersionUID = 1L;

    DeadlineException(Failure failure) {
        super(failure);
    }
}
