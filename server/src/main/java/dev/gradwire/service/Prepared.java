package dev.gradwire.service;

import com.google.protobuf.ByteString;
import dev.gradwire.engine.Compiled;
import dev.gradwire.graph.Interruption;
import dev.gradwire.kernel.DeviceUnavailableException;
import dev.gradwire.pass.Plan;
import dev.gradwire.service.telemetry.Phase;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.GradFn;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Options;
import dev.gradwire.v1.Program;
import io.grpc.Context;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A program that may run: verified, planned, priced and within the limits.
 *
 * @param digest of the program's message
 * @param gradFns the metadata asked for, not measured
 * @param nanos that preparing took
 */
record Prepared(Compiled compiled, RunSettings settings, ByteString digest, List<GradFn> gradFns, long nanos) {
    private static final Logger LOG = LoggerFactory.getLogger(Prepared.class);

    /** @throws RuntimeException one that {@link Errors} knows, when it may not */
    static Prepared of(Program program, @Nullable Backward backward, Options options, Resources resources) {
        ProgramDecoder.checkCounts(program, resources.limits());
        return of(ProgramCache.digest(program), program, backward, options, resources);
    }

    /** Nodes of a program that is sent or kept: what it costs before it is known whether it is right. */
    static Cost nodes(Program program) {
        long nodes = program.getGraph().getNodesCount();
        for (Graph function : program.getFunctionsMap().values()) {
            nodes += function.getNodesCount();
        }
        return Cost.ofNodes(nodes);
    }

    static Prepared of(
            ByteString digest, Program program, @Nullable Backward backward, Options options, Resources resources) {
        return Interruption.during(() -> prepare(digest, program, backward, options, resources), Prepared::goOn);
    }

    private static Prepared prepare(
            ByteString digest, Program program, @Nullable Backward backward, Options options, Resources resources) {
        long start = System.nanoTime();
        Limits limits = resources.limits();
        RunSettings settings = RunSettings.of(options, limits);
        dev.gradwire.engine.Program decoded = resources.programs().decode(digest, program, backward, limits);
        Compiled compiled = compile(decoded, settings.device(), resources);
        Plan.Price price = compiled.plan().price();
        limits.checkAt(Limit.MAX_PEAK_BYTES, price.peakBytes(), "the run", "graph");
        limits.checkAt(Limit.MAX_FLOPS, price.flops(), "the run", "graph");
        List<GradFn> gradFns = new GradFnEncoder(compiled).encode(settings.gradFns());
        Prepared prepared = new Prepared(compiled, settings, digest, gradFns, System.nanoTime() - start);
        resources.metrics().phase(Phase.COMPILE, prepared.nanos(), Context.current());
        if (settings.gradCheck() != null) {
            GradChecks.require(prepared, settings.gradCheck(), resources);
        }
        return prepared;
    }

    /** The same for a later run, which took so long to find it. */
    Prepared again(long foundNanos) {
        return new Prepared(compiled.again(), settings, digest, gradFns, foundNanos);
    }

    private static Compiled compile(dev.gradwire.engine.Program program, String device, Resources resources) {
        try {
            return resources.engine().compile(program, device, (_, _) -> goOn());
        } catch (DeviceUnavailableException e) {
            LOG.debug("device refused", e);
            throw new Refusal(Problem.DEVICE_UNAVAILABLE, device)
                    .with("value", device)
                    .at("options.device");
        }
    }

    /** While graphs grow and between two stages of planning: nobody plans for a call that is gone. */
    private static void goOn() {
        if (Context.current().isCancelled()) {
            throw Errors.cancelled(Context.current());
        }
    }

    /** What a run takes while it computes, checks of its gradients included. */
    Cost cost(long peakBytes) {
        return Cost.ofRun(
                peakBytes + GradChecks.extraBytes(this), plan().price().flops());
    }

    Plan plan() {
        return compiled.plan();
    }
}
