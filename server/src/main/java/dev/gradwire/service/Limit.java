package dev.gradwire.service;

import dev.gradwire.runtime.RunOptions;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/** A bound that the server holds requests to: the one list of their names, defaults and units. */
public enum Limit {
    MAX_GRAPH_NODES(1_000_000, "nodes", "Nodes of one graph."),
    MAX_GRAPH_VALUES(1 << 22, "values", "Values of one graph with its functions and derivatives."),
    MAX_GRAPH_INPUTS(100_000, "inputs", "Inputs of one graph."),
    MAX_GRAPH_OUTPUTS(100_000, "outputs", "Outputs, roots and differentiated inputs of one graph, each."),
    MAX_GRAPH_BYTES(64L << 20, "bytes", "Serialized size of a program, with the constants inside it."),
    MAX_FUNCTION_DEPTH(64, "levels", "Functions that use functions, one inside the other."),
    MAX_NAME_BYTES(256, "bytes", "UTF-8 length of a name: of an input, node, argument, operator or device."),
    MAX_RANK(64, "dimensions", "Dimensions of one tensor."),
    MAX_TENSOR_ELEMENTS(1L << 36, "elements", "Elements of one tensor, intermediate ones included."),
    MAX_TENSOR_BYTES(1L << 36, "bytes", "Bytes of one tensor, intermediate ones included."),
    MAX_PEAK_BYTES(
            memoryInBytes(),
            "bytes",
            "Bytes of all tensors that one run holds at a time; all runs and sessions share as much."),
    MAX_FLOPS(100_000_000_000_000L, "FLOPs", "Floating point operations of one run."),
    MAX_SHARED_FLOPS(
            400_000_000_000_000L,
            "FLOPs",
            Problem.FLOPS_EXHAUSTED,
            "Floating point operations of all runs that compute at a time."),
    MAX_SHARED_NODES(
            4_000_000,
            "nodes",
            Problem.NODES_EXHAUSTED,
            "Nodes of all programs that are prepared or held by sessions at a time."),
    MAX_TENANT_PERCENT(
            75,
            "percent",
            Problem.TENANT_EXHAUSTED,
            "Part of the shared bytes, FLOPs and nodes that one known caller may hold; callers without a name share all."),
    MAX_LOOP_ITERATIONS(
            RunOptions.MAX_ITERATIONS, "iterations", "Iterations of all loops without max_iterations in one run."),
    MAX_GRAD_CHECK_RUNS(10_000, "runs", "Times that a gradient check computes the roots."),
    MAX_SESSION_BYTES(memoryInBytes(), "bytes", "Bytes of the tensors that one session keeps on the server."),
    MAX_MESSAGE_BYTES(
            4 << 20,
            "bytes",
            Problem.MESSAGE_TOO_LARGE,
            "One message, either way; a Session carries larger tensors in chunks."),
    MAX_CHUNK_BYTES(1 << 20, "bytes", "Data of one TensorChunk."),
    MAX_COMPRESSION_RATIO(
            100,
            "to 1",
            Problem.COMPRESSION_RATIO,
            "How much larger than its compressed form a message, or packed tensor data, may be; a message's first 64 KiB are free."),
    MAX_HEADER_BYTES(8 << 10, "bytes", "HTTP 431", "Request headers of one call."),
    MAX_STREAMS_PER_CONNECTION(
            128, "streams", "REFUSED_STREAM", "Calls open at a time on one connection; clients let further ones wait."),
    MAX_HANDSHAKE_SECONDS(
            10, "seconds", Effects.CLOSED, "Time from a new connection to the end of its TLS and HTTP/2 handshake."),
    MAX_CONNECTION_IDLE_SECONDS(
            600, "seconds", Effects.GOAWAY, "Time without a call after which a connection is closed."),
    MAX_CONNECTION_AGE_SECONDS(
            3_600,
            "seconds",
            Effects.GOAWAY,
            "Age at which a connection takes no further calls, so that clients find new replicas."),
    MAX_CONNECTION_GRACE_SECONDS(
            604_800,
            "seconds",
            Effects.CLOSED,
            "Time that calls of such an aged connection then have: a Session may take days."),
    MIN_PING_SECONDS(10, "seconds", Effects.CALM, "Least time between two pings of a client, with or without calls."),
    MAX_RESETS_PER_WINDOW(2_000, "resets", Effects.CALM, "Calls that one client resets in max_reset_window_seconds."),
    MAX_RESET_WINDOW_SECONDS(10, "seconds", Effects.CALM, "Time over which resets are counted."),
    MAX_QUEUED_RUNS(
            256,
            "runs",
            Problem.QUEUE_FULL,
            "Runs that wait for a lane; the limit that adapts to the time of small calls is lower."),
    MAX_QUEUE_MILLISECONDS(
            20,
            "milliseconds",
            Problem.OVERLOADED,
            "Time that small calls should wait at the most before others are refused."),
    MAX_RUN_SECONDS(
            3_600,
            "seconds",
            Problem.RUN_TOO_LONG,
            "Time that one run may compute, whatever the deadline of its call."),
    MAX_STALL_SECONDS(30, "seconds", Problem.STALLED, "Time for which a Session's client may leave results unread."),
    MAX_PROGRAM_CACHE_BYTES(
            64L << 20,
            "bytes",
            Problem.GRAPH_UNKNOWN,
            "Programs kept to be named by their digest; the least used ones go.");

    /** What a connection tells; apart, as an enum's constants come before its fields. */
    private static final class Effects {
        private static final String CLOSED = "the connection ends";
        private static final String GOAWAY = "GOAWAY NO_ERROR";
        private static final String CALM = "GOAWAY ENHANCE_YOUR_CALM";

        private Effects() {}
    }

    private final long standard;
    private final String unit;
    private final String effect;
    private final String description;

    /** What one request has too much of. */
    Limit(long standard, String unit, String description) {
        this(standard, unit, Problem.LIMIT_EXCEEDED, description);
    }

    Limit(long standard, String unit, Problem problem, String description) {
        this(standard, unit, problem.name(), description);
    }

    Limit(long standard, String unit, String effect, String description) {
        this.standard = standard;
        this.unit = unit;
        this.effect = effect;
        this.description = description;
    }

    /** Half of the machine's or the container's memory: the other half is for the Java heap and for copies. */
    private static long memoryInBytes() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getTotalMemorySize() / 2
                : 1L << 30;
    }

    /** The default as text: the same on every machine. */
    String standardText() {
        return this == MAX_PEAK_BYTES || this == MAX_SESSION_BYTES ? "half of the memory" : Long.toString(standard);
    }

    /** As errors and GetServerInfo name it: {@code max_graph_nodes}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** As the command line names it: {@code --max-graph-nodes}. */
    public String flag() {
        return "--" + label().replace('_', '-');
    }

    /** What it ends in: a reason of the error catalogue, or what the connection tells. */
    public String effect() {
        return effect;
    }

    /** Where refusals are counted. */
    public String metric() {
        return "gradwire.limit.hits{limit=" + label() + "}";
    }

    public long standard() {
        return standard;
    }

    public String unit() {
        return unit;
    }

    public String description() {
        return description;
    }
}
