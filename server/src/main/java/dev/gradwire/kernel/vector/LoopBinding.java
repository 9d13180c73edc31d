package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Group;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the operands of one group are put before a loop of its form: where rows stand, and what memory rows need. */
final class LoopBinding {
    /** What rows that are kept or copied may take: they are to stay in the cache next to the core. */
    private static final long ROW_BYTES = 256 << 10;

    /** Rows of their own begin at different places of a page, lest reading one waits for writing another. */
    private static final long STAGGER = 320;

    private final Group group;
    private final LoopPlan plan;
    private final LoopFrame layout;
    private final RowPlaces[] places;
    private final int[] elementBytes;
    private final long[] steps;
    private final long rowStride;
    private final long frameBytes;
    private final int copies;
    private final boolean inOneRun;
    private final int mostReductions;

    /** How many bytes from an operand's beginning its first row begins. */
    private final long[] first;

    private LoopBinding(Group group, LoopPlan plan, RowPlaces[] places) {
        this.group = group;
        this.plan = plan;
        this.places = places;
        layout = new LoopFrame(plan);
        int reads = places.length;
        elementBytes = new int[layout.addresses()];
        steps = new long[layout.addresses()];
        for (int i = 0; i < elementBytes.length; i++) {
            elementBytes[i] = layout.elementBytes(i);
        }
        int copied = 0;
        boolean oneRun = true;
        for (int i = 0; i < reads; i++) {
            if (places[i].inner().isEmpty()) {
                steps[i] = places[i].step() * elementBytes[i];
            } else {
                copied++;
            }
            oneRun &= places[i].outer().size() <= 1;
        }
        for (int i = 0; i < plan.form().writes().size(); i++) {
            LoopForm.Result write = plan.form().writes().get(i);
            if (write.overRows() == null) {
                steps[reads + i] = (write.perRow() ? 1 : group.columns()) * elementBytes[reads + i];
            }
        }
        copies = copied;
        inOneRun = oneRun && copied == 0;
        rowStride = rowStride(group);
        frameBytes = padded(layout.bytes());
        int most = 0;
        for (int phase = 0; phase < plan.phases(); phase++) {
            most = Math.max(most, plan.reductions(phase).size());
        }
        mostReductions = most;
        first = new long[reads];
        Arrays.setAll(first, i -> places[i].row(0) * elementBytes[i]);
    }

    private static long padded(long bytes) {
        return (bytes + 63) & -64;
    }

    /** Null where no loop can run this group. */
    static @Nullable LoopBinding of(Group group) {
        RowPlaces[] places = places(group);
        if (places == null) {
            return null;
        }
        LoopForm form = LoopForm.of(group, true);
        if (LoopSupport.refusal(form) != null) {
            return null;
        }
        LoopPlan plan = new LoopPlan(form);
        if (ownRows(places, plan) * rowStride(group) <= ROW_BYTES) {
            return new LoopBinding(group, plan, places);
        }
        plan = new LoopPlan(LoopForm.of(group, false));
        return ownRows(places, plan) * rowStride(group) <= ROW_BYTES ? new LoopBinding(group, plan, places) : null;
    }

    /** For a group that was made of this form. */
    static LoopBinding of(Group group, LoopForm form) {
        RowPlaces[] places = places(group);
        if (places == null) {
            throw new IllegalArgumentException("rows of a group made of a form have no beginning");
        }
        return new LoopBinding(group, new LoopPlan(form), places);
    }

    private static RowPlaces @Nullable [] places(Group group) {
        RowPlaces[] places = new RowPlaces[group.reads().size()];
        for (int i = 0; i < places.length; i++) {
            RowPlaces each = RowPlaces.of(group.reads().get(i), group.rows(), group.columns());
            if (each == null) {
                return null;
            }
            places[i] = each;
        }
        return places;
    }

    private static int ownRows(RowPlaces[] places, LoopPlan plan) {
        int rows = plan.kept().size();
        for (RowPlaces each : places) {
            rows += each.inner().isEmpty() ? 0 : 1;
        }
        return rows;
    }

    private static long rowStride(Group group) {
        return padded(group.columns() * 8) + STAGGER;
    }

    Group group() {
        return group;
    }

    LoopPlan plan() {
        return plan;
    }

    LoopFrame layout() {
        return layout;
    }

    int addresses() {
        return elementBytes.length;
    }

    int mostReductions() {
        return mostReductions;
    }

    /** Whether threads can share one row: nothing stands in rows of their own. */
    boolean canSplitRows() {
        return copies == 0 && plan.kept().isEmpty();
    }

    /** The addresses of one row, of a group without rows of their own. */
    long[] row(long[] bases, long row) {
        long[] addresses = bases.clone();
        locate(bases, row, addresses);
        return addresses;
    }

    private void locate(long[] bases, long row, long[] addresses) {
        for (int i = 0; i < places.length; i++) {
            addresses[i] = bases[i] + places[i].row(row) * elementBytes[i];
        }
        int writes = plan.form().writes().size();
        for (int i = places.length; i < places.length + writes; i++) {
            addresses[i] = bases[i] + row * steps[i];
        }
    }

    /** Runs all rows in one call of the loop; false where that cannot be, and then nothing has been done. */
    boolean runWhole(GroupLoop loop, DeviceTensor[] operands, DeviceTensor[] results) {
        if (!inOneRun) {
            return false;
        }
        long[] addresses = new long[elementBytes.length];
        for (int i = 0; i < operands.length; i++) {
            MemorySegment memory = operands[i].memory();
            if (!memory.isNative()) {
                return false;
            }
            addresses[i] = memory.address() + first[i];
        }
        int at = operands.length;
        for (DeviceTensor result : results) {
            MemorySegment memory = result.memory();
            if (!memory.isNative()) {
                return false;
            }
            addresses[at++] = memory.address();
        }
        loop.rows(addresses, steps, frame(addresses, at), group.rows(), group.columns());
        return true;
    }

    /** Memory for what a call keeps of a row; puts the addresses of rows of its own where they belong. */
    private long frame(long[] addresses, int from) {
        int kept = addresses.length - from;
        if (frameBytes == 0 && kept + copies == 0) {
            return 0;
        }
        long frame = Scratch.OF_LOOP.get(frameBytes + (kept + copies) * rowStride);
        for (int i = 0; i < kept; i++) {
            addresses[from + i] = frame + frameBytes + i * rowStride;
        }
        return frame;
    }

    /** Runs some rows on the calling thread. */
    void run(GroupLoop loop, long[] bases, long from, long count) {
        long[] addresses = new long[bases.length];
        int writes = plan.form().writes().size();
        int kept = bases.length - places.length - writes;
        long frame = frame(addresses, places.length + writes);
        if (inOneRun) {
            locate(bases, from, addresses);
            loop.rows(addresses, steps, frame, count, group.columns());
            return;
        }
        long copy = frame + frameBytes + kept * rowStride;
        for (long row = from; row < from + count; ) {
            long run = copies > 0 ? 1 : from + count - row;
            locate(bases, row, addresses);
            long at = copy;
            for (int i = 0; i < places.length; i++) {
                run = Math.min(run, places[i].run(row));
                List<RowPlaces.Dim> inner = places[i].inner();
                if (!inner.isEmpty()) {
                    RowCopy.copy(inner, addresses[i], at, elementBytes[i]);
                    addresses[i] = at;
                    at += rowStride;
                }
            }
            loop.rows(addresses, steps, frame, run, group.columns());
            row += run;
        }
    }
}
