package dev.gradwire.engine;

import dev.gradwire.pass.Plan;
import dev.gradwire.tensor.TensorType;
import dev.gradwire.transform.GradFn;
import dev.gradwire.transform.GradFns;
import java.util.List;
import java.util.Map;

/**
 * A program ready to run on one device, any number of times.
 *
 * @param program what it was made of
 * @param plan its steps
 * @param saved by the index of a node of the program's graph, what its derivative reads of the forward pass
 * @param gradients one for each of the program's gradient inputs
 * @param cacheHit whether the plan was there already
 * @param compileNanos how long it took to get it
 */
public record Compiled(
        Program program,
        Plan plan,
        Map<Integer, List<GradFn.Saved>> saved,
        List<Gradient> gradients,
        boolean cacheHit,
        long compileNanos) {
    public Compiled {
        gradients = List.copyOf(gradients);
    }

    /** The same, as whoever asks for it again gets it. */
    public Compiled again() {
        return cacheHit ? this : new Compiled(program, plan, saved, gradients, true, compileNanos);
    }

    /** The metadata of the program's graph, made anew: many runs do without. */
    public GradFns gradFns() {
        return new GradFns(program.recording(), saved);
    }

    /**
     * @param input name of the input (or value)
     * @param type of the gradient, which is that of the input
     * @param used whether a root depends on the input; otherwise there is no gradient, and its place among the outcome's
     *     outputs is taken by zeros
     */
    public record Gradient(String input, TensorType type, boolean used) {}
}
