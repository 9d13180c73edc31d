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
    MAX_LOOP_ITERATIONS(
            RunOptions.MAX_ITERATIONS, "iterations", "Iterations of all loops without max_iterations in one run."),
    MAX_GRAD_CHECK_RUNS(10_000, "runs", "Times that a gradient check computes the roots."),
    MAX_SESSION_BYTES(memoryInBytes(), "bytes", "Bytes of the tensors that one session keeps on the server."),
    MAX_MESSAGE_BYTES(4 << 20, "bytes", "One message, either way; a Session carries larger tensors in chunks."),
    MAX_CHUNK_BYTES(1 << 20, "bytes", "Data of one TensorChunk."),
    MAX_HEADER_BYTES(8 << 10, "bytes", "Request headers of one call."),
    MAX_STREAMS_PER_CONNECTION(128, "streams", "Calls open at a time on one connection; further ones wait."),
    MAX_QUEUED_RUNS(256, "runs", "Runs that wait for a lane; further ones are refused for the moment."),
    MAX_STALL_SECONDS(30, "seconds", "Time for which a Session's client may leave results unread."),
    MAX_PROGRAM_CACHE_BYTES(64L << 20, "bytes", "Programs kept to be named by their digest; the least used ones go.");

    private final long standard;
    private final String unit;
    private final String description;

    Limit(long standard, String unit, String description) {
        this.standard = standard;
        this.unit = unit;
        this.description = description;
    }

    /** Half of the machine's or the container's memory: the other half is for the Java heap and for copies. */
    private static long memoryInBytes() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getTotalMemorySize() / 2
                : 1L << 30;
    }

    /** As errors and GetServerInfo name it: {@code max_graph_nodes}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** As the command line names it: {@code --max-graph-nodes}. */
    public String flag() {
        return "--" + label().replace('_', '-');
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
