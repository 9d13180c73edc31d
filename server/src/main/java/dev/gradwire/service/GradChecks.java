package dev.gradwire.service;

import dev.gradwire.engine.GradCheck;
import dev.gradwire.engine.GradCheckResult;
import dev.gradwire.engine.GradCheckSettings;
import dev.gradwire.engine.ResidentTensor;
import dev.gradwire.engine.RunResult;
import dev.gradwire.graph.GraphException;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.v1.Options;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gradient checks as messages ask for them: read, bounded before the run, made after it. */
final class GradChecks {
    private static final String PATH = "options.grad_check";

    private GradChecks() {}

    /** What the options ask for, null where they do not. */
    static @Nullable GradCheckSettings settings(Options options) {
        if (!options.hasGradCheck()) {
            return null;
        }
        dev.gradwire.v1.GradCheck wire = options.getGradCheck();
        requireTolerance(wire.getEps(), "eps");
        requireTolerance(wire.getAtol(), "atol");
        requireTolerance(wire.getRtol(), "rtol");
        if (wire.getSamples() < 0) {
            throw new Refusal(Problem.NEGATIVE_SIZE, "the number of samples", wire.getSamples()).at(PATH + ".samples");
        }
        int samples = wire.getSamples() == 0 ? GradCheckSettings.STANDARD_SAMPLES : wire.getSamples();
        return new GradCheckSettings(samples, wire.getEps(), wire.getAtol(), wire.getRtol(), wire.getSeed());
    }

    private static void requireTolerance(double value, String field) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new Refusal(Problem.INVALID_NUMBER, field, value).at(PATH + "." + field);
        }
    }

    /** @throws Refusal when the check cannot be made, or costs more than one run may */
    static void require(Prepared prepared, GradCheckSettings settings, Resources resources) {
        GradCheck check = of(prepared, settings, resources);
        Limits limits = resources.limits();
        limits.checkAt(Limit.MAX_GRAD_CHECK_RUNS, check.runs(), "the gradient check", PATH + ".samples");
        double flops = (double) check.runs() * check.price().flops();
        limits.checkAt(Limit.MAX_FLOPS, (long) flops, "the gradient check", PATH + ".samples");
    }

    private static GradCheck of(Prepared prepared, GradCheckSettings settings, Resources resources) {
        try {
            return GradCheck.of(resources.engine(), prepared.compiled(), settings);
        } catch (GraphException e) {
            throw Refusal.of(e).at(PATH);
        }
    }

    /** Bytes beyond those of the run: the tensor that is moved. */
    static long extraBytes(Prepared prepared) {
        return prepared.settings().gradCheck() == null
                ? 0
                : prepared.compiled().gradients().stream()
                        .mapToLong(gradient -> gradient.type().lengthInBytes())
                        .max()
                        .orElse(0);
    }

    /** One for each differentiated input; none where none are asked for. */
    static List<dev.gradwire.v1.GradCheckResult> run(
            Prepared prepared, List<ResidentTensor> inputs, RunResult result, RunOptions options, Resources resources) {
        GradCheckSettings settings = prepared.settings().gradCheck();
        if (settings == null) {
            return List.of();
        }
        RunOptions plain = options.unwatched();
        List<dev.gradwire.v1.GradCheckResult> messages = new ArrayList<>();
        for (GradCheckResult each : of(prepared, settings, resources).run(inputs, result.gradients(), plain)) {
            messages.add(message(each));
        }
        return messages;
    }

    private static dev.gradwire.v1.GradCheckResult message(GradCheckResult result) {
        return dev.gradwire.v1.GradCheckResult.newBuilder()
                .setInput(result.input())
                .setPassed(result.passed())
                .setSamples(result.samples())
                .setMaxAbsoluteError(result.maxAbsoluteError())
                .setMaxRelativeError(result.maxRelativeError())
                .addAllWorstIndex(result.worst().index())
                .setWorstImaginary(result.worst().imaginary())
                .setWorstAnalytic(result.worst().analytic())
                .setWorstNumeric(result.worst().numeric())
                .build();
    }
}
