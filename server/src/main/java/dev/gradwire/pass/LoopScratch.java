package dev.gradwire.pass;

import dev.gradwire.pass.Plan.Slot;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * How the memory that a loop needs while it runs is divided, in bytes from its beginning: that of the body's plan comes
 * first, then that of the test's.
 *
 * @param test where the memory of the test's plan begins
 * @param verdict where the test's result lies
 * @param carries where the two tensors of each carry lie: one is read while the other is written
 */
public record LoopScratch(long test, long verdict, List<Pair> carries, long bytes) {
    /** The two tensors of a carry. */
    public record Pair(TensorType type, long first, long second) {}

    static LoopScratch of(Work.Loop loop) {
        Offsets offsets = new Offsets();
        offsets.take(loop.body().memory().bytes());
        Plan testPlan = loop.test();
        long test = testPlan == null ? -1 : offsets.take(testPlan.memory().bytes());
        long verdict = testPlan == null ? -1 : offsets.take(1);
        List<Pair> carries = new ArrayList<>();
        for (Slot carry : loop.body().outputs().subList(0, loop.carries())) {
            long bytes = carry.type().lengthInBytes();
            carries.add(new Pair(carry.type(), offsets.take(bytes), offsets.take(bytes)));
        }
        return new LoopScratch(test, verdict, List.copyOf(carries), offsets.length());
    }
}
