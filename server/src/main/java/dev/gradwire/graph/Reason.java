package dev.gradwire.graph;

/** Why a graph is refused; clients see the name. */
public enum Reason {
    UNKNOWN_OPERATOR,
    UNKNOWN_VALUE,
    UNKNOWN_FUNCTION,
    UNKNOWN_ARGUMENT,
    MISSING_ARGUMENT,
    INVALID_ARGUMENT,
    /** A shape would depend on data; a constant in the graph is known in time. */
    NOT_CONSTANT,
    DUPLICATE_NAME,
    INVALID_NAME,
    CYCLE,
    DTYPE_MISMATCH,
    DTYPE_UNSUPPORTED,
    SHAPE_MISMATCH,
    SIZE_OVERFLOW,
    TOO_MANY_VALUES,
    FUNCTIONS_TOO_DEEP,
    NOT_DIFFERENTIABLE
}
