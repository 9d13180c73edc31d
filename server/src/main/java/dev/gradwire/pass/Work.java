package dev.gradwire.pass;

import dev.gradwire.kernel.Kernel;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What a step does with its operands. */
public sealed interface Work {
    /** The plans that it runs. */
    default List<Plan> bodies() {
        return switch (this) {
            case Run _, View _ -> List.of();
            case Branch branch -> List.of(branch.whenTrue, branch.whenFalse);
            case Loop loop -> loop.test == null ? List.of(loop.body) : List.of(loop.test, loop.body);
        };
    }

    /** The same with other plans in the place of those that it runs. */
    default Work withBodies(UnaryOperator<Plan> other) {
        return switch (this) {
            case Run run -> run;
            case View view -> view;
            case Branch branch -> new Branch(other.apply(branch.whenTrue), other.apply(branch.whenFalse));
            case Loop loop ->
                new Loop(
                        loop.test == null ? null : other.apply(loop.test),
                        other.apply(loop.body),
                        loop.carries,
                        loop.sliceDims,
                        loop.reverse,
                        loop.most,
                        loop.counted,
                        loop.results);
        };
    }

    /** Whether it computes into tensors that are there already. */
    default boolean writes() {
        return switch (this) {
            case Run(Kernel kernel) -> kernel.writes();
            case View _ -> false;
            case Branch _, Loop _ -> true;
        };
    }

    /** Whether it may put a result where an operand lies, whose data are then lost. */
    default boolean mayReplace(int operand, int result) {
        return this instanceof Run(Kernel kernel) && kernel.mayReplace(operand, result);
    }

    /** Memory that it needs while it runs, besides operands and results. */
    default long scratchBytes() {
        return switch (this) {
            case Run _, View _ -> 0;
            case Branch branch ->
                Math.max(
                        branch.whenTrue.memory().bytes(),
                        branch.whenFalse.memory().bytes());
            case Loop loop -> loop.scratch().bytes();
        };
    }

    /** Hands the operands to a kernel. */
    record Run(Kernel kernel) implements Work {}

    /** Looks at its operand in another way. */
    record View(Layout layout) implements Work {}

    /** Hands all operands but the first to one of two plans: the first holds a bool that chooses. */
    record Branch(Plan whenTrue, Plan whenFalse) implements Work {}

    /**
     * Runs a plan again and again. Operands are the carries, the slices' tensors, what is the same for each iteration,
     * and the count where there is one.
     *
     * @param test takes the carries and what is the same, and says whether to go on; null for a scan
     * @param body takes carries, one slice of each tensor, and what is the same; gives carries and then what is stacked
     * @param sliceDims along which dimension each tensor is cut
     * @param reverse whether the last slice comes first
     * @param most iterations: all of a scan's, or {@link #UNBOUNDED}
     * @param counted whether the last operand, an int64, says how many iterations of a scan there are
     * @param results what the step gives, in order
     */
    record Loop(
            @Nullable Plan test,
            Plan body,
            int carries,
            List<Integer> sliceDims,
            boolean reverse,
            long most,
            boolean counted,
            List<Result> results)
            implements Work {
        public static final long UNBOUNDED = -1;

        public Loop {
            sliceDims = List.copyOf(sliceDims);
            results = List.copyOf(results);
        }

        public LoopScratch scratch() {
            return LoopScratch.of(this);
        }
    }

    /** One result of a loop. */
    sealed interface Result {
        /** A carry after the last iteration. */
        record Last(int carry) implements Result {}

        /** A carry at the beginning of each iteration, stacked. */
        record History(int carry, TensorType type) implements Result {}

        /** A result of the body, stacked. */
        record Stack(int output, TensorType type) implements Result {}

        /** How many iterations there were, an int64. */
        record Trips() implements Result {}
    }
}
