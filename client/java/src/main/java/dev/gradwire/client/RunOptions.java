package dev.gradwire.client;

import dev.gradwire.v1.GradCheck;
import dev.gradwire.v1.GradFnMode;
import dev.gradwire.v1.GradFnSelection;
import dev.gradwire.v1.Options;
import java.util.List;

/**
 * How graphs are run. Immutable: each method gives changed options.
 *
 * <pre>{@code
 * client.withOptions(RunOptions.defaults().device("cuda:0").precision(Precision.TF32))
 * }</pre>
 */
public final class RunOptions {
    private static final RunOptions DEFAULTS = new RunOptions(Options.getDefaultInstance());

    private final Options wire;

    private RunOptions(Options wire) {
        this.wire = wire;
    }

    /** The server's first device, deterministic, exact, without checks and measurements, random seed 0. */
    public static RunOptions defaults() {
        return DEFAULTS;
    }

    /** {@code "cpu"}, {@code "cuda:0"}; empty for the server's first device. */
    public RunOptions device(String name) {
        return new RunOptions(wire.toBuilder().setDevice(name).build());
    }

    /** Whether equal requests must give equal bits; an operator that cannot do so is refused then. */
    public RunOptions deterministic(boolean on) {
        return new RunOptions(wire.toBuilder().setDeterministic(on).build());
    }

    /** Fails at the first node, forward or backward, that makes a NaN or an infinity. See {@link AnomalyException}. */
    public RunOptions detectAnomaly(boolean on) {
        return new RunOptions(wire.toBuilder().setDetectAnomaly(on).build());
    }

    /** With {@link #detectAnomaly}: finishes the run and only reports the anomaly. See {@link Report#anomaly}. */
    public RunOptions keepGoing(boolean on) {
        return new RunOptions(wire.toBuilder().setKeepGoing(on).build());
    }

    /**
     * Compares gradients with finite differences; the default instance leaves samples and tolerances to the server. See
     * {@link Report#gradChecks}.
     */
    public RunOptions gradCheck(GradCheck check) {
        return new RunOptions(wire.toBuilder().setGradCheck(check).build());
    }

    /** Measures nodes, which slows the run down. See {@link Report#gradFns}. */
    public RunOptions profile(boolean on) {
        return new RunOptions(wire.toBuilder().setProfile(on).build());
    }

    public RunOptions precision(Precision precision) {
        return new RunOptions(wire.toBuilder().setPrecision(precision.wire()).build());
    }

    /**
     * Key of the random operators. A client numbers its random nodes in the order in which they are recorded: equal keys
     * and equal numbers draw the same, from one client to the next and on every server.
     */
    public RunOptions seed(long key) {
        return new RunOptions(wire.toBuilder().setSeed(key).build());
    }

    /**
     * Sends tensors as Zstandard frames, and asks for such, where that makes them smaller: for slow networks. Loads native
     * code.
     */
    public RunOptions compressed(boolean on) {
        return new RunOptions(Packing.asked(wire, on));
    }

    long seed() {
        return wire.getSeed();
    }

    boolean profiles() {
        return wire.getProfile();
    }

    /** @param gradFns names of the nodes whose metadata is wanted */
    Options wire(List<String> gradFns) {
        GradFnSelection selection = gradFns.isEmpty()
                ? GradFnSelection.newBuilder()
                        .setMode(GradFnMode.GRAD_FN_MODE_NONE)
                        .build()
                : GradFnSelection.newBuilder()
                        .setMode(GradFnMode.GRAD_FN_MODE_NODES)
                        .addAllNodes(gradFns)
                        .build();
        return wire.toBuilder().setGradFns(selection).build();
    }
}
