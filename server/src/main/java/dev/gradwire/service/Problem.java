package dev.gradwire.service;

import io.grpc.Status;

/**
 * What the service itself refuses, as reason, code and text; what a graph is refused for is in {@link
 * dev.gradwire.graph.Reason}.
 */
enum Problem {
    MALFORMED_MESSAGE(Status.Code.INVALID_ARGUMENT, "a message of %s is cut short or damaged"),
    MESSAGE_TOO_LARGE(
            Status.Code.RESOURCE_EXHAUSTED,
            "the unpacked message is over %s of %d bytes: use a Session for large tensors"),
    MISSING_FIELD(Status.Code.INVALID_ARGUMENT, "%s must be given"),
    UNKNOWN_DTYPE(Status.Code.INVALID_ARGUMENT, "%s has no element type that this server knows"),
    UNKNOWN_ENUM(Status.Code.INVALID_ARGUMENT, "%s has a value that this server does not know"),
    UNKNOWN_ENCODING(Status.Code.INVALID_ARGUMENT, "%s is packed in a way that this server does not read"),
    DAMAGED_ENCODING(
            Status.Code.INVALID_ARGUMENT, "%s is no single frame that states its size, is damaged or holds too much"),
    UNKNOWN_NODE(Status.Code.INVALID_ARGUMENT, "the graph has no node or input '%s'"),
    UNKNOWN_INPUT(Status.Code.INVALID_ARGUMENT, "the graph has no input '%s'"),
    UNKNOWN_RESULT(Status.Code.INVALID_ARGUMENT, "the run has no result %s"),
    DUPLICATE_INPUT(Status.Code.INVALID_ARGUMENT, "input '%s' is given twice"),
    MISSING_INPUT(Status.Code.INVALID_ARGUMENT, "there is no tensor for input '%s'"),
    TYPE_MISMATCH(Status.Code.INVALID_ARGUMENT, "%s is %s, but must be %s"),
    NEGATIVE_SIZE(Status.Code.INVALID_ARGUMENT, "%s has the negative size %d"),
    SIZE_OVERFLOW(Status.Code.INVALID_ARGUMENT, "the size of %s does not fit 64 bits"),
    DATA_SIZE(Status.Code.INVALID_ARGUMENT, "%s has %d bytes of data, but %s needs %d"),
    INVALID_BOOL(Status.Code.INVALID_ARGUMENT, "%s holds a bool that is neither 0 nor 1"),
    INVALID_NUMBER(Status.Code.INVALID_ARGUMENT, "%s must be a finite number of at least 0, but is %s"),
    COTANGENT_COUNT(Status.Code.INVALID_ARGUMENT, "%d cotangents are given for %d roots"),
    LIMIT_EXCEEDED(Status.Code.INVALID_ARGUMENT, "%s has %d %s, but %s is %d"),
    RESPONSE_TOO_LARGE(
            Status.Code.INVALID_ARGUMENT,
            "the answer would have %d bytes, but %s is %d: use a Session, or ask for less"),
    CHUNK_ORDER(Status.Code.INVALID_ARGUMENT, "the chunk of '%s' begins at byte %d, but byte %d is next"),
    CHUNK_SIZE(Status.Code.INVALID_ARGUMENT, "the chunk of '%s' ends at byte %d, but the tensor has %d bytes"),
    PROTOCOL_ORDER(Status.Code.INVALID_ARGUMENT, "%s"),
    RUN_ID_ORDER(Status.Code.INVALID_ARGUMENT, "run_id is %d, but must be greater than %d"),
    UNUSED_RESULT(Status.Code.INVALID_ARGUMENT, "there is no gradient of '%s': no root depends on it"),
    DEVICE_CHANGED(Status.Code.INVALID_ARGUMENT, "the session has its tensors on '%s' and cannot go on on '%s'"),
    INCOMPLETE_INPUT(Status.Code.INVALID_ARGUMENT, "input '%s' began to come and is not complete"),
    STALLED(Status.Code.RESOURCE_EXHAUSTED, "the client has read nothing for %d seconds"),
    UNKNOWN_KEPT(Status.Code.INVALID_ARGUMENT, "no tensor is kept under the name '%s'"),
    VALUE_ERROR(Status.Code.INVALID_ARGUMENT, "%snode '%s': %s"),
    NON_FINITE(Status.Code.FAILED_PRECONDITION, "%snode '%s' makes a value that is not finite"),
    GRAPH_UNKNOWN(Status.Code.FAILED_PRECONDITION, "this replica has no program of this digest; send the program"),
    DEVICE_UNAVAILABLE(Status.Code.FAILED_PRECONDITION, "device '%s' is not available on this server"),
    MEMORY_EXHAUSTED(Status.Code.RESOURCE_EXHAUSTED, "%d bytes are needed, but %d are free at the moment"),
    TENANT_EXHAUSTED(
            Status.Code.RESOURCE_EXHAUSTED, "%d %s are needed, but this caller may have %d more at the moment"),
    FLOPS_EXHAUSTED(
            Status.Code.RESOURCE_EXHAUSTED,
            "%d floating point operations are needed, but the runs of the moment leave %d"),
    NODES_EXHAUSTED(
            Status.Code.RESOURCE_EXHAUSTED, "the program has %d nodes, but those of the moment leave room for %d"),
    OVERLOADED(Status.Code.RESOURCE_EXHAUSTED, "%d calls are in hand already, as many as end in good time"),
    DEADLINE_TOO_SOON(
            Status.Code.RESOURCE_EXHAUSTED, "the call would begin in about %d milliseconds, but its deadline is in %d"),
    COMPRESSION_RATIO(Status.Code.RESOURCE_EXHAUSTED, "a message unpacks to more than %d times its size"),
    RUN_TOO_LONG(Status.Code.DEADLINE_EXCEEDED, "the run took longer than this server lets one run take"),
    QUEUE_FULL(Status.Code.RESOURCE_EXHAUSTED, "%d runs are waiting already"),
    OUT_OF_MEMORY(Status.Code.RESOURCE_EXHAUSTED, "the server has not enough memory at the moment"),
    CANCELLED(Status.Code.CANCELLED, "the call was cancelled"),
    DEADLINE_EXCEEDED(Status.Code.DEADLINE_EXCEEDED, "the deadline passed before the run was done"),
    UNAUTHENTICATED(Status.Code.UNAUTHENTICATED, "%s"),
    ENGINE_LOST(Status.Code.UNAVAILABLE, "this replica can compute no more and ends; others can"),
    DRAINING(Status.Code.UNAVAILABLE, "the server is shutting down"),
    INTERNAL(Status.Code.INTERNAL, "the server failed; the operator finds the cause in its log");

    private final Status.Code code;
    private final String text;

    Problem(Status.Code code, String text) {
        this.code = code;
        this.text = text;
    }

    Status.Code code() {
        return code;
    }

    String text(Object... values) {
        return text.formatted(values);
    }
}
