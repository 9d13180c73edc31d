package dev.gradwire.graph;

/** Why a graph is refused; clients see the name. */
public enum Reason {
    UNKNOWN_OPERATOR,
    UNKNOWN_VALUE,
    UNKNOWN_ARGUMENT,
    MISSING_ARGUMENT,
    INVALID_ARGUMENT,
    DUPLICATE_NAME,
    INVALID_NAME,
    CYCLE,
    DTYPE_MISMATCH,
    DTYPE_UNSUPPORTED,
    SHAPE_MISMATCH,
    SIZE_OVERFLOW,
    TOO_MANY_VALUES,
    NOT_DIFFERENTIABLE
}
