package dev.gradwire.client;

/** The graph, an argument or a tensor is wrong; sending it again gives the same answer. */
public sealed class InvalidGraphException extends GradwireException permits NotDifferentiableException {
    private static final long serialVersionUID = 1L;

    InvalidGraphException(Failure failure) {
        super(failure);
    }
}
