package dev.gradwire.service;

import dev.gradwire.engine.Engine;
import dev.gradwire.engine.GradCheckSettings;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.v1.Encoding;
import dev.gradwire.v1.GradFnMode;
import dev.gradwire.v1.GradFnSelection;
import dev.gradwire.v1.Options;
import dev.gradwire.v1.Precision;
import io.grpc.Context;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A client's options, checked, with defaults in place of what was left out.
 *
 * @param device to run on
 * @param maxLoopIterations the server's own bound for loops that have none
 * @param longest that a run may take
 * @param gradFns whose metadata to return
 * @param seed key of the random operators, where a run has none of its own
 * @param answers how tensors are packed that go to the client, where that makes them smaller
 * @param gradCheck null where gradients are not to be checked
 */
record RunSettings(
        String device,
        boolean detectAnomaly,
        boolean keepGoing,
        boolean profile,
        GradFnSelection gradFns,
        long seed,
        long maxLoopIterations,
        Duration longest,
        Encoding answers,
        @Nullable GradCheckSettings gradCheck) {
    static RunSettings of(Options options, Limits limits) {
        String device = options.getDevice().isEmpty() ? Engine.DEFAULT_DEVICE : options.getDevice();
        limits.checkAt(Limit.MAX_NAME_BYTES, device.length(), "the device", "options.device");
        if (options.getPrecision() == Precision.UNRECOGNIZED) {
            throw new Refusal(Problem.UNKNOWN_ENUM, "the precision").at("options.precision");
        }
        for (int i = 0; i < options.getAcceptEncodingsCount(); i++) {
            if (options.getAcceptEncodings(i) == Encoding.UNRECOGNIZED) {
                throw new Refusal(Problem.UNKNOWN_ENUM, "an encoding").at("options.accept_encodings[" + i + "]");
            }
        }
        if (options.getGradFns().getMode() == GradFnMode.UNRECOGNIZED) {
            throw new Refusal(Problem.UNKNOWN_ENUM, "the mode").at("options.grad_fns.mode");
        }
        return new RunSettings(
                device,
                options.getDetectAnomaly(),
                options.getKeepGoing(),
                options.getProfile(),
                options.getGradFns(),
                options.getSeed(),
                limits.get(Limit.MAX_LOOP_ITERATIONS),
                Duration.ofSeconds(limits.get(Limit.MAX_RUN_SECONDS)),
                Encodings.choose(options.getAcceptEncodingsList()),
                GradChecks.settings(options));
    }

    /**
     * Ends the run, which begins now, once the call is cancelled or late, of which the call's context knows, or when it
     * has had its time.
     */
    RunOptions runOptions(Context context) {
        long begun = System.nanoTime();
        long most = longest.toNanos();
        return new RunOptions(
                () -> context.isCancelled() || System.nanoTime() - begun > most,
                detectAnomaly,
                keepGoing,
                profile,
                seed,
                maxLoopIterations,
                profile);
    }
}
